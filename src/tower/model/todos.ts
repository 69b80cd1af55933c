import type { OperandExpression, Selectable, SelectQueryBuilder } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import type { Tables } from '../../database/tables.ts';
import { isEmpty, together, type ValuesOrQuery } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import type { TowerTodosTable } from '../database/tables.ts';
import { type Caller, isAdmin, listMembersById, type Member, requireMember } from './members.ts';
import { MOST_RELATED, type Order, oldestFirst, onPage, type Page, type PageRows, readIndexedPage } from './pages.ts';
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
export const findTodo = (
  database: Database | Transaction,
  id: string | OperandExpression<string | null>,
): Promise<Todo | undefined> =>
  database.selectFrom('tower_todos').selectAll().where('id', '=', id).where('is_active', '=', 1).executeTakeFirst();

/** A todo that is not deleted. @throws HttpError not_found */
export async function requireTodoStill(database: Database | Transaction, id: string): Promise<Todo> {
  const todo = await findTodo(database, id);
  if (todo === undefined) throw noTodo();
  return todo;
}

export const noTodo = () => new HttpError('not_found', NOT_FOUND);

/** Which todos of a list. */
export interface ListedTodos {
  todolistId: string;
  withCompleted: boolean;
}

/** The todos of a list, oldest first. */
export const listTodos = (database: Database, listed: ListedTodos, page: Page): Promise<PageRows<Todo>> =>
  readIndexedPage(todosOf(database, listed), oldestFirst, page);

/** The members and labels of the todos on a page of `listTodos`. */
export const listTodoCompany = async (database: Database, listed: ListedTodos, page: Page): Promise<TodoCompany> =>
  readCompanyOf(database, onPage(todosOf(database, listed), oldestFirst, page));

const todosOf = (database: Database, { todolistId, withCompleted }: ListedTodos) =>
  database
    .selectFrom('tower_todos')
    .selectAll()
    .where('todolist_id', '=', todolistId)
    .where('is_active', '=', 1)
    .$if(!withCompleted, (todos) => todos.where('is_completed', '=', 0));

/** The first open todos of a project or of one of its lists, oldest first. */
export const listOpenTodos = (database: Database, column: 'project_id' | 'todolist_id', id: string): Promise<Todo[]> =>
  openTodosOf(database, column, id).execute();

/** The members and labels of the todos that `listOpenTodos` lists for a project. */
export const listOpenTodoCompany = (database: Database, projectId: string): Promise<TodoCompany> =>
  readCompanyOf(database, openTodosOf(database, 'project_id', projectId));

const openTodosOf = (database: Database, column: 'project_id' | 'todolist_id', id: string) =>
  database
    .selectFrom('tower_todos')
    .selectAll()
    .where(column, '=', id)
    .where('is_active', '=', 1)
    .where('is_completed', '=', 0)
    .orderBy('created_at')
    .orderBy('id')
    .limit(MOST_RELATED);

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

/** The todos that a member has as assignee or creator. */
export interface MemberTodos {
  memberId: string;
  as: 'assignee_id' | 'creator_id';
  /** Undefined: both, those that are not completed first. */
  isCompleted: boolean | undefined;
}

/** A member's todos in the projects that the caller can see, oldest first, with their members and labels. */
export async function listMemberTodos(
  database: Database,
  listed: MemberTodos,
  caller: Caller,
  page: Page,
): Promise<PageRows<Todo> & TodoCompany> {
  const order: Order = { columns: ['is_completed', 'created_at', 'id'], direction: 'asc' };
  const [todos, company] = await together(database, (view) => {
    const query = memberTodosOf(view, listed, caller);
    const ofPage = onPage(query, order, page);
    return [readIndexedPage(query, order, page), readCompanyOf(view, ofPage)];
  });
  return { ...todos, ...company };
}

function memberTodosOf(database: Database, { memberId, as, isCompleted }: MemberTodos, caller: Caller) {
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
  return isAdmin(caller) ? query : own;
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

/** The same for todos that a query selects. */
async function readCompanyOf(database: Database, todos: SelectQueryBuilder<Tables, 'tower_todos', Todo>) {
  const [members, labels] = await together(database, (view) => [
    view
      .with('todo', () => todos)
      .selectFrom('tower_members')
      .selectAll()
      .where('id', 'in', ({ selectFrom }) =>
        selectFrom('todo')
          .select('assignee_id as id')
          .unionAll(selectFrom('todo').select('closer_id as id'))
          .unionAll(selectFrom('todo').select('creator_id as id')),
      )
      .execute(),
    listTodoLabels(view, todos.clearSelect().select('id')),
  ]);
  return { members, labels };
}

async function listTodoLabels(database: Database, todoIds: ValuesOrQuery<string>): Promise<TodoLabel[]> {
  if (isEmpty(todoIds)) return [];
  return database
    .selectFrom('tower_todo_labels')
    .innerJoin('tower_labels', 'tower_labels.id', 'tower_todo_labels.label_id')
    .select(['todo_id', 'name'])
    .where('todo_id', 'in', todoIds)
    .orderBy('tower_labels.id')
    .execute();
}
