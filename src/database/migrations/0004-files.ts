import type { Migration } from 'kysely';

export const migration: Migration = {
  async up(database) {
    await database.schema
      .createTable('delivery_unkept_files')
      .addColumn('key', 'text', (column) => column.notNull().primaryKey())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .execute();
  },
};
