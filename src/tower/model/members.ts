import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { HttpError } from '../../errors.ts';
import { randomHex } from '../../secrets.ts';
import type { TowerMembersTable } from '../database/tables.ts';
import type { User } from './users.ts';

export type Member = Selectable<TowerMembersTable>;

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
  const member = await database
    .selectFrom('tower_members')
    .selectAll()
    .where('team_id', '=', teamId)
    .where('user_id', '=', userId)
    .where('is_active', '=', 1)
    .executeTakeFirst();
  if (member === undefined) throw new HttpError('not_found', 'There is no such team, or you are not a member of it');
  return member;
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
export const isAdmin = ({ role }: Member): boolean => role !== 'member';

/** Makes a user a member of a team, with the user's own nickname and picture. */
export async function addMember(
  database: Database | Transaction,
  { id = randomHex(16), teamId, user, role }: { id?: string; teamId: string; user: User; role: Member['role'] },
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

/** The ids of the subgroups that a member belongs to. */
export async function listSubgroupIds(database: Database, memberId: string): Promise<string[]> {
  const rows = await database
    .selectFrom('tower_subgroup_members')
    .select('subgroup_id')
    .where('member_id', '=', memberId)
    .orderBy('subgroup_id')
    .execute();
  return rows.map(({ subgroup_id }) => subgroup_id);
}
