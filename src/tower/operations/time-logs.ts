import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { RequestInfo } from '../../http/request.ts';
import { listMembersById, type Member } from '../model/members.ts';
import type { Page, PageRows } from '../model/pages.ts';
import { requireProject } from '../model/projects.ts';
import * as timeLogs from '../model/time-logs.ts';
import { requireTodo } from '../model/todos.ts';
import { toDocument } from '../wire/document.ts';
import { toMemberSummary } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { SHORT_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { fromTimeLog, toFilter, toTime, toTimeLog } from '../wire/time-logs.ts';

export const listProjectTimeLogs: Operation<'listProjectTimeLogs'> = async (
  { params, query, actor, request },
  context,
) => {
  const page = toPage(query, SHORT_PAGE);
  const of = { column: 'project_id', id: params.project_id, ...toFilter(query) } as const;
  const [, found, creators] = await together(context.database, (database) => [
    requireProject(params.project_id, actor.userId, { database }),
    timeLogs.listTimeLogs(database, of, page),
    timeLogs.listTimeLogCreators(database, of, page),
  ]);
  return toPageAnswer(found, creators, page, request);
};

export const listTimeLogs: Operation<'listTimeLogs'> = async ({ params, query, actor, request }, context) => {
  const page = toPage(query, SHORT_PAGE);
  const of = { column: 'todo_id', id: params.todo_id } as const;
  const [, found, creators] = await together(context.database, (database) => [
    requireTodo(params.todo_id, actor.userId, { database }),
    timeLogs.listTimeLogs(database, of, page),
    timeLogs.listTimeLogCreators(database, of, page),
  ]);
  return toPageAnswer(found, creators, page, request);
};

export const createTimeLog: Operation<'createTimeLog'> = async ({ params, body: { time_log }, actor }, context) => {
  const inTodo = await requireTodo(params.todo_id, actor.userId, context);
  const startsAt = toTime(time_log.starts_at, '/time_log/starts_at');
  const endsAt = toTime(time_log.ends_at, '/time_log/ends_at');
  const written = { ...fromTimeLog(time_log), startsAt, endsAt };
  return toAnswer(await timeLogs.createTimeLog(inTodo, written, context), context);
};

export const updateTimeLog: Operation<'updateTimeLog'> = async ({ params, body, actor }, context) => {
  const inTimeLog = await timeLogs.requireTimeLog(params.time_log_id, actor.userId, context);
  return toAnswer(await timeLogs.updateTimeLog(inTimeLog, fromTimeLog(body.time_log), context), context);
};

export const deleteTimeLog: Operation<'deleteTimeLog'> = async ({ params, actor }, context) => {
  await timeLogs.deleteTimeLog(await timeLogs.requireTimeLog(params.time_log_id, actor.userId, context), context);
  return { status: 204 };
};

async function toAnswer(timeLog: timeLogs.TimeLog, { database }: Context) {
  const members = await listMembersById(database, [timeLog.creator_id]);
  return { status: 200 as const, body: toDocument(toTimeLog(timeLog), members.map(toMemberSummary)) };
}

function toPageAnswer(
  found: PageRows<timeLogs.TimeLog>,
  creators: readonly Member[],
  page: Page,
  request: RequestInfo,
) {
  const document = toDocument(found.rows.map(toTimeLog), creators.map(toMemberSummary));
  return { status: 200 as const, body: { ...document, links: toPageLinks(request, page, found) } };
}
