import { requireMember } from '../model/members.ts';
import type { Operation } from '../wire/operation.ts';
import { toMember, toTeam } from '../wire/members.ts';

/** The caller's own membership in a team, with the team in `included`. */
export const getCurrentMember: Operation<'getCurrentMember'> = async ({ params, actor }, context) => {
  const { database } = context;
  const member = await requireMember(params.team_id, actor.userId, context);
  const team = await database
    .selectFrom('tower_teams')
    .selectAll()
    .where('id', '=', member.team_id)
    .executeTakeFirstOrThrow();
  const subgroups = await database
    .selectFrom('tower_subgroup_members')
    .select('subgroup_id as id')
    .where('member_id', '=', member.id)
    .orderBy('subgroup_id')
    .execute();
  return {
    status: 200,
    body: { data: toMember(member, subgroups), included: [toTeam(team)], jsonapi: { version: '1.0' } },
  };
};
