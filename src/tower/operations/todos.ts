import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import type { RequestInfo } from '../../http/request.ts';
import * as ccMembers from '../model/cc-members.ts';
import { getTeam } from '../model/teams.ts';
import * as changes from '../model/todo-changes.ts';
import { readTodoDetails, readTodoParts, type TodoParts, todoKeys } from '../model/todo-details.ts';
import { requireTodolist } from '../model/todolists.ts';
import { type InTodo, listTodoCompany, listTodos as readTodos, requireTeamTodo, requireTodo } from '../model/todos.ts';
import { requireText } from '../model/values.ts';
import { attachmentView } from '../wire/attachments.ts';
import { toDocument } from '../wire/document.ts';
import { toCcMember, toSubgroup } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { SHORT_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { toTeam } from '../wire/teams.ts';
import { fromDueDate, fromHtml, fromId, fromTodo } from '../wire/todo-changes.ts';
import { toTodoDocument, toTodosDocument } from '../wire/todos.ts';

export const listTodos: Operation<'listTodos'> = async ({ params, query, actor, request }, context) => {
  const { database } = context;
  const page = toPage(query, SHORT_PAGE);
  const list = { todolistId: params.todolist_id, withCompleted: query.completed_todo ?? false };
  const [, todos, company] = await together(database, (view) => [
    requireTodolist(params.todolist_id, actor.userId, { database: view }),
    readTodos(view, list, page),
    listTodoCompany(view, list, page),
  ]);
  const document = toTodosDocument(todos.rows, company);
  return { status: 200, body: { ...document, links: toPageLinks(request, page, todos) } };
};

export const createTodo: Operation<'createTodo'> = async ({ params, body, actor, request }, context) => {
  const inTodolist = await requireTodolist(params.todolist_id, actor.userId, context);
  const content = requireText(body.todo.content, '/todo/content');
  const todo = await changes.createTodo(inTodolist, { ...(await fromTodo(body.todo)), content }, context);
  return toAnswer({ ...inTodolist, todo }, request, context);
};

export const getTodo: Operation<'getTodo'> = async ({ params, actor, request }, context) => {
  const [inTodo, parts] = await together(context.database, (database) => [
    requireTodo(params.todo_id, actor.userId, { database }),
    readTodoParts(todoKeys(params.todo_id, database), database),
  ]);
  return toAnswer(inTodo, request, context, parts);
};

export const getTeamTodo: Operation<'getTeamTodo'> = async ({ params, actor, request }, context) =>
  toAnswer(await requireTeamTodo(params, actor.userId, context), request, context);

export const updateTodo: Operation<'updateTodo'> = async ({ params, body, actor, request }, context) =>
  change(await requireTodo(params.todo_id, actor.userId, context), await fromTodo(body.todo), request, context);

export const updateTeamTodo: Operation<'updateTeamTodo'> = async ({ params, body, actor, request }, context) =>
  change(await requireTeamTodo(params, actor.userId, context), await fromTodo(body.todo), request, context);

export const deleteTodo: Operation<'deleteTodo'> = async ({ params, actor }, context) => {
  await changes.deleteTodo(await requireTodo(params.todo_id, actor.userId, context), context);
  return { status: 204 };
};

export const deleteTeamTodo: Operation<'deleteTeamTodo'> = async ({ params, actor }, context) => {
  await changes.deleteTodo(await requireTeamTodo(params, actor.userId, context), context);
  return { status: 204 };
};

export const completeTodo: Operation<'completeTodo'> = async ({ params, actor, request }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  return toAnswer({ ...inTodo, todo: await changes.setCompletion(inTodo, true, context) }, request, context);
};

export const reopenTodo: Operation<'reopenTodo'> = async ({ params, actor, request }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  return toAnswer({ ...inTodo, todo: await changes.setCompletion(inTodo, false, context) }, request, context);
};

export const assignTodo: Operation<'assignTodo'> = async ({ params, body, actor, request }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  const assigneeId = fromId(body.todos_assignment.assignee_id);
  return change(inTodo, { assigneeId }, request, context, '/todos_assignment');
};

export const unassignTodo: Operation<'unassignTodo'> = async ({ params, actor, request }, context) =>
  change(await requireTodo(params.todo_id, actor.userId, context), { assigneeId: null }, request, context);

export const updateTodoDue: Operation<'updateTodoDue'> = async ({ params, body, actor, request }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  return change(inTodo, { dueAt: fromDueDate(body.todos_due.due_at, '/todos_due/due_at') }, request, context);
};

export const updateTodoDesc: Operation<'updateTodoDesc'> = async ({ params, body, actor, request }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  return change(inTodo, { description: await fromHtml(body.todos_desc.desc) }, request, context);
};

export const listCcMembers: Operation<'listCcMembers'> = async ({ params, actor }, context) => {
  const [, answer] = await together(context.database, (database) => [
    requireTodo(params.todo_id, actor.userId, { database }),
    toCcAnswer(params.todo_id, database),
  ]);
  return answer;
};

export const replaceCcMembers: Operation<'replaceCcMembers'> = async ({ params, body, actor }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  await ccMembers.replaceCcMembers(inTodo, body.guids, context);
  return toCcAnswer(inTodo.todo.id, context.database);
};

async function change(
  inTodo: InTodo,
  todo: changes.TodoChanges,
  request: RequestInfo,
  context: Context,
  pointer?: string,
) {
  return toAnswer({ ...inTodo, todo: await changes.updateTodo(inTodo, todo, context, pointer) }, request, context);
}

/** @param parts when they were read with the todo */
async function toAnswer(inTodo: InTodo, request: RequestInfo, { clock, database }: Context, parts?: TodoParts) {
  const details = await readTodoDetails(inTodo, parts ?? (await readTodoParts(inTodo.todo, database)), database);
  return { status: 200 as const, body: toTodoDocument(details, attachmentView(request, clock.now())) };
}

async function toCcAnswer(todoId: string, database: Database) {
  const [members, subgroups, team] = await together(database, (view) => [
    ccMembers.listCcMembers(view, todoId),
    ccMembers.listCcSubgroups(view, todoId),
    getTeam(view, view.selectFrom('tower_todos').select('team_id').where('id', '=', todoId)),
  ]);
  const data = members.map((member) => toCcMember(member, subgroups));
  return { status: 200 as const, body: toDocument(data, [toTeam(team), ...subgroups.map(toSubgroup)]) };
}
