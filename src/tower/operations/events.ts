import { listEvents as readEvents } from '../model/events.ts';
import { listMembersById, requireMember } from '../model/members.ts';
import { toDocument } from '../wire/document.ts';
import { toEvent } from '../wire/events.ts';
import { toMemberSummary } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';

const DEFAULT_LIMIT = 20;

export const listEvents: Operation<'listEvents'> = async ({ params, query, actor }, context) => {
  const { database } = context;
  const caller = await requireMember(params.team_id, actor.userId, context);
  const { last_item_id: before, by_member: creatorId, by_project: projectId, limit = DEFAULT_LIMIT } = query;
  const events = await readEvents(database, caller, { before, creatorId, projectId, limit });
  const members = await listMembersById(database, [...new Set(events.map(({ creator_id }) => creator_id))]);
  return { status: 200, body: toDocument(events.map(toEvent), members.map(toMemberSummary)) };
};
