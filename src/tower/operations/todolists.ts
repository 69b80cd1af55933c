import type { components } from '../../../generated/tower.ts';
import type { Database } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { listFirstComments } from '../model/comments.ts';
import { type Project, requireProject } from '../model/projects.ts';
import * as todolists from '../model/todolists.ts';
import { listOpenTodoCompany, listOpenTodos, readTodoCompany } from '../model/todos.ts';
import { requireText } from '../model/values.ts';
import { toComment } from '../wire/comments.ts';
import { toDocument } from '../wire/document.ts';
import { toMemberSummary } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { LONG_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { toIncludedProject } from '../wire/projects.ts';
import { fromHtml } from '../wire/todo-changes.ts';
import { toListedTodolist, toTodolist } from '../wire/todolists.ts';
import { toTodoSummary } from '../wire/todos.ts';

type Schemas = components['schemas'];

export const listTodolists: Operation<'listTodolists'> = async ({ params, query, actor, request }, context) => {
  const { database } = context;
  const page = toPage(query, LONG_PAGE);
  const [, found, todos, { members, labels }] = await together(database, (view) => [
    requireProject(params.project_id, actor.userId, { database: view }),
    todolists.listTodolists(view, params.project_id, page),
    listOpenTodos(view, 'project_id', params.project_id),
    listOpenTodoCompany(view, params.project_id),
  ]);
  const document = toDocument<Schemas['TodolistSummary'][], Schemas['IncludedResource']>(
    found.rows.map((todolist) => toListedTodolist(todolist, todos)),
    [...todos.map((todo) => toTodoSummary(todo, labels)), ...members.map(toMemberSummary)],
  );
  return { status: 200, body: { ...document, links: toPageLinks(request, page, found) } };
};

export const createTodolist: Operation<'createTodolist'> = async ({ params, body, actor }, context) => {
  const inProject = await requireProject(params.project_id, actor.userId, context);
  const { name, description = null } = await fromTodolist(body.todolist);
  const todolist = await todolists.createTodolist(inProject, { name: name ?? '', description }, context);
  return { status: 200, body: await toTodolistDocument(todolist, inProject.project, context.database) };
};

export const getTodolist: Operation<'getTodolist'> = async ({ params, actor }, context) => {
  const { todolist_id: id } = params;
  const [{ todolist, project }, parts] = await together(context.database, (view) => [
    todolists.requireTodolist(id, actor.userId, { database: view }),
    readTodolistParts(id, view),
  ]);
  return { status: 200, body: await toDocumentOf(todolist, project, parts, context.database) };
};

export const updateTodolist: Operation<'updateTodolist'> = async ({ params, body, actor }, context) => {
  const inTodolist = await todolists.requireTodolist(params.todolist_id, actor.userId, context);
  const todolist = await todolists.updateTodolist(inTodolist, await fromTodolist(body.todolist), context);
  return { status: 200, body: await toTodolistDocument(todolist, inTodolist.project, context.database) };
};

export const deleteTodolist: Operation<'deleteTodolist'> = async ({ params, actor }, context) => {
  const inTodolist = await todolists.requireTodolist(params.todolist_id, actor.userId, context);
  await todolists.deleteTodolist(inTodolist, context);
  return { status: 204 };
};

const fromTodolist = async ({ name, desc }: Schemas['TodolistChanges']['todolist']) => ({
  name: name === undefined ? undefined : requireText(name, '/todolist/name'),
  description: await fromHtml(desc),
});

const readTodolistParts = (todolistId: string, database: Database) =>
  together(database, (view) => [listOpenTodos(view, 'todolist_id', todolistId), listFirstComments(view, [todolistId])]);

const toTodolistDocument = async (todolist: todolists.Todolist, project: Project, database: Database) =>
  toDocumentOf(todolist, project, await readTodolistParts(todolist.id, database), database);

async function toDocumentOf(
  todolist: todolists.Todolist,
  project: Project,
  [todos, comments]: Awaited<ReturnType<typeof readTodolistParts>>,
  database: Database,
) {
  const people = [todolist.creator_id, todolist.archiver_id, ...comments.map(({ creator_id }) => creator_id)];
  const { members, labels } = await readTodoCompany(database, todos, people);
  return toDocument<Schemas['Todolist'], Schemas['IncludedResource']>(toTodolist(todolist, { todos, comments }), [
    toIncludedProject(project),
    ...todos.map((todo) => toTodoSummary(todo, labels)),
    ...comments.map(toComment),
    ...members.map(toMemberSummary),
  ]);
}
