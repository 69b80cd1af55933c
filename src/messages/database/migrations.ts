import { type Migration, sql } from 'kysely';

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

/** A claim that its worker renews, in place of a time until which it holds: the clocks of nodes differ and jump. */
const renewedClaims: Migration = {
  async up(database) {
    await database.schema.alterTable('messages_outbox').dropColumn('locked_until').execute();
    await database.schema.alterTable('messages_outbox').addColumn('claim', 'text').execute();
    await database.schema
      .alterTable('messages_outbox')
      .addColumn('renewals', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    // For the workers that watch and renew claims: few messages are claimed at a time.
    await database.schema
      .createIndex('messages_outbox_claim')
      .on('messages_outbox')
      .column('claim')
      .where('claim', 'is not', null)
      .execute();
  },
};

/** What a push has besides its text. */
const pushes: Migration = {
  async up(database) {
    await database.schema.alterTable('messages_outbox').addColumn('push', 'text').execute();
  },
};

/** Housekeeping deletes by the time of what is not queued. */
const finished: Migration = {
  async up(database) {
    await database.schema
      .createIndex('messages_outbox_finished')
      .on('messages_outbox')
      .column('created_at')
      .where(sql.ref('status'), '<>', 'queued')
      .execute();
  },
};

export const migrations = { '0001': first, '0002': renewedClaims, '0003': finished, '0004': pushes };
