import { type Kysely, type Migration, sql } from 'kysely';

/** Options of apps, the connections of all users, and pushes. */
export const migration0006: Migration = {
  async up(database) {
    await options(database);
    await connections(database);
    await pushes(database);
  },
};

async function options(database: Kysely<unknown>) {
  for (const column of ['friend_check', 'blacklist_check', 'words_version'])
    await database.schema
      .alterTable('gobelieve_apps')
      .addColumn(column, 'integer', (type) => type.notNull().defaultTo(0))
      .execute();
  await database.schema
    .alterTable('gobelieve_apps')
    .addColumn('kefu_appid', 'bigint', (column) => column.references('gobelieve_apps.id').onDelete('set null'))
    .execute();

  await tableOfApp(database, 'gobelieve_relations')
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('other_uid', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_relations_pk', ['app_id', 'uid', 'kind', 'other_uid'])
    .execute();
  await tableOfApp(database, 'gobelieve_filtered_words')
    .addColumn('word', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_filtered_words_pk', ['app_id', 'word'])
    .execute();
}

/** Connections belong to a node, so that one statement renews all of them. Those of supporters were renewed one by one. */
async function connections(database: Kysely<unknown>) {
  await database.schema.dropTable('gobelieve_supporter_connections').execute();
  await database.schema
    .createTable('gobelieve_nodes')
    .addColumn('node', 'text', (column) => column.notNull().primaryKey())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await tableOfApp(database, 'gobelieve_connections')
    .addColumn('connection', 'text', (column) => column.notNull().primaryKey())
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('node', 'text', (column) => column.notNull())
    .addColumn('is_phone', 'smallint', (column) => column.notNull())
    .execute();
  await database.schema
    .createIndex('gobelieve_connections_user')
    .on('gobelieve_connections')
    .columns(['app_id', 'uid'])
    .execute();
  await database.schema.createIndex('gobelieve_connections_node').on('gobelieve_connections').column('node').execute();
}

async function pushes(database: Kysely<unknown>) {
  const { schema } = database;
  await schema.alterTable('gobelieve_apps').addColumn('apns_topic', 'text').execute();
  await schema
    .alterTable('gobelieve_devices')
    .addColumn('bound_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await schema.alterTable('gobelieve_devices').addColumn('token_hash', 'text').execute();
  await schema
    .alterTable('gobelieve_devices')
    .addColumn('unread', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  // Whether `mute` was set to false, which is not the same as never set. Earlier values do not tell the two apart.
  await schema.alterTable('gobelieve_users').dropColumn('mute').execute();
  await schema
    .alterTable('gobelieve_users')
    .addColumn('notify_phone', 'smallint', (column) => column.notNull().defaultTo(0))
    .execute();
  await tableOfApp(database, 'gobelieve_push_positions')
    .addColumn('message_id', 'bigint', (column) => column.notNull())
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_push_positions_pk', ['app_id'])
    .execute();
  // Messages from before have no pushes.
  await sql`insert into gobelieve_push_positions (app_id, message_id, uid)
    select id, last_message_id, 0 from gobelieve_apps`.execute(database);
}

/** A table whose rows are deleted with their app. */
const tableOfApp = (database: Kysely<unknown>, name: string) =>
  database.schema
    .createTable(name)
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'));
