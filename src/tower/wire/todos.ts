import type { components } from '../../../generated/tower.ts';
import type { TodoDetails } from '../model/todo-details.ts';
import type { Todo, TodoCompany, TodoLabel } from '../model/todos.ts';
import { type ToAttachment, toAttachments } from './attachments.ts';
import { toComment } from './comments.ts';
import { toCustomFieldValue } from './custom-fields.ts';
import { toDocument, toMany, toMaybe, toOne, toTimestamp, toTimestampOrNull } from './document.ts';
import { toMemberSummary } from './members.ts';
import { toIncludedProject } from './projects.ts';
import { toIncludedTodolist } from './todolists.ts';

type Schemas = components['schemas'];

/** The document about one todo (T-44). */
export function toTodoDocument(details: TodoDetails, toAttachment: ToAttachment) {
  const { project, todolist, parent, subTodos, comments, attachments, fieldValues, members, labels } = details;
  return toDocument<Schemas['Todo'], Schemas['IncludedResource']>(toTodo(details), [
    toIncludedProject(project),
    toIncludedTodolist(todolist),
    ...[...(parent === undefined ? [] : [parent]), ...subTodos].map((one) => toTodoSummary(one, labels)),
    ...subTodos.map(toCheckItem),
    ...comments.map(toComment),
    ...(fieldValues === undefined ? [] : [toCustomFieldValue(fieldValues)]),
    ...attachments.map(toAttachment),
    ...members.map(toMemberSummary),
  ]);
}

/** The document about the todos of a list. */
export const toTodosDocument = (todos: readonly Todo[], { members, labels }: TodoCompany) =>
  toDocument(
    todos.map((todo) => toTodoSummary(todo, labels)),
    members.map(toMemberSummary),
  );

const toTodo = ({
  todo,
  parent,
  subTodos,
  comments,
  attachments,
  fieldValues,
  labels,
}: TodoDetails): Schemas['Todo'] => ({
  id: todo.id,
  type: 'todos',
  attributes: {
    ...toAttributes(todo, labels),
    start_at: toTimestampOrNull(todo.start_at),
    created_at: toTimestamp(todo.created_at),
    updated_at: toTimestamp(todo.updated_at),
  },
  relationships: {
    project: toOne('projects', todo.project_id),
    todolist: toOne('todolists', todo.todolist_id),
    todolists: toMany('todolists', [todo.todolist_id]),
    ...toPeople(todo),
    parent: toMaybe('todos', parent?.id ?? null),
    sub_todos: toMany(
      'todos',
      subTodos.map(({ id }) => id),
    ),
    todos_check_items: toMany(
      'todos_check_items',
      subTodos.map(({ id }) => id),
    ),
    comments: toMany(
      'comments',
      comments.map(({ id }) => id),
    ),
    attachments: toAttachments(attachments),
    custom_field_value: toMaybe('todos_custom_field_values', fieldValues === undefined ? null : String(fieldValues.id)),
  },
});

/**
 * A todo in a list, or one that another resource mentions.
 *
 * @param labels also those of other todos
 */
export const toTodoSummary = (todo: Todo, labels: readonly TodoLabel[]): Schemas['TodoSummary'] => ({
  id: todo.id,
  type: 'todos',
  attributes: toAttributes(todo, labels),
  relationships: toPeople(todo),
});

/** A sub-todo as clients of 2018 read it (T-44). */
const toCheckItem = (todo: Todo): Schemas['CheckItem'] => ({
  id: todo.id,
  type: 'todos_check_items',
  attributes: {
    name: todo.content,
    is_completed: todo.is_completed === 1,
    due_at: toTimestampOrNull(todo.due_at),
    completed_at: toTimestampOrNull(todo.closed_at),
  },
  relationships: toPeople(todo),
});

const toAttributes = (todo: Todo, labels: readonly TodoLabel[]): Schemas['TodoSummary']['attributes'] => ({
  team_wide_id: todo.team_wide_id,
  content: todo.content,
  desc: todo.description,
  is_active: todo.is_active === 1,
  is_completed: todo.is_completed === 1,
  priority: todo.priority,
  due_at: toTimestampOrNull(todo.due_at),
  closed_at: toTimestampOrNull(todo.closed_at),
  labels: labels.filter(({ todo_id }) => todo_id === todo.id).map(({ name }) => name),
});

const toPeople = ({ creator_id, assignee_id, closer_id }: Todo) => ({
  creator: toOne('members', creator_id),
  assignee: toMaybe('members', assignee_id),
  closer: toMaybe('members', closer_id),
});
