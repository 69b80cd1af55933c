import { type ExpressionBuilder, sql } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import type { Tables } from '../../database/tables.ts';
import type { Bus } from '../../live/bus.ts';
import { announce } from './feed.ts';
import { type Caller, isAdmin } from './members.ts';
import { queueEvent } from './webhook-queue.ts';

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
  const event = await trx
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
    .returning(['id', 'team_id', 'project_id', 'action', 'title'])
    .executeTakeFirstOrThrow();
  await queueEvent(trx, event, now);
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

/** The events of the projects that a member can see, newest first (T-59). */
export async function listEvents(database: Database, caller: Caller, filter: EventFilter): Promise<ListedEvent[]> {
  const query = visibleEvents(database, caller).orderBy('tower_events.id', 'desc').limit(filter.limit);
  if (isAdmin(caller) || filter.projectId !== undefined) return query.where(matches(filter)).execute();
  const { before } = filter;
  const recent = await query
    .where(matches(filter))
    .where('tower_events.id', '>', (eb) =>
      before === undefined ? recentFloor(eb, caller.team_id) : eb.val(before - RECENT_IDS),
    )
    .execute();
  if (recent.length === filter.limit) return recent;
  const ids = await newestOwnIds(database, caller, filter);
  return ids.length === 0 ? [] : query.where('tower_events.id', 'in', ids).execute();
}

/** How many ids of a team are searched for the events of a member before those of each project are. */
const RECENT_IDS = 2000;

/** Above it are the recent ids of a team. */
const recentFloor = (eb: ExpressionBuilder<Tables, 'tower_events'>, teamId: string) =>
  eb
    .selectFrom('tower_events as newest')
    .select((of) => sql<number>`${of.fn.max('newest.id')} - ${sql.lit(RECENT_IDS)}`.as('floor'))
    .where('newest.team_id', '=', teamId);

/**
 * The newest ids of events in a member's own projects. Events of other projects are not read, so that the cost does not
 * grow with them.
 */
async function newestOwnIds(database: Database, caller: Caller, filter: EventFilter): Promise<number[]> {
  const newestOfEach = database
    .selectFrom('tower_project_members as own')
    .select([
      'own.project_id',
      (eb) =>
        eb
          .selectFrom('tower_events')
          .select(({ fn }) => fn.max<number | null>('tower_events.id').as('newest'))
          .whereRef('tower_events.project_id', '=', 'own.project_id')
          .where(matches(filter))
          .as('newest'),
    ])
    .where('own.member_id', '=', caller.id);
  // Only as many projects as events are asked for can have one of the newest.
  const projects = await database
    .selectFrom(newestOfEach.as('project'))
    .innerJoin('tower_projects', 'tower_projects.id', 'project.project_id')
    .select('project_id')
    .where('newest', 'is not', null)
    .where('tower_projects.is_active', '=', 1)
    .orderBy('newest', 'desc')
    .limit(filter.limit)
    .execute();
  const [first, ...others] = projects.map(({ project_id: projectId }) =>
    database
      .selectFrom((eb) =>
        eb
          .selectFrom('tower_events')
          .select('tower_events.id')
          .where(matches({ ...filter, projectId }))
          .orderBy('tower_events.id', 'desc')
          .limit(filter.limit)
          .as('part'),
      )
      .select('part.id'),
  );
  if (first === undefined) return [];
  const all = others.reduce((union, one) => union.unionAll(one), first);
  return (await all.orderBy('id', 'desc').limit(filter.limit).execute()).map(({ id }) => id);
}

const matches =
  ({ before, creatorId, projectId }: EventFilter) =>
  (eb: ExpressionBuilder<Tables, 'tower_events'>) =>
    eb.and([
      ...(before === undefined ? [] : [eb('tower_events.id', '<', before)]),
      ...(creatorId === undefined ? [] : [eb('tower_events.creator_id', '=', creatorId)]),
      ...(projectId === undefined ? [] : [eb('tower_events.project_id', '=', projectId)]),
    ]);

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
    .execute();

/** An event of a project that was not deleted. It says nothing about the members that can see it. */
export const findEvent = (
  database: Database,
  id: number,
): Promise<(ListedEvent & { project_id: string }) | undefined> =>
  eventsOfProjects(database).select('project_id').where('tower_events.id', '=', id).executeTakeFirst();

function visibleEvents(database: Database, caller: Caller) {
  const query = eventsOfProjects(database).where('tower_events.team_id', '=', caller.team_id);
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

const eventsOfProjects = (database: Database) =>
  database
    .selectFrom('tower_events')
    .innerJoin('tower_projects', 'tower_projects.id', 'tower_events.project_id')
    .select(['tower_events.id', 'tower_events.creator_id', 'title', 'tower_events.created_at'])
    .select(({ ref }) => ref('action').$castTo<EventAction>().as('action'))
    .select('tower_projects.name as project_name')
    .where('tower_projects.is_active', '=', 1);
