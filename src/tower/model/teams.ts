import { type OperandExpression, type Selectable, sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { deleteInSteps } from '../../database/steps.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { randomHex } from '../../secrets.ts';
import { deleteAttfiles } from '../database/housekeeping.ts';
import type { TowerTeamsTable } from '../database/tables.ts';
import { profile } from '../profile.ts';
import { addMember } from './members.ts';
import { type Page, type PageRows, readCountedPage } from './pages.ts';
import type { User } from './users.ts';

export type Team = Selectable<TowerTeamsTable>;

/** Creates a team without members. */
export async function createTeam(
  database: Database | Transaction,
  { id = randomHex(16), name }: { id?: string | undefined; name: string },
  now: number,
): Promise<Team> {
  const team = { id, name, last_wide_id: 0, attfile_bytes: 0, created_at: now, updated_at: now };
  await database.insertInto('tower_teams').values(team).execute();
  return team;
}

/**
 * The team of something that has just been read.
 *
 * @param id also as a query for it
 * @throws HttpError not_found when one of them was deleted in the meantime
 */
export const getTeam = (database: Database, id: string | OperandExpression<string>): Promise<Team> =>
  database.selectFrom('tower_teams').selectAll().where('id', '=', id).executeTakeFirstOrThrow(noTeam);

const noTeam = () => new HttpError('not_found', 'The team was deleted in the meantime');

/**
 * Creates a team with its owner (T-33).
 *
 * @param ids of the team and of the owner as a member; random by default
 */
export const foundTeam = (
  name: string,
  owner: User,
  { clock, database }: Pick<Context, 'clock' | 'database'>,
  ids: { id?: string; memberId?: string } = {},
): Promise<Team> =>
  transact(database, async (trx) => {
    const now = clock.now();
    const team = await createTeam(trx, { id: ids.id, name }, now);
    await addMember(trx, { id: ids.memberId, teamId: team.id, user: owner, role: 'owner' }, now);
    return team;
  });

/**
 * Deletes a team with everything in it and its applications. What there may be much of goes before the team, in steps;
 * when these are interrupted, call it again.
 *
 * @returns false when there is none
 */
export async function deleteTeam(
  id: string,
  { clock, database }: Pick<Context, 'clock' | 'database'>,
): Promise<boolean> {
  const ofTeam = sql<boolean>`team_id = ${id}`;
  const ofApplications = sql`api = ${profile.api} and client_id in
    (select id from oauth_clients where api = ${profile.api} and owner_id = ${id})`;
  await deleteInSteps(database, 'oauth_tokens', ['id'], ofApplications);
  await deleteInSteps(database, 'tower_events', ['id'], ofTeam);
  const members = await database.selectFrom('tower_members').select('id').where('team_id', '=', id).execute();
  for (const member of members) {
    await deleteInSteps(database, 'tower_notifications', ['id'], sql`member_id = ${member.id}`);
    await deleteInSteps(database, 'tower_progresses', ['id'], sql`creator_id = ${member.id}`);
  }
  const projects = await database.selectFrom('tower_projects').select('id').where('team_id', '=', id).execute();
  for (const project of projects)
    for (const table of tablesOfProject) await deleteInSteps(database, table, ['id'], sql`project_id = ${project.id}`);
  await deleteAttfiles(database, ofTeam, clock.now());
  return transact(database, async (trx) => {
    const { numDeletedRows } = await trx.deleteFrom('tower_teams').where('id', '=', id).executeTakeFirst();
    await trx.deleteFrom('oauth_clients').where('api', '=', profile.api).where('owner_id', '=', id).execute();
    return numDeletedRows > 0n;
  });
}

/** Each stands before those that it refers to. */
const tablesOfProject = [
  'tower_time_logs',
  'tower_comments',
  'tower_uploads',
  'tower_topics',
  'tower_todos',
  'tower_todolists',
] as const;

/** Renames a team that has just been read. @throws HttpError not_found when it was deleted in the meantime */
export const renameTeam = (
  id: string,
  name: string,
  { clock, database }: Pick<Context, 'clock' | 'database'>,
): Promise<Team> =>
  database
    .updateTable('tower_teams')
    .set({ name, updated_at: clock.now() })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow(noTeam);

/**
 * The next number in a team (T-40). The team's row stays locked until the transaction ends.
 *
 * @throws HttpError not_found when the team was deleted in the meantime
 */
export async function takeTeamWideId(trx: Transaction, teamId: string): Promise<number> {
  const { last_wide_id } = await trx
    .updateTable('tower_teams')
    .set({ last_wide_id: sql`last_wide_id + 1` })
    .where('id', '=', teamId)
    .returning('last_wide_id')
    .executeTakeFirstOrThrow(noTeam);
  return last_wide_id;
}

/** The teams of which a user is an active member, oldest first. */
export const listJoinedTeams = (database: Database, userId: string): Promise<Team[]> =>
  joinedTeams(database, userId).execute();

/** A page of the teams of which a user is an active member, oldest first. */
export const listTeams = (database: Database, userId: string | null, page: Page): Promise<PageRows<Team>> =>
  readCountedPage(joinedTeams(database, userId), page);

const joinedTeams = (database: Database, userId: string | null) =>
  database
    .selectFrom('tower_teams')
    .innerJoin('tower_members', 'tower_members.team_id', 'tower_teams.id')
    .selectAll('tower_teams')
    .where('tower_members.user_id', '=', userId)
    .where('tower_members.is_active', '=', 1)
    .orderBy('tower_teams.created_at')
    .orderBy('tower_teams.id');
