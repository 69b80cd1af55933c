import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';

/** The active membership of a user in a team. Throws 404 for an unknown team just as for somebody else's. */
export async function requireMember(teamId: string, userId: string | null | undefined, { database }: Context) {
  const member = await database
    .selectFrom('tower_members')
    .selectAll()
    .where('team_id', '=', teamId)
    .where('user_id', '=', userId ?? '')
    .where('is_active', '=', 1)
    .executeTakeFirst();
  if (member === undefined) throw new HttpError('not_found', 'There is no such team, or you are not a member of it');
  return member;
}

/** Like `requireMember`, for what only owners and admins of a team may do. Throws 403 for other members. */
export async function requireAdmin(teamId: string, userId: string | undefined, context: Context) {
  const member = await requireMember(teamId, userId, context);
  if (member.role === 'member') throw new HttpError('forbidden', 'Only an owner or admin of the team may do this');
  return member;
}
