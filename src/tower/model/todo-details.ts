import type { Database } from '../../database/open.ts';
import { type Attfile, listAttachments } from './attfiles.ts';
import { type Comment, listFirstComments } from './comments.ts';
import { findFieldValues, type TodoFieldValues } from './custom-fields.ts';
import type { Project } from './projects.ts';
import { getTodolist, type Todolist } from './todolists.ts';
import { findTodo, listSubTodos, readTodoCompany, type Todo, type TodoCompany } from './todos.ts';

/** A todo with everything that its relationships name. */
export interface TodoDetails extends TodoCompany {
  todo: Todo;
  project: Project;
  todolist: Todolist;
  parent: Todo | undefined;
  subTodos: Todo[];
  comments: Comment[];
  fieldValues: TodoFieldValues | undefined;
  attachments: Attfile[];
}

export async function readTodoDetails(
  { todo, project }: { todo: Todo; project: Project },
  database: Database,
): Promise<TodoDetails> {
  const parent = todo.parent_id === null ? undefined : await findTodo(database, todo.parent_id);
  const subTodos = await listSubTodos(database, todo.id);
  const comments = await listFirstComments(database, todo.id);
  const todos = [todo, ...subTodos, ...(parent === undefined ? [] : [parent])];
  const attachments = await listAttachments(database, [todo.id]);
  const authors = [...comments, ...attachments].map(({ creator_id }) => creator_id);
  return {
    todo,
    project,
    todolist: await getTodolist(database, todo.todolist_id),
    parent,
    subTodos,
    comments,
    fieldValues: await findFieldValues(database, todo),
    attachments,
    ...(await readTodoCompany(database, todos, authors)),
  };
}
