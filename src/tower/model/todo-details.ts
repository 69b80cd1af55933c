import type { Database } from '../../database/open.ts';
import { together } from '../../database/together.ts';
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
  const [parent, subTodos, comments, attachments, todolist, fieldValues] = await together(database, (view) => [
    todo.parent_id === null ? Promise.resolve(undefined) : findTodo(view, todo.parent_id),
    listSubTodos(view, todo.id),
    listFirstComments(view, todo.id),
    listAttachments(view, [todo.id]),
    getTodolist(view, todo.todolist_id),
    findFieldValues(view, todo),
  ]);
  const todos = [todo, ...subTodos, ...(parent === undefined ? [] : [parent])];
  const authors = [...comments, ...attachments].map(({ creator_id }) => creator_id);
  return {
    todo,
    project,
    todolist,
    parent,
    subTodos,
    comments,
    fieldValues,
    attachments,
    ...(await readTodoCompany(database, todos, authors)),
  };
}
