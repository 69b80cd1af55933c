import type { OperandExpression, Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { TowerTodolistsTable } from '../database/tables.ts';
import { recordEvent } from './events.ts';
import { newId } from './ids.ts';
import { type Page, type PageRows, readIndexedPage } from './pages.ts';
import { type InProject, lockProject, requireProject } from './projects.ts';

export type Todolist = Selectable<TowerTodolistsTable>;

export interface InTodolist extends InProject {
  todolist: Todolist;
}

type Services = Pick<Context, 'bus' | 'clock' | 'database'>;

const NOT_FOUND = 'There is no such todolist, or you cannot see it';

/** A todolist that the user can see. @throws HttpError not_found */
export async function requireTodolist(
  todolistId: string,
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<InTodolist> {
  const [inProject, todolist] = await together(context.database, (database) => [
    requireProject({ table: 'tower_todolists', id: todolistId }, userId, { database }, NOT_FOUND),
    requireTodolistStill(database, todolistId),
  ]);
  return { todolist, ...inProject };
}

/** A todolist that is not deleted; in a transaction that holds the project's lock it stays. @throws HttpError not_found */
export async function requireTodolistStill(database: Database | Transaction, id: string): Promise<Todolist> {
  const todolist = await database
    .selectFrom('tower_todolists')
    .selectAll()
    .where('id', '=', id)
    .where('is_active', '=', 1)
    .executeTakeFirst();
  if (todolist === undefined) throw new HttpError('not_found', NOT_FOUND);
  return todolist;
}

/**
 * The todolist of a todo that has just been read.
 *
 * @param id also as a query for it
 * @throws HttpError not_found when one of them was deleted in the meantime
 */
export const getTodolist = (database: Database, id: string | OperandExpression<string>): Promise<Todolist> =>
  database
    .selectFrom('tower_todolists')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow(() => new HttpError('not_found', NOT_FOUND));

/** The todolists of a project by their positions. */
export const listTodolists = (database: Database, projectId: string, page: Page): Promise<PageRows<Todolist>> =>
  readIndexedPage(
    database.selectFrom('tower_todolists').selectAll().where('project_id', '=', projectId).where('is_active', '=', 1),
    { columns: ['position'], direction: 'asc' },
    page,
  );

/** Creates a todolist behind all others. @throws HttpError not_found when the project was deleted in the meantime */
export const createTodolist = (
  { project, caller }: InProject,
  { id, name, description }: { id?: string; name: string; description: string | null },
  { bus, clock, database }: Services,
): Promise<Todolist> =>
  transact(database, async (trx) => {
    await lockProject(trx, project.id);
    const { last, is_active } = await trx
      .selectFrom('tower_projects')
      .innerJoin('tower_todolists', 'tower_todolists.project_id', 'tower_projects.id')
      .select(({ fn }) => ['tower_projects.is_active', fn.max('position').as('last')])
      .where('tower_projects.id', '=', project.id)
      .groupBy('tower_projects.is_active')
      .executeTakeFirstOrThrow(noProject);
    if (is_active === 0) throw noProject();
    const now = clock.now();
    const todolist = await trx
      .insertInto('tower_todolists')
      .values({
        id: id ?? newId(now),
        team_id: project.team_id,
        project_id: project.id,
        creator_id: caller.id,
        archiver_id: null,
        name,
        description,
        position: last + 1,
        completed_at: null,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const event = { action: 'todolist.created', title: name, targetId: todolist.id } as const;
    await recordEvent(trx, { caller, projectId: project.id, ...event }, now, bus);
    return todolist;
  });

const noProject = () => new HttpError('not_found', 'There is no such project, or you cannot see it');

/** Changes a todolist; undefined stays. */
export const updateTodolist = (
  { todolist, project, caller }: InTodolist,
  {
    name = todolist.name,
    description = todolist.description,
  }: { name?: string | undefined; description?: string | null | undefined },
  { bus, clock, database }: Services,
): Promise<Todolist> =>
  transact(database, async (trx) => {
    const now = clock.now();
    const changed = await trx
      .updateTable('tower_todolists')
      .set({ name, description, updated_at: now })
      .where('id', '=', todolist.id)
      .where('is_active', '=', 1)
      .returningAll()
      .executeTakeFirst();
    if (changed === undefined) throw new HttpError('not_found', NOT_FOUND);
    const event = { action: 'todolist.updated', title: name, targetId: todolist.id } as const;
    await recordEvent(trx, { caller, projectId: project.id, ...event }, now, bus);
    return changed;
  });

/**
 * Deletes a todolist with its todos (T-43).
 *
 * @throws HttpError forbidden for the default list
 */
export async function deleteTodolist(
  { todolist, project, caller }: InTodolist,
  { bus, clock, database }: Services,
): Promise<void> {
  if (todolist.is_default === 1) throw new HttpError('forbidden', 'The default list of a project cannot be deleted');
  await transact(database, async (trx) => {
    await lockProject(trx, project.id);
    const now = clock.now();
    const deleted = { is_active: 0, updated_at: now } as const;
    await trx
      .updateTable('tower_time_logs')
      .set(deleted)
      .where('is_active', '=', 1)
      .where('todo_id', 'in', (eb) =>
        eb
          .selectFrom('tower_todos')
          .select('tower_todos.id')
          .where('todolist_id', '=', todolist.id)
          .where('is_active', '=', 1),
      )
      .execute();
    await trx
      .updateTable('tower_todos')
      .set(deleted)
      .where('todolist_id', '=', todolist.id)
      .where('is_active', '=', 1)
      .execute();
    const { numUpdatedRows } = await trx
      .updateTable('tower_todolists')
      .set(deleted)
      .where('id', '=', todolist.id)
      .where('is_active', '=', 1)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new HttpError('not_found', NOT_FOUND);
    const event = { action: 'todolist.deleted', title: todolist.name, targetId: todolist.id } as const;
    await recordEvent(trx, { caller, projectId: project.id, ...event }, now, bus);
  });
}
