import type { Database, Transaction } from '../../database/open.ts';
import { randomHex } from '../../secrets.ts';
import type { TowerTeamsTable } from '../database/tables.ts';

export type Team = TowerTeamsTable;

/** Creates a team without members. */
export async function createTeam(
  database: Database | Transaction,
  { id = randomHex(16), name }: { id?: string | undefined; name: string },
  now: number,
): Promise<Team> {
  const team = { id, name, created_at: now, updated_at: now };
  await database.insertInto('tower_teams').values(team).execute();
  return team;
}

/** A team that exists. */
export const getTeam = (database: Database, id: string): Promise<Team> =>
  database.selectFrom('tower_teams').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

/** The teams of which a user is an active member, oldest first. */
export const listJoinedTeams = (database: Database, userId: string): Promise<Team[]> =>
  database
    .selectFrom('tower_teams')
    .innerJoin('tower_members', 'tower_members.team_id', 'tower_teams.id')
    .selectAll('tower_teams')
    .where('tower_members.user_id', '=', userId)
    .where('tower_members.is_active', '=', 1)
    .orderBy('tower_teams.created_at')
    .execute();
