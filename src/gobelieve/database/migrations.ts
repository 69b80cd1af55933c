import { type CreateTableBuilder, type Kysely, type Migration, sql } from 'kysely';
import { engineOf } from '../../database/transact.ts';
import { migration0006 } from './migration-0006.ts';

const first: Migration = {
  async up(database) {
    await apps(database);
    await groups(database);
    await queues(database);
    await customerService(database);
    await devicesAndFiles(database);
  },
};

/** One queue per group in place of one entry per member. Entries in the members' queues stay where they are. */
const groupQueues: Migration = {
  async up(database) {
    await memberships(database);
    await database.schema.alterTable('gobelieve_queue_entries').addColumn('sender', 'bigint').execute();
    await sql`update gobelieve_queue_entries set sender = owner where own = 1`.execute(database);
    await database.schema.alterTable('gobelieve_queue_entries').dropColumn('own').execute();
    await sql`insert into gobelieve_memberships (app_id, uid, group_id, after_id, up_to_id)
      select app_id, uid, group_id, joined_id, ${sql.lit(Number.MAX_SAFE_INTEGER)} from gobelieve_members`.execute(
      database,
    );
    await database.schema.alterTable('gobelieve_members').dropColumn('joined_id').execute();
  },
};

/** Files belong to the apps that uploaded them. Those from before belong to none, and stay. */
const filesOfApps: Migration = {
  async up(database) {
    await database.schema.alterTable('gobelieve_files').renameTo('gobelieve_files_before').execute();
    await database.schema
      .createTable('gobelieve_files')
      .addColumn('key', 'text', (column) => column.notNull().primaryKey())
      .addColumn('app_id', 'bigint', (column) => column.references('gobelieve_apps.id'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint')
      .addColumn('digest', 'text')
      .addColumn('unreadable', 'smallint', (column) => column.notNull().defaultTo(0))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('gobelieve_files_once', ['kind', 'name', 'app_id'])
      .execute();
    await database.schema.createIndex('gobelieve_files_app').on('gobelieve_files').column('app_id').execute();
    await sql`insert into gobelieve_files (key, kind, name, type, created_at)
      select key, kind, name, type, created_at from gobelieve_files_before`.execute(database);
    await database.schema.dropTable('gobelieve_files_before').execute();
  },
};

/** The bytes that each app stores, so that its limit can be checked without a sum. */
const storage: Migration = {
  async up(database) {
    await database.schema
      .createTable('gobelieve_storage')
      .addColumn('app_id', 'bigint', (column) =>
        column.notNull().primaryKey().references('gobelieve_apps.id').onDelete('cascade'),
      )
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .execute();
    await sql`insert into gobelieve_storage (app_id, bytes)
      select app_id, sum(size) from gobelieve_files where app_id is not null group by app_id`.execute(database);
  },
};

/** What the socket protocol needs beside the queues. */
const socket: Migration = {
  async up(database) {
    const { schema } = database;
    // One by one: SQLite adds one column at a time.
    await schema.alterTable('gobelieve_messages').addColumn('device', 'text').execute();
    await schema.alterTable('gobelieve_messages').addColumn('local_id', 'bigint').execute();
    await schema.alterTable('gobelieve_messages').addColumn('flags', 'smallint').execute();
    await schema.alterTable('gobelieve_messages').addColumn('owner', 'bigint').execute();
    await schema
      .alterTable('gobelieve_members')
      .addColumn('synced_id', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema
      .alterTable('gobelieve_users')
      .addColumn('unread', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema
      .createTable('gobelieve_sent_messages')
      .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('id', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('gobelieve_sent_messages_pk', ['app_id', 'digest'])
      .execute();
    await schema
      .createIndex('gobelieve_sent_messages_time')
      .on('gobelieve_sent_messages')
      .column('created_at')
      .execute();
  },
};

/** The other app of a customer message between two apps. */
const appsOfMessages: Migration = {
  async up({ schema }) {
    for (const column of ['sender_app_id', 'receiver_app_id'])
      await schema.alterTable('gobelieve_messages').addColumn(column, 'bigint').execute();
  },
};

/** A dissolved group is there until everything in it is deleted. */
const dissolvedGroups: Migration = {
  async up({ schema }) {
    await schema
      .alterTable('gobelieve_groups')
      .addColumn('is_dissolved', 'smallint', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema
      .createIndex('gobelieve_groups_dissolved')
      .on('gobelieve_groups')
      .column('id')
      .where(sql<boolean>`is_dissolved = 1`)
      .execute();
  },
};

/** Bindings are compared with messages by ids: the clock may be set back in between. */
const bindingsByIds: Migration = {
  async up({ schema }) {
    await schema
      .alterTable('gobelieve_devices')
      .addColumn('bound_after', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};

export const migrations = {
  '0001': first,
  '0002': groupQueues,
  '0003': filesOfApps,
  '0004': storage,
  '0005': socket,
  '0006': migration0006,
  '0007': appsOfMessages,
  '0008': dissolvedGroups,
  '0009': bindingsByIds,
};

async function apps(database: Kysely<unknown>) {
  await withCounter(database, 'gobelieve_apps')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('secret_hash', 'text', (column) => column.notNull())
    .addColumn('last_message_id', 'bigint', (column) => column.notNull().defaultTo(0))
    // 2^40: far from the numbers that third parties give to their users, such as phone numbers.
    .addColumn('last_client_id', 'bigint', (column) => column.notNull().defaultTo(1_099_511_627_776))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();

  await database.schema
    .createTable('gobelieve_tokens')
    .addColumn('token_hash', 'text', (column) => column.notNull().primaryKey())
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('platform_id', 'smallint')
    .addColumn('device_id', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await database.schema
    .createIndex('gobelieve_tokens_user')
    .on('gobelieve_tokens')
    .columns(['app_id', 'uid'])
    .execute();

  await database.schema
    .createTable('gobelieve_users')
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('avatar', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('mute', 'smallint', (column) => column.notNull().defaultTo(0))
    .addColumn('forbidden', 'smallint', (column) => column.notNull().defaultTo(0))
    .addColumn('acknowledged_id', 'bigint', (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('gobelieve_users_pk', ['app_id', 'uid'])
    .execute();

  await database.schema
    .createTable('gobelieve_quiet_peers')
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('peer_uid', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_quiet_peers_pk', ['app_id', 'uid', 'peer_uid'])
    .execute();
}

async function groups(database: Kysely<unknown>) {
  await withCounter(database, 'gobelieve_groups')
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
    .addColumn('master', 'bigint', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('notice', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('super', 'smallint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await database.schema.createIndex('gobelieve_groups_app').on('gobelieve_groups').column('app_id').execute();

  await clustered(database, 'gobelieve_members')
    .addColumn('group_id', 'bigint', (column) => column.notNull().references('gobelieve_groups.id').onDelete('cascade'))
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('app_id', 'bigint', (column) => column.notNull())
    .addColumn('nickname', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('do_not_disturb', 'smallint', (column) => column.notNull().defaultTo(0))
    .addColumn('mute', 'smallint', (column) => column.notNull().defaultTo(0))
    .addColumn('joined_id', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_members_pk', ['group_id', 'uid'])
    .execute();
  await database.schema
    .createIndex('gobelieve_members_user')
    .on('gobelieve_members')
    .columns(['app_id', 'uid'])
    .execute();
}

/** Without foreign keys: a message to a large group would have to check thousands. */
async function queues(database: Kysely<unknown>) {
  await clustered(database, 'gobelieve_messages')
    .addColumn('app_id', 'bigint', (column) => column.notNull())
    .addColumn('id', 'bigint', (column) => column.notNull())
    .addColumn('type', 'smallint', (column) => column.notNull())
    .addColumn('sender', 'bigint')
    .addColumn('receiver', 'bigint', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_messages_pk', ['app_id', 'id'])
    .execute();

  await clustered(database, 'gobelieve_queue_entries')
    .addColumn('app_id', 'bigint', (column) => column.notNull())
    .addColumn('owner', 'bigint', (column) => column.notNull())
    .addColumn('id', 'bigint', (column) => column.notNull())
    .addColumn('first_id', 'bigint', (column) => column.notNull())
    .addColumn('type', 'smallint', (column) => column.notNull())
    .addColumn('own', 'smallint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_queue_entries_pk', ['app_id', 'owner', 'id'])
    .execute();
}

/** Without foreign keys: a membership outlives its group, like the messages that the member received in it. */
async function memberships(database: Kysely<unknown>) {
  await clustered(database, 'gobelieve_memberships')
    .addColumn('app_id', 'bigint', (column) => column.notNull())
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('group_id', 'bigint', (column) => column.notNull())
    .addColumn('after_id', 'bigint', (column) => column.notNull())
    .addColumn('up_to_id', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_memberships_pk', ['app_id', 'uid', 'group_id', 'after_id'])
    .execute();
}

async function customerService(database: Kysely<unknown>) {
  await withCounter(database, 'gobelieve_stores')
    .addColumn('app_id', 'bigint', (column) =>
      column.notNull().unique().references('gobelieve_apps.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    .execute();

  await database.schema
    .createTable('gobelieve_supporters')
    .addColumn('store_id', 'bigint', (column) => column.notNull().references('gobelieve_stores.id').onDelete('cascade'))
    .addColumn('app_id', 'bigint', (column) => column.notNull())
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('avatar', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_supporters_pk', ['app_id', 'uid'])
    .execute();
  await database.schema
    .createIndex('gobelieve_supporters_store')
    .on('gobelieve_supporters')
    .columns(['store_id', 'created_at'])
    .execute();

  await database.schema
    .createTable('gobelieve_chosen_supporters')
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('supporter_uid', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_chosen_supporters_pk', ['app_id', 'uid'])
    .execute();

  await database.schema
    .createTable('gobelieve_supporter_connections')
    .addColumn('connection', 'text', (column) => column.notNull().primaryKey())
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await database.schema
    .createIndex('gobelieve_supporter_connections_user')
    .on('gobelieve_supporter_connections')
    .columns(['app_id', 'uid'])
    .execute();

  await database.schema
    .createTable('gobelieve_customers')
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
    .addColumn('client_id', 'bigint', (column) => column.notNull())
    .addColumn('customer_key', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_customers_pk', ['app_id', 'client_id'])
    .addUniqueConstraint('gobelieve_customers_once', ['app_id', 'customer_key'])
    .execute();
}

async function devicesAndFiles(database: Kysely<unknown>) {
  await database.schema
    .createTable('gobelieve_devices')
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'))
    .addColumn('uid', 'bigint', (column) => column.notNull())
    .addColumn('service', 'text', (column) => column.notNull())
    .addColumn('token', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_devices_pk', ['app_id', 'uid', 'service'])
    .execute();
  await database.schema
    .createIndex('gobelieve_devices_token')
    .on('gobelieve_devices')
    .columns(['app_id', 'service', 'token'])
    .execute();

  await database.schema
    .createTable('gobelieve_files')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gobelieve_files_pk', ['kind', 'name'])
    .execute();
}

/** A table whose id the database counts up and never assigns twice. */
function withCounter(database: Kysely<unknown>, name: string): CreateTableBuilder<string, 'id'> {
  const table = database.schema.createTable(name);
  return engineOf(database as never) === 'sqlite'
    ? table.addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    : table.addColumn('id', 'bigserial', (column) => column.primaryKey());
}

/** A table that SQLite stores in the order of its primary key, so that consecutive rows are read together. */
function clustered(database: Kysely<unknown>, name: string): CreateTableBuilder<string> {
  const table = database.schema.createTable(name);
  return engineOf(database as never) === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table;
}
