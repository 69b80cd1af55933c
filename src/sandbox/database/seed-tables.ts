import type { TableOwner } from '../../database/owner.ts';

/** What was seeded. Unlike snapshots it belongs to the data: each world has its own, and a reset replaces it. */
export const seedTables: TableOwner = {
  name: 'seed',
  migrations: {
    '0001': {
      async up({ schema }) {
        await schema
          .createTable('seed_entries')
          .addColumn('api', 'text', (column) => column.notNull())
          .addColumn('ref', 'text', (column) => column.notNull())
          .addColumn('kind', 'text', (column) => column.notNull())
          .addColumn('made_id', 'text', (column) => column.notNull())
          .addColumn('app_ref', 'text')
          .addColumn('person', 'text')
          .addColumn('app', 'text')
          .addColumn('position', 'integer', (column) => column.notNull())
          .addPrimaryKeyConstraint('seed_entries_pk', ['api', 'ref'])
          .execute();
      },
    },
  },
};
