import type { Insertable } from 'kysely';
import type * as tables from '../database/tables.ts';
import { newId } from './ids.ts';
import type {
  CommentEntry,
  FieldEntry,
  ProjectEntry,
  TeamFile,
  TimeLogEntry,
  TodoEntry,
  TodolistEntry,
  TopicEntry,
} from './team-file.ts';
import { normalize } from './users.ts';

type Row<Table> = Omit<Insertable<Table>, 'team_id'>;

/** Where a row belongs. */
interface Place {
  path: string;
  projectId: string;
}

/** The rows of a team's file, without the team's id, with HTML as it is, and the problems of its references. */
export class TeamRows {
  readonly labels: ReadonlySet<string>;
  readonly fields: Row<tables.TowerCustomFieldsTable>[] = [];
  readonly projects: Row<tables.TowerProjectsTable>[] = [];
  readonly projectMembers: Insertable<tables.TowerProjectMembersTable>[] = [];
  readonly todolists: Row<tables.TowerTodolistsTable>[] = [];
  readonly todos: Row<tables.TowerTodosTable>[] = [];
  readonly todoLabels: { todo_id: string; name: string }[] = [];
  readonly cc: tables.TowerTodoCcMembersTable[] = [];
  readonly topics: Row<tables.TowerTopicsTable>[] = [];
  readonly comments: Row<tables.TowerCommentsTable>[] = [];
  readonly timeLogs: Row<tables.TowerTimeLogsTable>[] = [];
  readonly values: { path: string; todoId: string; values: Record<string, unknown> }[] = [];
  readonly problems: string[] = [];
  private readonly memberIds: ReadonlyMap<string, string>;
  private readonly fieldTypes = new Map<string, FieldEntry['type']>();
  private readonly owner: string;
  private readonly now: number;

  /** @param memberIds new ids by normalized username */
  constructor(file: TeamFile, memberIds: ReadonlyMap<string, string>, now: number) {
    this.memberIds = memberIds;
    this.now = now;
    this.labels = new Set(file.labels);
    const { members, projects = [] } = file;
    const owner = members.find(({ role, is_active = true }) => role === 'owner' && is_active);
    if (owner === undefined) this.problems.push('/members: must have an owner');
    if (memberIds.size < members.length) this.problems.push('/members: must have each username once');
    this.owner = memberIds.get(normalize(owner?.username ?? '')) ?? '';
    this.addFields(file.fields, '/fields', null);
    for (const [index, project] of projects.entries()) this.addProject(project, `/projects/${index}`);
    // Numbers grow with time.
    const numbered = [...this.todos, ...this.topics].sort((one, other) => one.created_at - other.created_at);
    for (const [index, row] of numbered.entries()) row.team_wide_id = index + 1;
  }

  private addProject(project: ProjectEntry, path: string): void {
    const { name, desc = '', members = [], todolists = [], topics = [] } = project;
    const row = { id: newId(this.now), ...this.entry(project, path) };
    this.projects.push({ ...row, name, description: desc, color_id: null, icon_id: null, ...archived(project) });
    const ids = members.map((username, index) => this.member(username, `${path}/members/${index}`));
    for (const member_id of new Set([row.creator_id, ...ids]))
      this.projectMembers.push({ project_id: row.id, member_id });
    this.addFields(project.fields, `${path}/fields`, row.id);
    if (todolists.filter(({ is_default }) => is_default).length > 1)
      this.problems.push(`${path}/todolists: must have one default list`);
    const place = { path, projectId: row.id };
    const isComplete = todolists.some(({ is_default }) => is_default);
    const created_at = project.created_at;
    const standard = { name: '清单外任务', is_default: true, ...(created_at !== undefined && { created_at }) };
    if (!isComplete) this.addTodolist(standard, 0, { ...place, path: `${path}/todolists` });
    let position = 0;
    for (const [index, list] of todolists.entries()) {
      if (!list.is_default) position += 1;
      this.addTodolist(list, list.is_default ? 0 : position, { ...place, path: `${path}/todolists/${index}` });
    }
    for (const [index, topic] of topics.entries()) this.addTopic(topic, { ...place, path: `${path}/topics/${index}` });
  }

  private addFields(fields: readonly FieldEntry[] = [], path: string, project_id: string | null): void {
    for (const [index, { key, name, type, multiple = false, options = [] }] of fields.entries()) {
      if (this.fieldTypes.has(key)) this.problems.push(`${path}/${index}/key: is used twice`);
      this.fieldTypes.set(key, type);
      const field = { key, project_id, name, field_type: type, is_multiple: multiple ? (1 as const) : (0 as const) };
      this.fields.push({ ...field, options: JSON.stringify(options), position: this.fields.length });
    }
  }

  private addTodolist(list: TodolistEntry, position: number, { path, projectId: project_id }: Place): void {
    const { name, desc = null, is_default = false, todos = [] } = list;
    const row = { id: newId(this.now), project_id, ...this.entry(list, path) };
    const rest = { archiver_id: null, completed_at: null, is_default: is_default ? (1 as const) : (0 as const) };
    this.todolists.push({ ...row, name, description: desc, position, ...rest, ...archived(list) });
    for (const [index, todo] of todos.entries())
      this.addTodo(todo, { path: `${path}/todos/${index}`, projectId: project_id }, row.id, null);
  }

  private addTodo(todo: TodoEntry, place: Place, todolist_id: string, parent_id: string | null): void {
    const { path, projectId: project_id } = place;
    const { content, desc = null, priority = 'normal', labels = [], cc = [], values = {} } = todo;
    const { comments = [], time_logs: timeLogs = [], todos = [] } = todo;
    const id = newId(this.now);
    const closed_at = toTime(todo.closed_at);
    this.todos.push({
      id,
      project_id,
      todolist_id,
      parent_id,
      team_wide_id: 0,
      ...this.entry(todo, path),
      assignee_id: this.memberOrNull(todo.assignee, `${path}/assignee`),
      closer_id: closed_at === null ? null : this.memberOrNull(todo.closer, `${path}/closer`),
      content,
      description: desc,
      priority,
      start_at: toTime(todo.start_at),
      due_at: toTime(todo.due_at),
      closed_at,
      is_completed: closed_at === null ? 0 : 1,
    });
    for (const [index, label] of labels.entries())
      if (!this.labels.has(label)) this.problems.push(`${path}/labels/${index}: is no label of the team`);
    for (const label of new Set(labels)) this.todoLabels.push({ todo_id: id, name: label });
    const followers = cc.map((username, index) => this.member(username, `${path}/cc/${index}`));
    for (const member_id of new Set(followers)) this.cc.push({ todo_id: id, member_id });
    this.addValues(values, `${path}/values`, id);
    for (const [index, comment] of comments.entries())
      this.addComment(comment, { ...place, path: `${path}/comments/${index}` }, { target_type: 'todo', target_id: id });
    for (const [index, log] of timeLogs.entries())
      this.addTimeLog(log, { ...place, path: `${path}/time_logs/${index}` }, id);
    for (const [index, below] of todos.entries())
      this.addTodo(below, { ...place, path: `${path}/todos/${index}` }, todolist_id, id);
  }

  private addValues(values: Readonly<Record<string, unknown>>, path: string, todoId: string): void {
    if (Object.keys(values).length === 0) return;
    const written = Object.entries(values).map(([key, value]) => {
      const type = this.fieldTypes.get(key);
      if (type === undefined) this.problems.push(`${path}/${key}: is no custom field of the team`);
      if (type !== 'member' || value === null) return [key, value] as const;
      const ids = [value].flat().map((username) => this.member(String(username), `${path}/${key}`));
      return [key, Array.isArray(value) ? ids : ids[0]] as const;
    });
    this.values.push({ path, todoId, values: Object.fromEntries(written) });
  }

  private addTopic(topic: TopicEntry, { path, projectId: project_id }: Place): void {
    const { title, content = '', comments = [] } = topic;
    const row = { id: newId(this.now), project_id, team_wide_id: 0, ...this.entry(topic, path) };
    this.topics.push({ ...row, title, content, ...archived(topic) });
    const target = { target_type: 'topic', target_id: row.id } as const;
    for (const [index, comment] of comments.entries())
      this.addComment(comment, { path: `${path}/comments/${index}`, projectId: project_id }, target);
  }

  private addComment(
    comment: CommentEntry,
    { path, projectId: project_id }: Place,
    target: { target_type: 'todo' | 'topic'; target_id: string },
  ): void {
    const row = { id: newId(this.now), project_id, ...target, ...this.entry(comment, path) };
    this.comments.push({ ...row, content: comment.content });
  }

  private addTimeLog(log: TimeLogEntry, { path, projectId: project_id }: Place, todo_id: string): void {
    const [starts_at, ends_at] = [Date.parse(log.starts_at), Date.parse(log.ends_at)];
    if (ends_at <= starts_at) this.problems.push(`${path}/ends_at: must be after starts_at`);
    this.timeLogs.push({
      project_id,
      todo_id,
      ...this.entry(log, path),
      description: log.desc ?? '',
      starts_at,
      ends_at,
    });
  }

  /** The columns that all things have. */
  private entry(
    { creator, created_at, updated_at = created_at }: { creator?: string; created_at?: string; updated_at?: string },
    path: string,
  ) {
    return {
      creator_id: creator === undefined ? this.owner : this.member(creator, `${path}/creator`),
      created_at: toTime(created_at) ?? this.now,
      updated_at: toTime(updated_at) ?? this.now,
    };
  }

  private member(username: string, path: string): string {
    const id = this.memberIds.get(normalize(username));
    if (id === undefined) this.problems.push(`${path}: ${username} is no member of the team`);
    return id ?? '';
  }

  private memberOrNull(username: string | null | undefined, path: string): string | null {
    return typeof username === 'string' ? this.member(username, path) : null;
  }
}

const toTime = (time: string | null | undefined): number | null => (typeof time === 'string' ? Date.parse(time) : null);
const archived = ({ is_archived = false }: { is_archived?: boolean }) => ({
  is_archived: is_archived ? (1 as const) : (0 as const),
});
