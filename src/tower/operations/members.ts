import type { Database } from '../../database/open.ts';
import {
  listSubgroups,
  type Member,
  listMembers as readMembers,
  requireMember,
  requireTeammate,
} from '../model/members.ts';
import { getTeam } from '../model/teams.ts';
import { listMemberTodos, readTodoCompany } from '../model/todos.ts';
import { toDocument } from '../wire/document.ts';
import { toMember, toSubgroup } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { LONG_PAGE, SHORT_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { toTeam } from '../wire/teams.ts';
import { toTodosDocument } from '../wire/todos.ts';

export const getCurrentMember: Operation<'getCurrentMember'> = async ({ params, actor }, context) => {
  const member = await requireMember(params.team_id, actor.userId, context);
  return { status: 200, body: await toMemberDocument(context.database, member) };
};

export const getMember: Operation<'getMember'> = async ({ params, actor }, context) => {
  const { member } = await requireTeammate(params.member_id, actor.userId, context);
  return { status: 200, body: await toMemberDocument(context.database, member) };
};

export const listMembers: Operation<'listMembers'> = async ({ params, query, actor, request }, context) => {
  const { database } = context;
  const { team_id } = await requireMember(params.team_id, actor.userId, context);
  const page = toPage(query, LONG_PAGE);
  const members = await readMembers(database, team_id, page);
  const team = await getTeam(database, team_id);
  const subgroups = await listSubgroups(
    database,
    members.rows.map(({ id }) => id),
  );
  const data = members.rows.map((member) => toMember(member, subgroups));
  const document = toDocument(data, [toTeam(team), ...subgroups.map(toSubgroup)]);
  return { status: 200, body: { ...document, links: toPageLinks(request, page, members) } };
};

/** The four lists of a member's todos differ in the todos and in the size of a page. */
const listsTodos =
  (as: 'assignee_id' | 'creator_id', isCompleted: boolean): Operation<'listAssignedCompletedTodos'> =>
  async ({ params, query, actor, request }, context) => {
    const { database } = context;
    const { member, caller } = await requireTeammate(params.member_id, actor.userId, context);
    const page = toPage(query, isCompleted ? SHORT_PAGE : LONG_PAGE);
    const todos = await listMemberTodos(database, { memberId: member.id, as, isCompleted }, caller, page);
    const document = toTodosDocument(todos.rows, await readTodoCompany(database, todos.rows));
    return { status: 200, body: { ...document, links: toPageLinks(request, page, todos) } };
  };

export const listAssignedUncompletedTodos: Operation<'listAssignedUncompletedTodos'> = listsTodos('assignee_id', false);
export const listAssignedCompletedTodos: Operation<'listAssignedCompletedTodos'> = listsTodos('assignee_id', true);
export const listCreatedUncompletedTodos: Operation<'listCreatedUncompletedTodos'> = listsTodos('creator_id', false);
export const listCreatedCompletedTodos: Operation<'listCreatedCompletedTodos'> = listsTodos('creator_id', true);

async function toMemberDocument(database: Database, member: Member) {
  const team = await getTeam(database, member.team_id);
  const subgroups = await listSubgroups(database, [member.id]);
  return toDocument(toMember(member, subgroups), [toTeam(team), ...subgroups.map(toSubgroup)]);
}
