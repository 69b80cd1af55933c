import type { TableOwner } from '../../database/owner.ts';

export const migrations: TableOwner['migrations'] = {
  '0001': {
    async up({ schema }) {
      await schema
        .createTable('sandbox_snapshots')
        .addColumn('name', 'text', (column) => column.notNull().primaryKey())
        .addColumn('tables_version', 'text', (column) => column.notNull())
        .addColumn('content', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
};
