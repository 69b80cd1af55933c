import type { Migration } from 'kysely';

const first: Migration = {
  async up(database) {
    await database.schema
      .createTable('files_unkept')
      .addColumn('key', 'text', (column) => column.notNull().primaryKey())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .execute();
  },
};

export const migrations = { '0001': first };
