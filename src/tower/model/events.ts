import type { Database, Transaction } from '../../database/open.ts';
import type { Bus } from '../../live/bus.ts';
import { announce } from './feed.ts';
import { type Caller, isAdmin } from './members.ts';

/** What happened. The wire format has a phrase for each. */
export type EventAction =
  | 'project.created'
  | 'project.updated'
  | 'todolist.created'
  | 'todolist.updated'
  | 'todolist.deleted'
  | 'todo.created'
  | 'todo.updated'
  | 'todo.assigned'
  | 'todo.unassigned'
  | 'todo.due_changed'
  | 'todo.completed'
  | 'todo.reopened'
  | 'todo.deleted'
  | 'todo.commented'
  | 'todo.time_logged'
  | 'topic.created'
  | 'topic.updated'
  | 'topic.deleted'
  | 'topic.commented'
  | 'upload.created'
  | 'upload.deleted';

/** Records one visible change of a project. Call it last in a transaction: it takes the lock of the team's feed. */
export async function recordEvent(
  trx: Transaction,
  {
    caller,
    projectId,
    action,
    title,
    targetId,
  }: { caller: Caller; projectId: string; action: EventAction; title: string; targetId: string },
  now: number,
  bus: Bus,
): Promise<void> {
  await announce(trx, caller.team_id, bus);
  await trx
    .insertInto('tower_events')
    .values({
      team_id: caller.team_id,
      project_id: projectId,
      creator_id: caller.id,
      action,
      title,
      target_id: targetId,
      created_at: now,
    })
    .execute();
}

/** An event with the name of its project. */
export interface ListedEvent {
  id: number;
  creator_id: string;
  action: EventAction;
  title: string;
  created_at: number;
  project_name: string;
}

/** Which events to list. */
export interface EventFilter {
  /** Only events with smaller ids. */
  before?: number | undefined;
  creatorId?: string | undefined;
  projectId?: string | undefined;
  limit: number;
}

/** The events of the projects that a member can see, newest first (T-81). */
export function listEvents(
  database: Database,
  caller: Caller,
  { before, creatorId, projectId, limit }: EventFilter,
): Promise<ListedEvent[]> {
  let query = visibleEvents(database, caller).orderBy('tower_events.id', 'desc').limit(limit);
  if (before !== undefined) query = query.where('tower_events.id', '<', before);
  if (creatorId !== undefined) query = query.where('tower_events.creator_id', '=', creatorId);
  if (projectId !== undefined) query = query.where('tower_events.project_id', '=', projectId);
  return query.execute() as Promise<ListedEvent[]>;
}

/** The newest id of a team's events; 0 without any. */
export async function newestEventId(database: Database, teamId: string): Promise<number> {
  const newest = await database
    .selectFrom('tower_events')
    .select('id')
    .where('team_id', '=', teamId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.id ?? 0;
}

/** The events with ids in a range that a member can see, oldest first. */
export const listEventsBetween = (
  database: Database,
  caller: Caller,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<ListedEvent[]> =>
  visibleEvents(database, caller)
    .where('tower_events.id', '>', after)
    .where('tower_events.id', '<=', upTo)
    .orderBy('tower_events.id')
    .limit(limit)
    .execute() as Promise<ListedEvent[]>;

function visibleEvents(database: Database, caller: Caller) {
  const query = database
    .selectFrom('tower_events')
    .innerJoin('tower_projects', 'tower_projects.id', 'tower_events.project_id')
    .select(['tower_events.id', 'tower_events.creator_id', 'action', 'title', 'tower_events.created_at'])
    .select('tower_projects.name as project_name')
    .where('tower_events.team_id', '=', caller.team_id)
    .where('tower_projects.is_active', '=', 1);
  const own = query.where((eb) =>
    eb.exists(
      eb
        .selectFrom('tower_project_members as own')
        .select('own.project_id')
        .whereRef('own.project_id', '=', 'tower_events.project_id')
        .where('own.member_id', '=', caller.id),
    ),
  );
  return isAdmin(caller) ? query : own;
}
