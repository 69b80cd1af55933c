import { together } from '../../database/together.ts';
import {
  listSubgroupsOnPage,
  type MemberInTeam,
  listMembers as readMembers,
  requireMember,
  requireMemberInTeam,
  requireTeammate,
  requireTeammateInTeam,
} from '../model/members.ts';
import { getTeam } from '../model/teams.ts';
import { listMemberTodos } from '../model/todos.ts';
import { toDocument } from '../wire/document.ts';
import { toMember, toSubgroup } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { LONG_PAGE, SHORT_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { toTeam } from '../wire/teams.ts';
import { toTodosDocument } from '../wire/todos.ts';

export const getCurrentMember: Operation<'getCurrentMember'> = async ({ params, actor }, context) => {
  return { status: 200, body: toMemberDocument(await requireMemberInTeam(params.team_id, actor.userId, context)) };
};

export const getMember: Operation<'getMember'> = async ({ params, actor }, context) => {
  return { status: 200, body: toMemberDocument(await requireTeammateInTeam(params.member_id, actor.userId, context)) };
};

export const listMembers: Operation<'listMembers'> = async ({ params, query, actor, request }, context) => {
  const { database } = context;
  const page = toPage(query, LONG_PAGE);
  const [, members, team, subgroups] = await together(database, (view) => [
    requireMember(params.team_id, actor.userId, { database: view }),
    readMembers(view, params.team_id, page),
    getTeam(view, params.team_id),
    listSubgroupsOnPage(view, params.team_id, page),
  ]);
  const data = members.rows.map((member) => toMember(member, subgroups));
  const document = toDocument(data, [toTeam(team), ...subgroups.map(toSubgroup)]);
  return { status: 200, body: { ...document, links: toPageLinks(request, page, members) } };
};

/** The lists of a member's todos differ in the todos and in the size of a page. */
const listsTodos =
  (as: 'assignee_id' | 'creator_id', isCompleted?: boolean): Operation<'listAssignedCompletedTodos'> =>
  async ({ params, query, actor, request }, context) => {
    const { database } = context;
    const { member, caller } = await requireTeammate(params.member_id, actor.userId, context);
    const page = toPage(query, isCompleted === false ? LONG_PAGE : SHORT_PAGE);
    const todos = await listMemberTodos(database, { memberId: member.id, as, isCompleted }, caller, page);
    const document = toTodosDocument(todos.rows, todos);
    return { status: 200, body: { ...document, links: toPageLinks(request, page, todos) } };
  };

export const listAssignedUncompletedTodos: Operation<'listAssignedUncompletedTodos'> = listsTodos('assignee_id', false);
export const listAssignedCompletedTodos: Operation<'listAssignedCompletedTodos'> = listsTodos('assignee_id', true);
export const listCreatedUncompletedTodos: Operation<'listCreatedUncompletedTodos'> = listsTodos('creator_id', false);
export const listCreatedCompletedTodos: Operation<'listCreatedCompletedTodos'> = listsTodos('creator_id', true);

// T-67
export const listAssignedTodos: Operation<'listAssignedTodos'> = listAssignedUncompletedTodos;
export const listClosedTodos: Operation<'listClosedTodos'> = listAssignedCompletedTodos;
export const listCreatedTodos: Operation<'listCreatedTodos'> = listsTodos('creator_id');

const toMemberDocument = ({ member, team, subgroups }: MemberInTeam) =>
  toDocument(toMember(member, subgroups), [toTeam(team), ...subgroups.map(toSubgroup)]);
