import type { components } from '../../../generated/tower.ts';
import type { Comment } from '../model/comments.ts';
import type { Todolist } from '../model/todolists.ts';
import type { Todo } from '../model/todos.ts';
import { toMany, toMaybe, toOne, toTimestamp, toTimestampOrNull } from './document.ts';

type Schemas = components['schemas'];

/** The detail of a todolist. */
export const toTodolist = (
  todolist: Todolist,
  { todos, comments }: { todos: readonly Todo[]; comments: readonly Comment[] },
): Schemas['Todolist'] => ({
  id: todolist.id,
  type: 'todolists',
  attributes: {
    ...toAttributes(todolist),
    completed_at: toTimestampOrNull(todolist.completed_at),
    created_at: toTimestamp(todolist.created_at),
    updated_at: toTimestamp(todolist.updated_at),
  },
  relationships: {
    project: toOne('projects', todolist.project_id),
    creator: toOne('members', todolist.creator_id),
    archiver: toMaybe('members', todolist.archiver_id),
    todos: toMany('todos', idsOf(todos)),
    comments: toMany('comments', idsOf(comments)),
  },
});

/**
 * A todolist in a list.
 *
 * @param todos also those of other todolists
 */
export const toListedTodolist = (todolist: Todolist, todos: readonly Todo[]): Schemas['TodolistSummary'] => ({
  ...toIncludedTodolist(todolist),
  relationships: {
    todos: toMany('todos', idsOf(todos.filter(({ todolist_id }) => todolist_id === todolist.id))),
  },
});

/** A todolist that a todo mentions. */
export const toIncludedTodolist = (todolist: Todolist): Schemas['TodolistSummary'] => ({
  id: todolist.id,
  type: 'todolists',
  attributes: { ...toAttributes(todolist), position: todolist.position },
  relationships: { project: toOne('projects', todolist.project_id) },
});

const toAttributes = ({ name, description, is_active, is_archived, is_default }: Todolist) => ({
  name,
  desc: description,
  is_active: is_active === 1,
  is_archived: is_archived === 1,
  is_default: is_default === 1,
});

const idsOf = (resources: readonly { id: string }[]) => resources.map(({ id }) => id);
