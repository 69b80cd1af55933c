import type { components } from '../../../generated/tower.ts';
import type { Database } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { requireMember } from '../model/members.ts';
import * as projects from '../model/projects.ts';
import { getTeam } from '../model/teams.ts';
import { listTodolists } from '../model/todolists.ts';
import { listOpenTodos, readTodoCompany } from '../model/todos.ts';
import { requireText } from '../model/values.ts';
import { toDocument } from '../wire/document.ts';
import { toMember, toMemberSummary, toSubgroup } from '../wire/members.ts';
import type { Operation } from '../wire/operation.ts';
import { LONG_PAGE, toPage, toPageLinks } from '../wire/pages.ts';
import { toProject, toProjectSummary } from '../wire/projects.ts';
import { toTeam } from '../wire/teams.ts';
import { toListedTodolist } from '../wire/todolists.ts';
import { toTodoSummary } from '../wire/todos.ts';

export const listProjects: Operation<'listProjects'> = async ({ params, query, actor, request }, context) => {
  const caller = await requireMember(params.team_id, actor.userId, context);
  const page = toPage(query, LONG_PAGE);
  const found = await projects.listProjects(context.database, caller, page);
  const document = toDocument(found.rows.map(toProjectSummary));
  return { status: 200, body: { ...document, links: toPageLinks(request, page, found) } };
};

export const createProject: Operation<'createProject'> = async ({ params, body, actor }, context) => {
  const caller = await requireMember(params.team_id, actor.userId, context);
  const name = requireText(body.project.name, '/project/name');
  const project = await projects.createProject(caller, { ...fromProject(body.project), name }, context);
  return { status: 200, body: await toProjectDocument(project, context.database) };
};

export const getProject: Operation<'getProject'> = async ({ params, actor }, context) => {
  const [{ project }, parts] = await together(context.database, (view) => [
    projects.requireProject(params.project_id, actor.userId, { database: view }),
    readProjectParts(params.project_id, view),
  ]);
  return { status: 200, body: await toDocumentOf(project, parts, context.database) };
};

export const updateProject: Operation<'updateProject'> = async ({ params, body, actor }, context) => {
  const inProject = await projects.requireProject(params.project_id, actor.userId, context);
  projects.requireManager(inProject);
  const project = await projects.updateProject(inProject, fromProject(body.project), context);
  return { status: 200, body: await toProjectDocument(project, context.database) };
};

export const deleteProject: Operation<'deleteProject'> = async ({ params, actor }, context) => {
  const inProject = await projects.requireProject(params.project_id, actor.userId, context);
  projects.requireManager(inProject);
  await projects.deleteProject(inProject, context);
  return { status: 204 };
};

export const listProjectMembers: Operation<'listProjectMembers'> = async (
  { params, query, actor, request },
  context,
) => {
  const { database } = context;
  const page = toPage(query, LONG_PAGE);
  const [, members, subgroups, team] = await together(database, (view) => [
    projects.requireProject(params.project_id, actor.userId, { database: view }),
    projects.listProjectMembers(view, params.project_id, page),
    projects.listProjectSubgroups(view, params.project_id, page),
    getTeam(view, view.selectFrom('tower_projects').select('team_id').where('id', '=', params.project_id)),
  ]);
  const data = members.rows.map((member) => toMember(member, subgroups));
  const document = toDocument(data, [toTeam(team), ...subgroups.map(toSubgroup)]);
  return { status: 200, body: { ...document, links: toPageLinks(request, page, members) } };
};

function fromProject({
  name,
  desc,
  member_ids,
  color_id,
  icon_id,
}: components['schemas']['ProjectChanges']['project']) {
  return {
    name: name === undefined ? undefined : requireText(name, '/project/name'),
    description: desc,
    memberIds: member_ids,
    colorId: color_id,
    iconId: icon_id,
  };
}

const readProjectParts = (projectId: string, database: Database) =>
  together(database, (view) => [
    listTodolists(view, projectId, { number: 1, size: LONG_PAGE }),
    listOpenTodos(view, 'project_id', projectId),
    getTeam(view, view.selectFrom('tower_projects').select('team_id').where('id', '=', projectId)),
  ]);

const toProjectDocument = async (project: projects.Project, database: Database) =>
  toDocumentOf(project, await readProjectParts(project.id, database), database);

async function toDocumentOf(
  project: projects.Project,
  [todolists, todos, team]: Awaited<ReturnType<typeof readProjectParts>>,
  database: Database,
) {
  const { members, labels } = await readTodoCompany(database, todos, [project.creator_id]);
  return toDocument<components['schemas']['Project'], components['schemas']['IncludedResource']>(
    toProject(
      project,
      todolists.rows.map(({ id }) => id),
    ),
    [
      toTeam(team),
      ...todolists.rows.map((todolist) => toListedTodolist(todolist, todos)),
      ...todos.map((todo) => toTodoSummary(todo, labels)),
      ...members.map(toMemberSummary),
    ],
  );
}
