import type { Database } from '../../database/open.ts';
import { type CustomField, type FieldValue, listTeamFields, optionsOf } from './custom-fields.ts';
import { listLabels } from './labels.ts';
import { toMentions } from './member-links.ts';
import {
  type FieldEntry,
  FORMAT,
  type ProjectEntry,
  type TeamFile,
  type TodoEntry,
  type TodolistEntry,
} from './team-file.ts';
import { getTeam } from './teams.ts';

/** A team as a file, with all that is not deleted. */
export async function exportTeam(database: Database, teamId: string): Promise<TeamFile> {
  const rows = await readTeam(database, teamId);
  const { members, fields } = rows;
  const usernames = new Map(members.map(({ id, username }) => [id, username]));
  const nameOf = (id: string): string => usernames.get(id) ?? '';
  const entry = ({
    creator_id,
    created_at,
    updated_at,
  }: {
    creator_id: string;
    created_at: number;
    updated_at: number;
  }) => ({
    creator: nameOf(creator_id),
    created_at: toTimestamp(created_at),
    updated_at: toTimestamp(updated_at),
  });

  const fieldTypes = new Map(fields.map(({ key, field_type }) => [key, field_type]));
  const toValues = (json: string): Record<string, unknown> => {
    const values = Object.entries(JSON.parse(json) as Record<string, FieldValue>);
    return Object.fromEntries(
      values.flatMap(([key, value]) => {
        const type = fieldTypes.get(key);
        if (type === undefined || value === null) return [];
        if (type !== 'member') return [[key, value]];
        return [[key, Array.isArray(value) ? value.map((id) => nameOf(String(id))) : nameOf(value)]];
      }),
    );
  };

  const comments = groupBy(rows.comments, ({ target_id }) => target_id);
  const toComments = (targetId: string) =>
    (comments.get(targetId) ?? []).map((comment) => ({
      ...entry(comment),
      content: toMentions(comment.content, usernames),
    }));

  const labels = groupBy(rows.todoLabels, ({ todo_id }) => todo_id);
  const cc = groupBy(rows.cc, ({ todo_id }) => todo_id);
  const timeLogs = groupBy(rows.timeLogs, ({ todo_id }) => todo_id);
  const values = new Map(rows.values.map(({ todo_id, custom_fields }) => [todo_id, custom_fields]));
  const todosOfList = groupBy(rows.todos, ({ todolist_id, parent_id }) => (parent_id === null ? todolist_id : ''));
  const todosBelow = groupBy(rows.todos, ({ parent_id }) => parent_id ?? '');
  const toTodo = (todo: (typeof rows.todos)[number]): TodoEntry => ({
    content: todo.content,
    desc: todo.description,
    ...entry(todo),
    assignee: todo.assignee_id === null ? null : nameOf(todo.assignee_id),
    priority: todo.priority,
    labels: (labels.get(todo.id) ?? []).map(({ name }) => name),
    cc: (cc.get(todo.id) ?? []).map(({ member_id }) => nameOf(member_id)),
    start_at: toTimestampOrNull(todo.start_at),
    due_at: toTimestampOrNull(todo.due_at),
    closed_at: toTimestampOrNull(todo.closed_at),
    closer: todo.closer_id === null ? null : nameOf(todo.closer_id),
    values: toValues(values.get(todo.id) ?? '{}'),
    comments: toComments(todo.id),
    time_logs: (timeLogs.get(todo.id) ?? []).map((log) => ({
      ...entry(log),
      desc: log.description,
      starts_at: toTimestamp(log.starts_at),
      ends_at: toTimestamp(log.ends_at),
    })),
    todos: (todosBelow.get(todo.id) ?? []).map(toTodo),
  });

  const todolists = groupBy(rows.todolists, ({ project_id }) => project_id);
  const toTodolist = (list: (typeof rows.todolists)[number]): TodolistEntry => ({
    name: list.name,
    desc: list.description,
    ...entry(list),
    is_default: list.is_default === 1,
    is_archived: list.is_archived === 1,
    todos: (todosOfList.get(list.id) ?? []).map(toTodo),
  });

  const topics = groupBy(rows.topics, ({ project_id }) => project_id);
  const projectMembers = groupBy(rows.projectMembers, ({ project_id }) => project_id);
  const toProject = (project: (typeof rows.projects)[number]): ProjectEntry => ({
    name: project.name,
    desc: project.description,
    ...entry(project),
    is_archived: project.is_archived === 1,
    members: (projectMembers.get(project.id) ?? []).map(({ member_id }) => nameOf(member_id)),
    fields: fields.filter(({ project_id }) => project_id === project.id).map(toField),
    todolists: (todolists.get(project.id) ?? []).map(toTodolist),
    topics: (topics.get(project.id) ?? []).map((topic) => ({
      title: topic.title,
      content: toMentions(topic.content, usernames),
      ...entry(topic),
      is_archived: topic.is_archived === 1,
      comments: toComments(topic.id),
    })),
  });

  return {
    format: FORMAT,
    name: (await getTeam(database, teamId)).name,
    members: members.map(({ id: _id, is_active, created_at, ...member }) => ({
      ...member,
      is_active: is_active === 1,
      created_at: toTimestamp(created_at),
    })),
    labels: rows.labels.map(({ name }) => name),
    fields: fields.filter(({ project_id }) => project_id === null).map(toField),
    projects: rows.projects.map(toProject),
  };
}

/** All rows of a team that are not deleted, in the order of their lists. */
async function readTeam(database: Database, teamId: string) {
  const todoIds = database
    .selectFrom('tower_todos')
    .select('id')
    .where('team_id', '=', teamId)
    .where('is_active', '=', 1);
  return {
    members: await database
      .selectFrom('tower_members')
      .innerJoin('tower_users', 'tower_users.id', 'tower_members.user_id')
      .select(['tower_members.id', 'username', 'tower_members.nickname', 'role', 'is_active', 'comment', 'phone'])
      .select('tower_members.created_at')
      .where('team_id', '=', teamId)
      .orderBy('tower_members.created_at')
      .orderBy('tower_members.id')
      .execute(),
    labels: await listLabels(database, teamId),
    fields: await listTeamFields(database, teamId),
    projects: await database
      .selectFrom('tower_projects')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('is_active', '=', 1)
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
    projectMembers: await database
      .selectFrom('tower_project_members')
      .innerJoin('tower_members', 'tower_members.id', 'member_id')
      .select(['project_id', 'member_id'])
      .where('team_id', '=', teamId)
      .orderBy('tower_members.created_at')
      .orderBy('member_id')
      .execute(),
    todolists: await database
      .selectFrom('tower_todolists')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('is_active', '=', 1)
      .orderBy('position')
      .execute(),
    todos: await database
      .selectFrom('tower_todos')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('is_active', '=', 1)
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
    todoLabels: await database
      .selectFrom('tower_todo_labels')
      .innerJoin('tower_labels', 'tower_labels.id', 'label_id')
      .select(['todo_id', 'name'])
      .where('team_id', '=', teamId)
      .orderBy('label_id')
      .execute(),
    cc: await database
      .selectFrom('tower_todo_cc_members')
      .select(['todo_id', 'member_id'])
      .where('todo_id', 'in', todoIds)
      .orderBy('member_id')
      .execute(),
    values: await database
      .selectFrom('tower_custom_field_values')
      .select(['todo_id', 'custom_fields'])
      .where('todo_id', 'in', todoIds)
      .execute(),
    topics: await database
      .selectFrom('tower_topics')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('is_active', '=', 1)
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
    comments: await database
      .selectFrom('tower_comments')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('is_active', '=', 1)
      .where('target_type', 'in', ['todo', 'topic'])
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
    timeLogs: await database
      .selectFrom('tower_time_logs')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('is_active', '=', 1)
      .orderBy('starts_at')
      .orderBy('id')
      .execute(),
  };
}

const toField = (field: CustomField): FieldEntry => ({
  key: field.key,
  name: field.name,
  type: field.field_type,
  multiple: field.is_multiple === 1,
  options: optionsOf(field),
});

function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

const toTimestamp = (time: number): string => new Date(time).toISOString();
const toTimestampOrNull = (time: number | null): string | null => (time === null ? null : toTimestamp(time));
