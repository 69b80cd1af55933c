import { type Migration, sql } from 'kysely';

/** The bytes of a team's files are counted as they come and go. Before, every reservation added them up. */
export const seventh: Migration = {
  async up(database) {
    await database.schema
      .alterTable('tower_teams')
      .addColumn('attfile_bytes', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await sql`update tower_teams set attfile_bytes = (
      select coalesce(sum(byte_size), 0) from tower_attfiles where tower_attfiles.team_id = tower_teams.id
    )`.execute(database);
    await database.schema.dropIndex('tower_attfiles_bytes').execute();
    await database.schema.createIndex('tower_attfiles_team').on('tower_attfiles').column('team_id').execute();
  },
};
