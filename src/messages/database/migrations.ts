import type { Migration } from 'kysely';

const first: Migration = {
  async up(database) {
    await database.schema
      .createTable('messages_outbox')
      .addColumn('id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('api', 'text', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('recipient', 'text', (column) => column.notNull())
      .addColumn('subject', 'text')
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('code', 'text')
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
      .addColumn('locked_until', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('last_error', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('sent_at', 'bigint')
      .execute();
    // For the workers, one per channel.
    await database.schema
      .createIndex('messages_outbox_due')
      .on('messages_outbox')
      .columns(['status', 'channel', 'next_attempt_at'])
      .execute();
    // For the outbox of one recipient, newest first; the primary key serves the whole outbox.
    await database.schema
      .createIndex('messages_outbox_recipient')
      .on('messages_outbox')
      .columns(['recipient', 'id'])
      .execute();
  },
};

export const migrations = { '0001': first };
