import type { Migration } from 'kysely';

/** Webhooks of applications. */
export const fifth: Migration = {
  async up({ schema }) {
    await schema
      .createTable('tower_webhooks')
      .addColumn('id', 'text', (column) => column.notNull().primaryKey())
      .addColumn('api', 'text', (column) => column.notNull().defaultTo('tower'))
      .addColumn('client_id', 'text', (column) => column.notNull())
      .addColumn('team_id', 'text', (column) => column.notNull().references('tower_teams.id').onDelete('cascade'))
      .addColumn('member_id', 'text', (column) => column.notNull().references('tower_members.id').onDelete('cascade'))
      .addColumn('url', 'text', (column) => column.notNull())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('wants_events', 'smallint', (column) => column.notNull())
      .addColumn('wants_notifications', 'smallint', (column) => column.notNull())
      .addColumn('failing_since', 'bigint')
      .addColumn('disabled_at', 'bigint')
      .addColumn('disabled_reason', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addForeignKeyConstraint(
        'tower_webhooks_client',
        ['api', 'client_id'],
        'oauth_clients',
        ['api', 'id'],
        (constraint) => constraint.onDelete('cascade'),
      )
      .execute();
    for (const columns of [['client_id', 'created_at'], ['team_id'], ['member_id']])
      await schema.createIndex(`tower_webhooks_${columns[0]}`).on('tower_webhooks').columns(columns).execute();
  },
};
