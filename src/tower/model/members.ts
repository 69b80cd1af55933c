import type { ExpressionBuilder, Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import type { Tables } from '../../database/tables.ts';
import { isEmpty, type ValuesOrQuery } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import { randomHex } from '../../secrets.ts';
import type { TowerMembersTable, TowerTeamsTable } from '../database/tables.ts';
import { onShortPage, type Page, type PageRows, readCountedPage } from './pages.ts';
import type { User } from './users.ts';
import { unusable } from './values.ts';

export type Member = Selectable<TowerMembersTable>;

/** As much of the caller's own member as the rules need. */
export type Caller = Pick<Member, 'id' | 'role' | 'team_id'>;

/**
 * The active membership of a user in a team.
 *
 * @throws HttpError not_found, in the same words for an unknown team and one that the user does not belong to (T-34)
 */
export async function requireMember(
  teamId: string,
  userId: string | null,
  { database }: Pick<Context, 'database'>,
): Promise<Member> {
  const [member] = await findMember(database, { teamId, userId });
  if (member === undefined) throw noMember();
  return member;
}

const findMember = prepare((database, { teamId, userId }: { teamId: string; userId: string | null }) =>
  database
    .selectFrom('tower_members')
    .selectAll()
    .where('team_id', '=', teamId)
    .where('user_id', '=', userId)
    .where('is_active', '=', 1),
);

const noMember = () => new HttpError('not_found', 'There is no such team, or you are not a member of it');

const noTeammate = () => new HttpError('not_found', 'There is no such member');

/** A member with its team and its subgroups. */
export interface MemberInTeam {
  member: Member;
  team: Omit<Selectable<TowerTeamsTable>, 'last_wide_id' | 'attfile_bytes'>;
  subgroups: Subgroup[];
}

/** Like `requireMember`, with the team and the subgroups. @throws HttpError not_found */
export async function requireMemberInTeam(
  teamId: string,
  userId: string | null,
  { database }: Pick<Context, 'database'>,
): Promise<MemberInTeam> {
  const found = toMemberInTeam(await findMemberInTeam(database, { teamId, userId }));
  if (found === undefined) throw noMember();
  return found;
}

/** Like `requireTeammate`, with the team and the subgroups. @throws HttpError not_found */
export async function requireTeammateInTeam(
  memberId: string,
  userId: string | null,
  { database }: Pick<Context, 'database'>,
): Promise<MemberInTeam> {
  const found = toMemberInTeam(await findTeammateInTeam(database, { memberId, userId }));
  if (found === undefined) throw noTeammate();
  return found;
}

/** One row for each subgroup of a member, or one without a subgroup. */
const membersInTeams = (database: Database | Transaction) =>
  database
    .selectFrom('tower_members as member')
    .innerJoin('tower_teams as team', 'team.id', 'member.team_id')
    .leftJoin('tower_subgroup_members as belonging', 'belonging.member_id', 'member.id')
    .leftJoin('tower_subgroups as subgroup', 'subgroup.id', 'belonging.subgroup_id')
    .selectAll('member')
    .select(['team.name as team_name', 'team.created_at as team_created_at', 'team.updated_at as team_updated_at'])
    .select(['subgroup.id as subgroup_id', 'subgroup.name as subgroup_name'])
    .orderBy('subgroup.id');

const findMemberInTeam = prepare((database, { teamId, userId }: { teamId: string; userId: string | null }) =>
  membersInTeams(database)
    .where('member.team_id', '=', teamId)
    .where('member.user_id', '=', userId)
    .where('member.is_active', '=', 1),
);

const findTeammateInTeam = prepare((database, { memberId, userId }: { memberId: string; userId: string | null }) =>
  membersInTeams(database)
    .innerJoin('tower_members as caller', 'caller.team_id', 'member.team_id')
    .where('member.id', '=', memberId)
    .where('caller.user_id', '=', userId)
    .where('caller.is_active', '=', 1),
);

function toMemberInTeam(rows: Awaited<ReturnType<typeof findMemberInTeam>>): MemberInTeam | undefined {
  const [member] = rows;
  if (member === undefined) return undefined;
  const { team_id: id, team_name: name, team_created_at: created_at, team_updated_at: updated_at } = member;
  const subgroups = rows.flatMap((row) =>
    row.subgroup_id === null || row.subgroup_name === null
      ? []
      : [{ member_id: row.id, id: row.subgroup_id, name: row.subgroup_name }],
  );
  return { member, team: { id, name, created_at, updated_at }, subgroups };
}

/**
 * Like `requireMember`, for what only owners and admins of a team may do (T-3).
 *
 * @throws HttpError not_found as above; forbidden for other members
 */
export async function requireAdmin(
  teamId: string,
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<Member> {
  const member = await requireMember(teamId, userId, context);
  if (!isAdmin(member)) throw new HttpError('forbidden', 'Only an owner or admin of the team may do this');
  return member;
}

/** Whether a member has the rights of an admin. An owner has them, too. */
export const isAdmin = ({ role }: Pick<Member, 'role'>): boolean => role !== 'member';

/** Whether a member of the project's team can see the project (T-42). */
export const seesProject = (projectId: string) => (eb: ExpressionBuilder<Tables, 'tower_members'>) =>
  eb.or([
    eb('tower_members.role', '!=', 'member'),
    eb.exists(
      eb
        .selectFrom('tower_project_members as own')
        .select('own.member_id')
        .whereRef('own.member_id', '=', 'tower_members.id')
        .where('own.project_id', '=', projectId),
    ),
  ]);

/** Makes a user a member of a team, with the user's own nickname and picture. */
export async function addMember(
  database: Database | Transaction,
  {
    id = randomHex(16),
    teamId,
    user,
    role,
  }: { id?: string | undefined; teamId: string; user: User; role: Member['role'] },
  now: number,
): Promise<void> {
  await database
    .insertInto('tower_members')
    .values({
      id,
      team_id: teamId,
      user_id: user.id,
      nickname: user.nickname,
      gavatar: user.gavatar,
      role,
      comment: null,
      phone: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** A subgroup, as one of its members has it. */
export interface Subgroup {
  member_id: string;
  id: string;
  name: string;
}

/** The subgroups that members belong to. */
export async function listSubgroups(database: Database, memberIds: ValuesOrQuery<string>): Promise<Subgroup[]> {
  if (isEmpty(memberIds)) return [];
  return database
    .selectFrom('tower_subgroup_members')
    .innerJoin('tower_subgroups', 'tower_subgroups.id', 'tower_subgroup_members.subgroup_id')
    .select(['member_id', 'tower_subgroups.id', 'name'])
    .where('member_id', 'in', memberIds)
    .orderBy('tower_subgroups.id')
    .execute();
}

/** Members by their ids, also those who have left the team. */
export async function listMembersById(database: Database | Transaction, ids: ValuesOrQuery<string>): Promise<Member[]> {
  if (isEmpty(ids)) return [];
  return database.selectFrom('tower_members').selectAll().where('id', 'in', ids).execute();
}

/** The active members of a team, in the order of joining. */
export const listMembers = (database: Database, teamId: string, page: Page): Promise<PageRows<Member>> =>
  readCountedPage(membersOf(database, teamId).selectAll(), page);

/** The subgroups of the members on a page of `listMembers`. */
export const listSubgroupsOnPage = (database: Database, teamId: string, page: Page): Promise<Subgroup[]> =>
  listSubgroups(database, onShortPage(membersOf(database, teamId).select('id'), page));

const membersOf = (database: Database, teamId: string) =>
  database
    .selectFrom('tower_members')
    .where('team_id', '=', teamId)
    .where('is_active', '=', 1)
    .orderBy('created_at')
    .orderBy('id');

/**
 * A member of a team that the caller is an active member of, and the caller's own membership. The member may have left.
 *
 * @throws HttpError not_found
 */
export async function requireTeammate(
  memberId: string,
  userId: string | null,
  { database }: Pick<Context, 'database'>,
): Promise<{ member: Member; caller: Caller }> {
  const row = await database
    .selectFrom('tower_members as caller')
    .innerJoin('tower_members as member', 'member.team_id', 'caller.team_id')
    .selectAll('member')
    .select(['caller.id as caller_id', 'caller.role as caller_role'])
    .where('member.id', '=', memberId)
    .where('caller.user_id', '=', userId)
    .where('caller.is_active', '=', 1)
    .executeTakeFirst();
  if (row === undefined) throw noTeammate();
  const { caller_id: id, caller_role: role, ...member } = row;
  return { member, caller: { id, role, team_id: member.team_id } };
}

/**
 * Checks that all ids are those of active members of a team. Returns them without repetitions.
 *
 * @param pointer of the ids in the request body
 * @throws HttpError unprocessable_content
 */
export async function requireTeamMembers(
  trx: Transaction,
  teamId: string,
  memberIds: readonly string[],
  pointer: string,
): Promise<string[]> {
  const ids = [...new Set(memberIds)];
  if (ids.length === 0) return [];
  const known = await trx
    .selectFrom('tower_members')
    .select('id')
    .where('team_id', '=', teamId)
    .where('is_active', '=', 1)
    .where('id', 'in', ids)
    .execute();
  if (known.length < ids.length) throw unusable(pointer, 'must name active members of the team');
  return ids;
}
