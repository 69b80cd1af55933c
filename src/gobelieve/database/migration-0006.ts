import type { Kysely, Migration } from 'kysely';

/** Options of apps. */
export const migration0006: Migration = {
  async up(database) {
    await options(database);
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

/** A table whose rows are deleted with their app. */
const tableOfApp = (database: Kysely<unknown>, name: string) =>
  database.schema
    .createTable(name)
    .addColumn('app_id', 'bigint', (column) => column.notNull().references('gobelieve_apps.id').onDelete('cascade'));
