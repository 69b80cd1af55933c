import type { Insertable } from 'kysely';
import { demoTime, startOfDay } from '../demo-time.ts';
import type * as tables from './database/tables.ts';
import {
  type DemoComment,
  type DemoProject,
  type DemoTimeLog,
  type DemoTodo,
  type DemoTopic,
  nicknameOf,
  projects,
} from './demo-content.ts';
import type { EventAction } from './model/events.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** One act follows the other. */
const MINUTES_APART = 3;

/** An id of the demo data: the same in every sandbox. */
export const demoId = (kind: string, number: number): string => `d${kind}${String(number).padStart(29, '0')}`;

/** The id of a member of the demo team: 0 is the demo user, 1 the user with two-step verification, then `people`. */
export const demoMemberId = (place: number): string => demoId('00', 21 + place);

/** A notification of a todo or a topic with the act that causes it. */
export interface DemoNotice {
  to: number;
  thing: DemoThing;
  progress: Insertable<tables.TowerProgressesTable>;
}

/** A resource that others belong to. */
interface DemoThing {
  id: string;
  name: string;
  project_id: string;
  /** Of a topic; of a todo by default. */
  notifyableType?: 'Message';
}

/** The rows of the demo team. */
export class DemoPlan {
  readonly projects: Insertable<tables.TowerProjectsTable>[] = [];
  readonly projectMembers: Insertable<tables.TowerProjectMembersTable>[] = [];
  readonly todolists: Insertable<tables.TowerTodolistsTable>[] = [];
  readonly todos: Insertable<tables.TowerTodosTable>[] = [];
  readonly topics: Insertable<tables.TowerTopicsTable>[] = [];
  readonly comments: Insertable<tables.TowerCommentsTable>[] = [];
  readonly cc: Insertable<tables.TowerTodoCcMembersTable>[] = [];
  readonly todoLabels: Insertable<tables.TowerTodoLabelsTable>[] = [];
  readonly fieldValues: Insertable<tables.TowerCustomFieldValuesTable>[] = [];
  readonly timeLogs: Insertable<tables.TowerTimeLogsTable>[] = [];
  readonly events: Insertable<tables.TowerEventsTable>[] = [];
  readonly notices: DemoNotice[] = [];
  private readonly team: { team_id: string };
  private readonly now: number;
  private readonly labelIds: readonly number[];
  private acts = 0;

  constructor(teamId: string, labelIds: readonly number[], now: number) {
    this.team = { team_id: teamId };
    this.labelIds = labelIds;
    this.now = now;
    for (const project of projects) this.addProject(project);
    // Numbers and the ids of events grow with time.
    this.events.sort((one, other) => one.created_at - other.created_at);
    this.timeLogs.sort((one, other) => one.created_at - other.created_at);
    this.notices.sort((one, other) => one.progress.created_at - other.progress.created_at);
    const numbered = [...this.todos, ...this.topics].sort((one, other) => one.created_at - other.created_at);
    for (const [index, resource] of numbered.entries()) resource.team_wide_id = index + 1;
  }

  private addProject({ name, desc, by, day, members, topics, lists }: DemoProject): void {
    const times = this.at(day);
    const project = { id: demoId('20', this.projects.length + 1), name, creator_id: demoMemberId(by), ...times };
    this.projects.push({ ...project, ...this.team, description: desc, color_id: null, icon_id: null });
    for (const place of members)
      this.projectMembers.push({ project_id: project.id, member_id: demoMemberId(place), is_pinned: 0 });
    const { id: project_id, creator_id } = project;
    this.record('project.created', by, { id: project_id, name, project_id }, times.created_at);
    for (const [position, list] of lists.entries()) {
      const todolist = { id: demoId('30', this.todolists.length + 1), name: list.name, project_id };
      const { created_at, updated_at } = position === 0 ? times : this.at(day);
      const is_default = position === 0 ? 1 : 0;
      const empty = { archiver_id: null, description: null, completed_at: null };
      const row = { ...todolist, ...this.team, ...empty, creator_id, position, is_default, created_at, updated_at };
      this.todolists.push(row as (typeof this.todolists)[number]);
      if (position > 0) this.record('todolist.created', by, todolist, created_at);
      for (const todo of list.todos) this.addTodo(todo, { ...this.team, project_id, todolist_id: todolist.id });
    }
    for (const topic of topics) this.addTopic(topic, project_id, members);
  }

  private addTodo(
    todo: DemoTodo,
    place: { team_id: string; project_id: string; todolist_id: string; parent_id?: string },
  ): void {
    const { content, by, to, due, done, desc = null, priority = 'normal' } = todo;
    const times = this.at(todo.day);
    const closing = done === undefined ? undefined : this.at(done).created_at;
    const id = demoId('40', this.todos.length + 1);
    const thing = { id, name: content, project_id: place.project_id };
    this.todos.push({
      id,
      parent_id: null,
      ...place,
      team_wide_id: 0,
      creator_id: demoMemberId(by),
      assignee_id: to === undefined ? null : demoMemberId(to),
      closer_id: closing === undefined || to === undefined ? null : demoMemberId(to),
      content,
      description: desc,
      priority,
      start_at: null,
      due_at: due === undefined ? null : startOfDay(this.now) + (due + 1) * DAY_MS - 1000,
      closed_at: closing ?? null,
      is_completed: closing === undefined ? 0 : 1,
      ...times,
      updated_at: closing ?? times.updated_at,
    });
    this.record('todo.created', by, thing, times.created_at);
    if (closing !== undefined) {
      this.record('todo.completed', to ?? by, thing, closing);
      this.addTimeLog({ by: to ?? by, hours: 1 + (this.timeLogs.length % 5) / 2, text: '' }, thing, closing);
    }
    for (const log of todo.logs ?? []) this.addTimeLog(log, thing, this.at(log.day).created_at);
    if (to !== undefined && to !== by) this.tell(to, 'todo_assign', by, thing, times.created_at);
    for (const member of todo.cc ?? []) {
      this.cc.push({ todo_id: id, member_id: demoMemberId(member) });
      if (member !== by) this.tell(member, 'todo_cc', by, thing, times.created_at);
    }
    for (const label of todo.labels ?? []) this.todoLabels.push({ todo_id: id, label_id: this.labelIds[label] ?? 0 });
    if (todo.fields) this.fieldValues.push({ todo_id: id, custom_fields: JSON.stringify(todo.fields) });
    for (const comment of todo.comments ?? []) {
      const { content: html, created_at } = this.addComment(comment, 'todo', thing);
      this.record('todo.commented', comment.by, thing, created_at);
      const others = new Set([comment.mention, ...(todo.cc ?? [])]);
      others.delete(comment.by);
      for (const other of others)
        if (other !== undefined) this.tell(other, 'comment_add', comment.by, thing, created_at, html);
    }
    for (const below of todo.below ?? []) this.addTodo(below, { ...place, parent_id: id });
  }

  /** The hours before a time. */
  private addTimeLog(
    { by, hours, text }: Omit<DemoTimeLog, 'day'>,
    { id, project_id }: DemoThing,
    ends_at: number,
  ): void {
    const times = { starts_at: ends_at - hours * HOUR_MS, ends_at, created_at: ends_at, updated_at: ends_at };
    const row = { ...this.team, project_id, todo_id: id, creator_id: demoMemberId(by), description: text, ...times };
    this.timeLogs.push(row);
  }

  private addTopic({ title, text, by, day, replies }: DemoTopic, project_id: string, members: readonly number[]): void {
    const id = demoId('50', this.topics.length + 1);
    const topic = { id, project_id, creator_id: demoMemberId(by), title, content: text, ...this.at(day) };
    this.topics.push({ ...topic, ...this.team, team_wide_id: 0 });
    const thing = { id, name: title, project_id, notifyableType: 'Message' } as const;
    this.record('topic.created', by, thing, topic.created_at);
    for (const member of members)
      if (member !== by) this.tell(member, 'message_add', by, thing, topic.created_at, text);
    for (const reply of replies) {
      const { content, created_at } = this.addComment(reply, 'topic', thing);
      this.record('topic.commented', reply.by, thing, created_at);
      for (const other of new Set([reply.mention, by]))
        if (other !== undefined && other !== reply.by)
          this.tell(other, 'comment_add', reply.by, thing, created_at, content);
    }
  }

  private addComment({ by, day, mention, text }: DemoComment, target_type: 'todo' | 'topic', thing: DemoThing) {
    const link =
      mention === undefined
        ? ''
        : `<a href="/members/${demoMemberId(mention)}" data-mention="true">@${nicknameOf(mention)}</a> `;
    const comment = {
      id: demoId('60', this.comments.length + 1),
      ...this.team,
      project_id: thing.project_id,
      target_type,
      target_id: thing.id,
      creator_id: demoMemberId(by),
      content: `<p>${link}${text}</p>`,
      ...this.at(day),
    };
    this.comments.push(comment);
    return comment;
  }

  private record(action: EventAction, by: number, { id, name, project_id }: DemoThing, created_at: number): void {
    const event = { project_id, creator_id: demoMemberId(by), action, title: name, target_id: id, created_at };
    this.events.push({ ...this.team, ...event });
  }

  private tell(to: number, type: string, by: number, thing: DemoThing, created_at: number, content = ''): void {
    const progress = { creator_id: demoMemberId(by), progress_ty: type, subject: thing.name, content, created_at };
    this.notices.push({ to, thing, progress });
  }

  /** What is planned later happens later on the same day. */
  private at(day: number): { created_at: number; updated_at: number } {
    this.acts += 1;
    const time = demoTime(this.now, day, this.acts * MINUTES_APART);
    return { created_at: time, updated_at: time };
  }
}
