import type { components } from '../../../generated/tower.ts';
import { sanitizeHtml } from '../model/rich-text.ts';
import { DAY_MS, fromChinaTime } from '../model/times.ts';
import type { TodoChanges } from '../model/todo-changes.ts';
import { requireText, unusable } from '../model/values.ts';

const SECOND_MS = 1000;

/** What a request writes of a todo. Throws `unusable` for a blank content and for a date that does not exist. */
export async function fromTodo<Todo extends components['schemas']['TodoChanges']['todo']>(todo: Todo) {
  const { content, desc, assignee_id, due_at, start_at, priority, label_ids, parent_id, attfile_guids, ...others } =
    todo;
  return {
    content: content === undefined ? undefined : requireText(content, '/todo/content'),
    description: await fromHtml(desc),
    assigneeId: fromId(assignee_id),
    dueAt: fromDueDate(due_at, '/todo/due_at'),
    startAt: fromDate(start_at, '/todo/start_at'),
    priority,
    labelIds: label_ids,
    parentId: fromId(parent_id),
    attfileIds: attfile_guids,
    customFields: others,
  } satisfies TodoChanges;
}

/** An id, or null for an empty one; undefined stays. */
export const fromId = (id: string | null | undefined): string | null | undefined => (id === '' ? null : id);

/** Sanitised HTML, or null for an empty one; undefined stays (T-45). */
export const fromHtml = async (html: string | null | undefined): Promise<string | null | undefined> =>
  typeof html === 'string' ? (await sanitizeHtml(html)) || null : html;

/** The last second of a day in China, or the time of a date with one (T-44); null for an empty one; undefined stays. */
export function fromDueDate(date: string | null | undefined, pointer: string): number | null | undefined {
  const start = fromDate(date, pointer);
  return typeof start === 'number' && !date?.includes('T') ? start + DAY_MS - SECOND_MS : start;
}

function fromDate(date: string | null | undefined, pointer: string): number | null | undefined {
  if (date === undefined) return undefined;
  if (date === null || date === '') return null;
  const start = fromChinaTime(date);
  if (start === undefined) throw unusable(pointer, 'must be a date that exists');
  return start;
}
