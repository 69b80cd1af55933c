import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { TowerTimeLogsTable } from '../database/tables.ts';
import { recordEvent } from './events.ts';
import { listMembersById, type Member, requireTeamMembers } from './members.ts';
import { type Order, onPage, type Page, type PageRows, readIndexedPage } from './pages.ts';
import { type InProject, lockProject, requireAuthor, requireProject } from './projects.ts';
import { type InTodo, requireTodoStill } from './todos.ts';
import { unusable } from './values.ts';

/** Time that is booked on a todo and a member (T-56). */
export type TimeLog = Selectable<TowerTimeLogsTable>;

export interface InTimeLog extends InProject {
  timeLog: TimeLog;
}

type Services = Pick<Context, 'bus' | 'clock' | 'database'>;

const NOT_FOUND = 'There is no such time log, or you cannot see it';

/** A time log that the user can see. @throws HttpError not_found */
export async function requireTimeLog(
  timeLogId: string,
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<InTimeLog> {
  const id = /^\d{1,15}$/.test(timeLogId) ? Number(timeLogId) : undefined;
  if (id === undefined) throw new HttpError('not_found', NOT_FOUND);
  const [inProject, timeLog] = await together(context.database, (database) => [
    requireProject({ table: 'tower_time_logs', id }, userId, { database }, NOT_FOUND),
    database
      .selectFrom('tower_time_logs')
      .selectAll()
      .where('id', '=', id)
      .where('is_active', '=', 1)
      .executeTakeFirst(),
  ]);
  if (timeLog === undefined) throw new HttpError('not_found', NOT_FOUND);
  return { timeLog, ...inProject };
}

/** Which time logs of a project are listed. Times in milliseconds. */
export interface TimeLogFilter {
  creatorId?: string | undefined;
  /** The earliest start. */
  from?: number | undefined;
  /** Starts before this. */
  before?: number | undefined;
}

/** The time logs of a todo or a project, the latest start first. */
export const listTimeLogs = (database: Database, of: TimeLogsOf, page: Page): Promise<PageRows<TimeLog>> =>
  readIndexedPage(timeLogsOf(database, of), latestFirst, page);

/** The members whose time is on a page. */
export const listTimeLogCreators = async (database: Database, of: TimeLogsOf, page: Page): Promise<Member[]> =>
  listMembersById(database, onPage(timeLogsOf(database, of), latestFirst, page).clearSelect().select('creator_id'));

const latestFirst: Order = { columns: ['starts_at', 'id'], direction: 'desc' };

/** Of a todo or of a project. */
export interface TimeLogsOf extends TimeLogFilter {
  column: 'todo_id' | 'project_id';
  id: string;
}

const timeLogsOf = (database: Database, { column, id, creatorId, from, before }: TimeLogsOf) =>
  database
    .selectFrom('tower_time_logs')
    .selectAll()
    .where(column, '=', id)
    .where('is_active', '=', 1)
    .$if(creatorId !== undefined, (all) => all.where('creator_id', '=', creatorId as string))
    .$if(from !== undefined, (all) => all.where('starts_at', '>=', from as number))
    .$if(before !== undefined, (all) => all.where('starts_at', '<', before as number));

/** What can be written of a time log; undefined stays. */
export interface TimeLogChanges {
  /** Null: the caller. */
  creatorId?: string | null | undefined;
  description?: string | undefined;
  startsAt?: number | undefined;
  endsAt?: number | undefined;
}

/** Books time on a todo. */
export const createTimeLog = (
  { todo, project, caller }: InTodo,
  { creatorId, description = '', startsAt, endsAt }: TimeLogChanges & { startsAt: number; endsAt: number },
  { bus, clock, database }: Services,
): Promise<TimeLog> =>
  transact(database, async (trx) => {
    requireOrder(startsAt, endsAt);
    await lockProject(trx, project.id);
    await requireTodoStill(trx, todo.id);
    const now = clock.now();
    const timeLog = await trx
      .insertInto('tower_time_logs')
      .values({
        team_id: project.team_id,
        project_id: project.id,
        todo_id: todo.id,
        creator_id: await requireCreator(trx, project.team_id, creatorId ?? caller.id),
        description,
        starts_at: startsAt,
        ends_at: endsAt,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const event = { action: 'todo.time_logged', title: todo.content, targetId: todo.id } as const;
    await recordEvent(trx, { caller, projectId: project.id, ...event }, now, bus);
    return timeLog;
  });

/** Changes a time log. @throws HttpError forbidden for other members than T-56 allows */
export async function updateTimeLog(
  inTimeLog: InTimeLog,
  { creatorId, description, startsAt, endsAt }: TimeLogChanges,
  { clock, database }: Services,
): Promise<TimeLog> {
  const { timeLog, project, caller } = inTimeLog;
  requireAuthor(inTimeLog, timeLog);
  return transact(database, async (trx) => {
    const creator = creatorId === null ? caller.id : creatorId;
    if (creator !== undefined) await requireCreator(trx, project.team_id, creator);
    const changed = await trx
      .updateTable('tower_time_logs')
      .set({ creator_id: creator, description, starts_at: startsAt, ends_at: endsAt, updated_at: clock.now() })
      .where('id', '=', timeLog.id)
      .where('is_active', '=', 1)
      .returningAll()
      .executeTakeFirst();
    if (changed === undefined) throw new HttpError('not_found', NOT_FOUND);
    // After the change: another one may have moved the other end.
    requireOrder(changed.starts_at, changed.ends_at);
    return changed;
  });
}

/** Deletes a time log (T-43). @throws HttpError forbidden for other members than T-56 allows */
export async function deleteTimeLog(inTimeLog: InTimeLog, { clock, database }: Services): Promise<void> {
  requireAuthor(inTimeLog, inTimeLog.timeLog);
  const { numUpdatedRows } = await database
    .updateTable('tower_time_logs')
    .set({ is_active: 0, updated_at: clock.now() })
    .where('id', '=', inTimeLog.timeLog.id)
    .where('is_active', '=', 1)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new HttpError('not_found', NOT_FOUND);
}

async function requireCreator(trx: Transaction, teamId: string, id: string): Promise<string> {
  await requireTeamMembers(trx, teamId, [id], '/time_log/creator_id');
  return id;
}

function requireOrder(startsAt: number, endsAt: number): void {
  if (endsAt <= startsAt) throw unusable('/time_log/ends_at', 'must be after starts_at');
}
