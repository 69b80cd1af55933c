import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { TowerCommentsTable } from '../database/tables.ts';
import { recordEvent } from './events.ts';
import { newId } from './ids.ts';
import { notify } from './notifications.ts';
import { MOST_RELATED, type Page, type PageRows, readPage } from './pages.ts';
import { mentionedMembers } from './rich-text.ts';
import { type InTodo, requireTodoStill } from './todos.ts';

export type Comment = Selectable<TowerCommentsTable>;

/** The comments on one thing, oldest first. */
export const listComments = (database: Database, targetId: string, page: Page): Promise<PageRows<Comment>> =>
  readPage(commentsOf(database, targetId), page);

/** The first comments on one thing, or on the things of a page, for their relationships. */
export const listFirstComments = async (database: Database, ...targetIds: string[]): Promise<Comment[]> =>
  targetIds.length === 0
    ? []
    : commentsOf(database, ...targetIds)
        .limit(MOST_RELATED)
        .execute();

const commentsOf = (database: Database, ...targetIds: string[]) =>
  database
    .selectFrom('tower_comments')
    .selectAll()
    .where('target_id', 'in', targetIds)
    .where('is_active', '=', 1)
    .orderBy('created_at')
    .orderBy('id');

/**
 * Comments on a todo. Members that the comment mentions, and those in the cc of the todo, get a notification (T-46).
 *
 * @param content sanitised HTML
 */
export const commentOnTodo = (
  { todo, project, caller }: InTodo,
  content: string,
  { clock, database }: Pick<Context, 'clock' | 'database'>,
): Promise<Comment> =>
  transact(database, async (trx) => {
    await requireTodoStill(trx, todo.id);
    const now = clock.now();
    const comment = await trx
      .insertInto('tower_comments')
      .values({
        id: newId(now),
        team_id: project.team_id,
        project_id: project.id,
        target_type: 'todo',
        target_id: todo.id,
        creator_id: caller.id,
        content,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const cc = await trx
      .selectFrom('tower_todo_cc_members')
      .select('member_id')
      .where('todo_id', '=', todo.id)
      .execute();
    await notify(
      trx,
      {
        caller,
        projectId: project.id,
        recipientIds: [...mentionedMembers(content), ...cc.map(({ member_id }) => member_id)],
        progressType: 'comment_add',
        notifyableType: 'Todo',
        targetId: todo.id,
        subject: todo.content,
        content,
      },
      now,
    );
    const event = { action: 'todo.commented', title: todo.content, targetId: todo.id } as const;
    await recordEvent(trx, { caller, projectId: project.id, ...event }, now);
    return comment;
  });
