import type { Context } from '../../context.ts';
import { transactTogether } from '../../database/group-commit.ts';
import type { Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import type { Bus } from '../../live/bus.ts';
import { attach, replaceAttachments } from './attfiles.ts';
import { writeFieldValues } from './custom-fields.ts';
import { type EventAction, recordEvent } from './events.ts';
import { newId } from './ids.ts';
import { replaceLabels } from './labels.ts';
import { type Caller, requireTeamMembers } from './members.ts';
import { notify } from './notifications.ts';
import { lockProject } from './projects.ts';
import { takeTeamWideId } from './teams.ts';
import { requireParent } from './todo-parents.ts';
import { type InTodolist, requireTodolistStill } from './todolists.ts';
import { type InTodo, noTodo, requireTodoStill, type Todo } from './todos.ts';

type Services = Pick<Context, 'bus' | 'clock' | 'database'>;

/** What can be written of a todo; undefined stays, null removes. */
export interface TodoChanges {
  content?: string | undefined;
  /** Sanitised HTML. */
  description?: string | null | undefined;
  assigneeId?: string | null | undefined;
  dueAt?: number | null | undefined;
  startAt?: number | null | undefined;
  priority?: Todo['priority'] | undefined;
  /** All labels. */
  labelIds?: readonly number[] | undefined;
  parentId?: string | null | undefined;
  /** Values of custom fields by their keys, and attributes that no todo has. */
  customFields?: Readonly<Record<string, unknown>>;
  /** All attachments. */
  attfileIds?: readonly string[] | undefined;
}

/**
 * Creates a todo at the end of a list. The assignee gets a notification. Those that are created in one project at the same
 * time share a transaction: they would wait for its lock anyway, and none locks a row that another change may hold.
 */
export const createTodo = (
  { todolist, project, caller }: InTodolist,
  changes: TodoChanges & { id?: string; content: string },
  { bus, clock, database }: Services,
): Promise<Todo> =>
  transactTogether(database, `tower:project:${project.id}`, async (trx) => {
    await lockProject(trx, project.id);
    await requireTodolistStill(trx, todolist.id);
    const { content, description = null, assigneeId = null, dueAt = null, startAt = null } = changes;
    const { priority = 'normal', labelIds = [], parentId = null, attfileIds = [], customFields = {} } = changes;
    await requireAssignee(trx, caller, assigneeId, '/todo');
    if (parentId !== null) await requireParent(trx, { id: undefined, todolist_id: todolist.id }, parentId);
    const now = clock.now();
    const todo = await trx
      .insertInto('tower_todos')
      .values({
        id: changes.id ?? newId(now),
        team_id: project.team_id,
        project_id: project.id,
        todolist_id: todolist.id,
        parent_id: parentId,
        team_wide_id: await takeTeamWideId(trx, project.team_id),
        creator_id: caller.id,
        assignee_id: assigneeId,
        closer_id: null,
        content,
        description,
        priority,
        start_at: startAt,
        due_at: dueAt,
        closed_at: null,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await replaceLabels(trx, todo, labelIds);
    await attach(trx, caller, attfileIds, attachedTo(todo), now);
    await writeFieldValues(trx, todo, customFields);
    await notifyAssignee(trx, caller, todo, now, bus);
    await recordTodoEvent(trx, caller, todo, 'todo.created', now, bus);
    return todo;
  });

/**
 * Changes a todo. A new assignee gets a notification. One event is recorded, or none when nothing changes.
 *
 * @param pointer of the changes in the request body
 */
export const updateTodo = (
  { todo: { id, project_id }, caller }: InTodo,
  changes: TodoChanges,
  { bus, clock, database }: Services,
  pointer = '/todo',
): Promise<Todo> =>
  transact(database, async (trx) => {
    await lockProject(trx, project_id);
    await lockTodo(trx, id);
    const before = await requireTodoStill(trx, id);
    const { labelIds, attfileIds, assigneeId = before.assignee_id, parentId = before.parent_id } = changes;
    if (assigneeId !== before.assignee_id) await requireAssignee(trx, caller, assigneeId, pointer);
    if (parentId !== null && parentId !== before.parent_id) await requireParent(trx, before, parentId);
    const now = clock.now();
    const { content = before.content, description = before.description, priority = before.priority } = changes;
    const { startAt = before.start_at, dueAt = before.due_at } = changes;
    const after = {
      content,
      description,
      priority,
      start_at: startAt,
      due_at: dueAt,
      assignee_id: assigneeId,
      parent_id: parentId,
    };
    const hasFields = await writeFieldValues(trx, before, changes.customFields ?? {});
    const action = actionOf(before, after, hasFields || labelIds !== undefined || attfileIds !== undefined);
    if (action === undefined) return before;
    const todo = await trx
      .updateTable('tower_todos')
      .set({ ...after, updated_at: now })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(noTodo);
    if (labelIds !== undefined) await replaceLabels(trx, todo, labelIds);
    if (attfileIds !== undefined) await replaceAttachments(trx, caller, attfileIds, attachedTo(todo), now);
    if (action === 'todo.assigned') await notifyAssignee(trx, caller, todo, now, bus);
    await recordTodoEvent(trx, caller, todo, action, now, bus);
    return todo;
  });

/** Completes a todo, or reopens it. A todo that is in this state already stays as it is (T-44). */
export const setCompletion = (
  { todo: { id }, caller }: InTodo,
  isCompleted: boolean,
  { bus, clock, database }: Services,
): Promise<Todo> =>
  transact(database, async (trx) => {
    const now = clock.now();
    const closing = isCompleted ? { closed_at: now, closer_id: caller.id } : { closed_at: null, closer_id: null };
    const todo = await trx
      .updateTable('tower_todos')
      .set({ is_completed: isCompleted ? 1 : 0, ...closing, updated_at: now })
      .where('id', '=', id)
      .where('is_active', '=', 1)
      .where('is_completed', '=', isCompleted ? 0 : 1)
      .returningAll()
      .executeTakeFirst();
    if (todo === undefined) return requireTodoStill(trx, id);
    await recordTodoEvent(trx, caller, todo, isCompleted ? 'todo.completed' : 'todo.reopened', now, bus);
    return todo;
  });

/** Deletes a todo with its sub-todos at all levels (T-43). */
export const deleteTodo = (
  { todo: { id, project_id }, caller }: InTodo,
  { bus, clock, database }: Services,
): Promise<void> =>
  transact(database, async (trx) => {
    await lockProject(trx, project_id);
    const todo = await requireTodoStill(trx, id);
    const now = clock.now();
    const below = trx.withRecursive('below', (db) =>
      db
        .selectFrom('tower_todos')
        .select('id')
        .where('id', '=', id)
        .union(
          db.selectFrom('tower_todos').innerJoin('below', 'below.id', 'tower_todos.parent_id').select('tower_todos.id'),
        ),
    );
    const deleted = { is_active: 0, updated_at: now } as const;
    await below
      .updateTable('tower_todos')
      .set(deleted)
      .where('id', 'in', (eb) => eb.selectFrom('below').select('below.id'))
      .where('is_active', '=', 1)
      .execute();
    await below
      .updateTable('tower_time_logs')
      .set(deleted)
      .where('todo_id', 'in', (eb) => eb.selectFrom('below').select('below.id'))
      .where('is_active', '=', 1)
      .execute();
    await recordTodoEvent(trx, caller, todo, 'todo.deleted', now, bus);
  });

/** Changes of one todo wait for each other, so that each knows what it changes. */
const lockTodo = (trx: Transaction, id: string): Promise<void> => lockInTransaction(trx, `tower:todo:${id}`);

async function requireAssignee(trx: Transaction, caller: Caller, id: string | null, pointer: string): Promise<void> {
  if (id !== null) await requireTeamMembers(trx, caller.team_id, [id], `${pointer}/assignee_id`);
}

type Written = Pick<Todo, 'content' | 'description' | 'priority' | 'start_at' | 'due_at' | 'assignee_id' | 'parent_id'>;

/** The event of a change; of several changes at once the one that concerns most people. */
function actionOf(before: Todo, after: Written, hasMore: boolean): EventAction | undefined {
  if (after.assignee_id !== before.assignee_id) return after.assignee_id === null ? 'todo.unassigned' : 'todo.assigned';
  if (after.due_at !== before.due_at) return 'todo.due_changed';
  const names = Object.keys(after) as (keyof Written)[];
  return hasMore || names.some((name) => after[name] !== before[name]) ? 'todo.updated' : undefined;
}

/** Where the attachments of a todo are, and stand in the request body. */
const attachedTo = ({ id }: Todo) => ({ type: 'todo' as const, id, pointer: '/todo/attfile_guids' });

const notifyAssignee = (trx: Transaction, caller: Caller, todo: Todo, now: number, bus: Bus): Promise<void> =>
  notify(
    trx,
    {
      caller,
      projectId: todo.project_id,
      recipientIds: [todo.assignee_id],
      progressType: 'todo_assign',
      notifyableType: 'Todo',
      targetId: todo.id,
      subject: todo.content,
    },
    now,
    bus,
  );

const recordTodoEvent = (
  trx: Transaction,
  caller: Caller,
  { id, project_id, content }: Todo,
  action: EventAction,
  now: number,
  bus: Bus,
): Promise<void> => recordEvent(trx, { caller, projectId: project_id, action, title: content, targetId: id }, now, bus);
