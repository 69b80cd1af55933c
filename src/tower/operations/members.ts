import { listSubgroupIds, requireMember } from '../model/members.ts';
import { getTeam } from '../model/teams.ts';
import { toDocument } from '../wire/document.ts';
import { toMember } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { toTeam } from '../wire/teams.ts';

export const getCurrentMember: Operation<'getCurrentMember'> = async ({ params, actor }, context) => {
  const { database } = context;
  const member = await requireMember(params.team_id, actor.userId, context);
  const team = await getTeam(database, member.team_id);
  const subgroupIds = await listSubgroupIds(database, member.id);
  return { status: 200, body: toDocument(toMember(member, subgroupIds), [toTeam(team)]) };
};
