import { type Migration, sql } from 'kysely';

/** Deleted projects whose contents are still to be deleted, in steps. */
export const sixth: Migration = {
  async up({ schema }) {
    await schema
      .alterTable('tower_projects')
      .addColumn('is_emptied', 'smallint', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema
      .createIndex('tower_projects_unemptied')
      .on('tower_projects')
      .column('id')
      .where(sql.ref('is_active'), '=', 0)
      .where(sql.ref('is_emptied'), '=', 0)
      .execute();
  },
};
