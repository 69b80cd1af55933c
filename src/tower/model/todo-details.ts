import type { OperandExpression } from 'kysely';
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

/** What the things that belong to a todo are looked up by, also as queries. */
interface TodoKeys {
  id: string;
  parent_id: string | null | OperandExpression<string | null>;
  todolist_id: string | OperandExpression<string>;
}

/** The keys of a todo that need not be known to exist. */
export function todoKeys(id: string, database: Database): TodoKeys {
  const todo = database.selectFrom('tower_todos').where('id', '=', id);
  return { id, parent_id: todo.select('parent_id'), todolist_id: todo.select('todolist_id') };
}

export type TodoParts = Awaited<ReturnType<typeof readTodoParts>>;

/** What belongs to a todo. */
export const readTodoParts = ({ id, parent_id, todolist_id }: TodoKeys, database: Database) =>
  together(database, (view) => [
    parent_id === null ? Promise.resolve(undefined) : findTodo(view, parent_id),
    listSubTodos(view, id),
    listFirstComments(view, [id]),
    listAttachments(view, [id]),
    getTodolist(view, todolist_id),
  ]);

export async function readTodoDetails(
  { todo, project }: { todo: Todo; project: Project },
  [parent, subTodos, comments, attachments, todolist]: TodoParts,
  database: Database,
): Promise<TodoDetails> {
  const todos = [todo, ...subTodos, ...(parent === undefined ? [] : [parent])];
  const authors = [...comments, ...attachments].map(({ creator_id }) => creator_id);
  const [company, fieldValues] = await together(database, (view) => [
    readTodoCompany(view, todos, authors),
    findFieldValues(view, todo),
  ]);
  return {
    todo,
    project,
    todolist,
    parent,
    subTodos,
    comments,
    fieldValues,
    attachments,
    ...company,
  };
}
