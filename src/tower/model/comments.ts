import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import { transactTogether } from '../../database/group-commit.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { isEmpty, type ValuesOrQuery } from '../../database/together.ts';
import type { TowerCommentsTable } from '../database/tables.ts';
import { recordEvent } from './events.ts';
import { newId } from './ids.ts';
import { listMembersById, type Member } from './members.ts';
import { notify } from './notifications.ts';
import { MOST_RELATED, oldestFirst, onPage, type Page, type PageRows, readIndexedPage } from './pages.ts';
import type { InProject } from './projects.ts';
import { mentionedMembers } from './rich-text.ts';
import { type InTodo, requireTodoStill } from './todos.ts';
import { type InTopic, requireTopicStill } from './topics.ts';

export type Comment = Selectable<TowerCommentsTable>;

type Services = Pick<Context, 'bus' | 'clock' | 'database'>;

/** The comments on one thing, oldest first. */
export const listComments = (database: Database, targetId: string, page: Page): Promise<PageRows<Comment>> =>
  readIndexedPage(commentsOf(database, [targetId]), oldestFirst, page);

/** The authors of the comments on a page. */
export const listCommentAuthors = async (database: Database, targetId: string, page: Page): Promise<Member[]> =>
  listMembersById(
    database,
    onPage(commentsOf(database, [targetId]), oldestFirst, page)
      .clearSelect()
      .select('creator_id'),
  );

/** The first comments on one thing, or on the things of a page, for their relationships. */
export const listFirstComments = async (database: Database, targetIds: ValuesOrQuery<string>): Promise<Comment[]> =>
  isEmpty(targetIds)
    ? []
    : commentsOf(database, targetIds).orderBy('created_at').orderBy('id').limit(MOST_RELATED).execute();

const commentsOf = (database: Database, targetIds: ValuesOrQuery<string>) =>
  database.selectFrom('tower_comments').selectAll().where('target_id', 'in', targetIds).where('is_active', '=', 1);

/**
 * Comments on a todo. Members that the comment mentions, and those in the cc of the todo, get a notification (T-46).
 *
 * @param content sanitised HTML
 */
export const commentOnTodo = (
  { todo, project, caller }: InTodo,
  content: string,
  services: Services,
  id?: string,
): Promise<Comment> =>
  transactTogether(services.database, commentsKey(project.team_id), async (trx) => {
    await requireTodoStill(trx, todo.id);
    const cc = await trx
      .selectFrom('tower_todo_cc_members')
      .select('member_id')
      .where('todo_id', '=', todo.id)
      .execute();
    const followerIds = cc.map(({ member_id }) => member_id);
    const target = { type: 'todo', id: todo.id, title: todo.content, notifyableType: 'Todo', followerIds } as const;
    return insertComment(trx, { id, target, project, caller, content }, services);
  });

/**
 * Comments on a topic. Members that the comment mentions, and the creator of the topic, get a notification (T-55).
 *
 * @param content sanitised HTML
 */
export const commentOnTopic = (
  { topic, project, caller }: InTopic,
  content: string,
  services: Services,
  id?: string,
): Promise<Comment> =>
  transactTogether(services.database, commentsKey(project.team_id), async (trx) => {
    const { title, creator_id } = await requireTopicStill(trx, topic.id);
    const target = {
      type: 'topic',
      id: topic.id,
      title,
      notifyableType: 'Message',
      followerIds: [creator_id],
    } as const;
    return insertComment(trx, { id, target, project, caller, content }, services);
  });

/** Comments of a team share a transaction: they only add rows, and the lock of the feed is all that they take. */
const commentsKey = (teamId: string): string => `tower:comments:${teamId}`;

interface NewComment extends InProject {
  /** Made by default. */
  id: string | undefined;
  target: {
    type: 'todo' | 'topic';
    id: string;
    title: string;
    notifyableType: 'Todo' | 'Message';
    /** Members that get a notification without being mentioned. */
    followerIds: readonly string[];
  };
  content: string;
}

async function insertComment(
  trx: Transaction,
  { id, target, project, caller, content }: NewComment,
  { bus, clock }: Services,
): Promise<Comment> {
  const now = clock.now();
  const comment = await trx
    .insertInto('tower_comments')
    .values({
      id: id ?? newId(now),
      team_id: project.team_id,
      project_id: project.id,
      target_type: target.type,
      target_id: target.id,
      creator_id: caller.id,
      content,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await notify(
    trx,
    {
      caller,
      projectId: project.id,
      recipientIds: [...mentionedMembers(content), ...target.followerIds],
      progressType: 'comment_add',
      notifyableType: target.notifyableType,
      targetId: target.id,
      subject: target.title,
      content,
    },
    now,
    bus,
  );
  const event = { action: `${target.type}.commented`, title: target.title, targetId: target.id } as const;
  await recordEvent(trx, { caller, projectId: project.id, ...event }, now, bus);
  return comment;
}
