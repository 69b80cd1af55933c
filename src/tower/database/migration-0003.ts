import type { Migration } from 'kysely';
import type { Database } from '../../database/open.ts';

/** Attachments: a key that signs the addresses of each file, and the smaller versions of pictures. */
export const third: Migration = {
  async up({ schema }: Database) {
    await schema
      .alterTable('tower_attfiles')
      .addColumn('signing_key', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
    await schema
      .createTable('tower_attfile_versions')
      .addColumn('attfile_id', 'text', (column) => column.notNull().references('tower_attfiles.id').onDelete('cascade'))
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('file_id', 'text', (column) => column.notNull())
      .addColumn('content_type', 'text', (column) => column.notNull())
      .addColumn('byte_size', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('tower_attfile_versions_pk', ['attfile_id', 'version'])
      .execute();
    // The sum of a team's bytes is read from this index alone.
    await schema.createIndex('tower_attfiles_bytes').on('tower_attfiles').columns(['team_id', 'byte_size']).execute();
  },
};
