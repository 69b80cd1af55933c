import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import type { TowerTodosTable } from '../database/tables.ts';
import { type Caller, isAdmin, listMembersById, type Member, requireMember } from './members.ts';
import { MOST_RELATED, type Order, oldestFirst, type Page, type PageRows, readIndexedPage } from './pages.ts';
import { type InProject, requireProject } from './projects.ts';

export type Todo = Selectable<TowerTodosTable>;

export interface InTodo extends InProject {
  todo: Todo;
}

const NOT_FOUND = 'There is no such todo, or you cannot see it';

/** A todo that the user can see. @throws HttpError not_found */
export async function requireTodo(
  todoId: string,
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<InTodo> {
  const [inProject, todo] = await together(context.database, (database) => [
    requireProject({ table: 'tower_todos', id: todoId }, userId, { database }, NOT_FOUND),
    requireTodoStill(database, todoId),
  ]);
  return { todo, ...inProject };
}

/** A todo by its number in the team (T-40). @throws HttpError not_found */
export async function requireTeamTodo(
  { team_id, team_wide_id }: { team_id: string; team_wide_id: string },
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<InTodo> {
  // Nothing has the number -1.
  const number = /^\d{1,9}$/.test(team_wide_id) ? Number(team_wide_id) : -1;
  const [, inProject, todo] = await together(context.database, (database) => [
    requireMember(team_id, userId, { database }),
    requireProject({ table: 'tower_todos', teamId: team_id, number }, userId, { database }, NOT_FOUND),
    database
      .selectFrom('tower_todos')
      .selectAll()
      .where('team_id', '=', team_id)
      .where('team_wide_id', '=', number)
      .where('is_active', '=', 1)
      .executeTakeFirst(),
  ]);
  if (todo === undefined) throw new HttpError('not_found', NOT_FOUND);
  return { todo, ...inProject };
}

/** A todo that is not deleted. */
export const findTodo = (database: Database | Transaction, id: string): Promise<Todo | undefined> =>
  database.selectFrom('tower_todos').selectAll().where('id', '=', id).where('is_active', '=', 1).executeTakeFirst();

/** A todo that is not deleted. @throws HttpError not_found */
export async function requireTodoStill(database: Database | Transaction, id: string): Promise<Todo> {
  const todo = await findTodo(database, id);
  if (todo === undefined) throw new HttpError('not_found', NOT_FOUND);
  return todo;
}

/** The todos of a list, oldest first. */
export function listTodos(
  database: Database,
  { todolistId, withCompleted }: { todolistId: string; withCompleted: boolean },
  page: Page,
): Promise<PageRows<Todo>> {
  const query = database
    .selectFrom('tower_todos')
    .selectAll()
    .where('todolist_id', '=', todolistId)
    .where('is_active', '=', 1);
  return readIndexedPage(withCompleted ? query : query.where('is_completed', '=', 0), oldestFirst, page);
}

/** The first open todos of a project or of one of its lists, oldest first. */
export const listOpenTodos = (database: Database, column: 'project_id' | 'todolist_id', id: string): Promise<Todo[]> =>
  database
    .selectFrom('tower_todos')
    .selectAll()
    .where(column, '=', id)
    .where('is_active', '=', 1)
    .where('is_completed', '=', 0)
    .orderBy('created_at')
    .orderBy('id')
    .limit(MOST_RELATED)
    .execute();

/** The direct sub-todos of a todo, oldest first. */
export const listSubTodos = (database: Database, todoId: string): Promise<Todo[]> =>
  database
    .selectFrom('tower_todos')
    .selectAll()
    .where('parent_id', '=', todoId)
    .where('is_active', '=', 1)
    .orderBy('created_at')
    .orderBy('id')
    .limit(MOST_RELATED)
    .execute();

/**
 * The todos that a member has as assignee or creator, in the projects that the caller can see; oldest first.
 *
 * @param isCompleted undefined: both, those that are not completed first
 */
export function listMemberTodos(
  database: Database,
  {
    memberId,
    as,
    isCompleted,
  }: { memberId: string; as: 'assignee_id' | 'creator_id'; isCompleted: boolean | undefined },
  caller: Caller,
  page: Page,
): Promise<PageRows<Todo>> {
  const query = database
    .selectFrom('tower_todos')
    .selectAll()
    .where(as, '=', memberId)
    .where('is_active', '=', 1)
    .$if(isCompleted !== undefined, (every) => every.where('is_completed', '=', isCompleted ? 1 : 0));
  const own = query.where((eb) =>
    eb.exists(
      eb
        .selectFrom('tower_project_members as own')
        .select('own.project_id')
        .whereRef('own.project_id', '=', 'tower_todos.project_id')
        .where('own.member_id', '=', caller.id),
    ),
  );
  const order: Order = { columns: ['is_completed', 'created_at', 'id'], direction: 'asc' };
  return readIndexedPage(isAdmin(caller) ? query : own, order, page);
}

/** A label of a todo. */
export interface TodoLabel {
  todo_id: string;
  name: string;
}

/** The members and labels of todos. */
export interface TodoCompany {
  members: Member[];
  labels: TodoLabel[];
}

/** @param memberIds further members to read with those of the todos */
export async function readTodoCompany(
  database: Database,
  todos: readonly Todo[],
  memberIds: readonly (string | null)[] = [],
): Promise<TodoCompany> {
  const ids = todos.flatMap(({ creator_id, assignee_id, closer_id }) => [creator_id, assignee_id, closer_id]);
  const distinct = new Set([...ids, ...memberIds].filter((id) => id !== null));
  const todoIds = todos.map(({ id }) => id);
  const [members, labels] = await together(database, (view) => [
    listMembersById(view, [...distinct]),
    listTodoLabels(view, todoIds),
  ]);
  return { members, labels };
}

async function listTodoLabels(database: Database, todoIds: readonly string[]): Promise<TodoLabel[]> {
  if (todoIds.length === 0) return [];
  return database
    .selectFrom('tower_todo_labels')
    .innerJoin('tower_labels', 'tower_labels.id', 'tower_todo_labels.label_id')
    .select(['todo_id', 'name'])
    .where('todo_id', 'in', todoIds)
    .orderBy('tower_labels.id')
    .execute();
}
