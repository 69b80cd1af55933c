import type { Database, Transaction } from '../../database/open.ts';
import type { Bus } from '../../live/bus.ts';
import { announce } from './feed.ts';
import { newId } from './ids.ts';
import { type Caller, seesProject } from './members.ts';
import { newestFirst, type Page, type PageRows, readKeyedPage } from './pages.ts';
import { queueNotifications } from './webhook-queue.ts';

/** An act that members get a notification of. */
export interface Notice {
  caller: Caller;
  /** Only members that can see this project get a notification. */
  projectId: string;
  /** Repeated ids, the caller's own and those of other teams count for nothing. */
  recipientIds: readonly (string | null)[];
  /** The kind of the act, such as `todo_assign` or `comment_add`. */
  progressType: string;
  /** The kind of the thing, such as `Todo`. */
  notifyableType: string;
  targetId: string;
  /** The name of the thing. */
  subject: string;
  /** HTML or text; may be empty. */
  content?: string;
}

/**
 * Makes one notification for each recipient, never for the caller (T-46). Call it late in a transaction: it takes the lock
 * of the team's feed.
 */
export async function notify(trx: Transaction, notice: Notice, now: number, bus: Bus): Promise<void> {
  const { caller, projectId, progressType, notifyableType, targetId, subject, content = '' } = notice;
  const ids = new Set(notice.recipientIds.filter((id) => id !== null && id !== caller.id));
  if (ids.size === 0) return;
  const recipients = await trx
    .selectFrom('tower_members')
    .select('id')
    .where('id', 'in', [...ids] as string[])
    .where('team_id', '=', caller.team_id)
    .where('is_active', '=', 1)
    .where(seesProject(projectId))
    .execute();
  if (recipients.length === 0) return;
  await announce(trx, caller.team_id, bus);
  const progress = await trx
    .insertInto('tower_progresses')
    .values({ creator_id: caller.id, progress_ty: progressType, subject, content, created_at: now })
    .returning('id')
    .executeTakeFirstOrThrow();
  const notifications = recipients.map(({ id }) => ({
    id: newId(now),
    team_id: caller.team_id,
    member_id: id,
    progress_id: progress.id,
    notifyable_type: notifyableType,
    target_id: targetId,
    created_at: now,
  }));
  await trx.insertInto('tower_notifications').values(notifications).execute();
  await queueNotifications(trx, caller.team_id, notifications, now);
}

/** A notification with the act that caused it. */
export interface ListedNotification {
  id: string;
  progress_id: number;
  notifyable_type: string;
  target_id: string;
  is_read: 0 | 1;
  created_at: number;
  progress_ty: string;
  subject: string;
  content: string;
  /** Of the member who acted. */
  nickname: string;
  gavatar: string;
}

/**
 * The notifications of a member, newest first.
 *
 * @param until id of the first notification that counts, so that pages stay while new ones come in (T-58); an unknown
 *   one counts as absent
 */
export async function listNotifications(
  database: Database,
  memberId: string,
  page: Page,
  until: string | undefined,
): Promise<PageRows<ListedNotification>> {
  const newest = until === undefined ? undefined : await findNotification(database, memberId, until);
  const keys = database
    .selectFrom('tower_notifications')
    .select('id')
    .where('member_id', '=', memberId)
    .$if(newest !== undefined, (query) =>
      query.where((eb) =>
        eb(eb.refTuple('created_at', 'id'), '<=', eb.tuple(newest?.created_at as number, newest?.id as string)),
      ),
    );
  const table = 'tower_notifications';
  return readKeyedPage(notifications(database), `${table}.id`, keys, newestFirst, page, table);
}

/** A notification of a member. */
export const findNotification = (
  database: Database,
  memberId: string,
  id: string,
): Promise<ListedNotification | undefined> =>
  notifications(database)
    .where('tower_notifications.member_id', '=', memberId)
    .where('tower_notifications.id', '=', id)
    .executeTakeFirst();

/** The newest act that a member has a notification of; 0 without any. */
export async function newestProgressId(database: Database, memberId: string): Promise<number> {
  const newest = await database
    .selectFrom('tower_notifications')
    .select('progress_id')
    .where('member_id', '=', memberId)
    .orderBy('progress_id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.progress_id ?? 0;
}

/** The notifications of a member for acts with larger ids, in the order of the acts. */
export const listNotificationsAfter = (
  database: Database,
  memberId: string,
  { after, limit }: { after: number; limit: number },
): Promise<ListedNotification[]> =>
  notifications(database)
    .where('tower_notifications.member_id', '=', memberId)
    .where('progress_id', '>', after)
    .orderBy('progress_id')
    .limit(limit)
    .execute();

const notifications = (database: Database) =>
  database
    .selectFrom('tower_notifications')
    .innerJoin('tower_progresses', 'tower_progresses.id', 'tower_notifications.progress_id')
    .innerJoin('tower_members', 'tower_members.id', 'tower_progresses.creator_id')
    .select(['tower_notifications.id', 'progress_id', 'notifyable_type', 'target_id', 'is_read'])
    .select(['tower_notifications.created_at', 'progress_ty', 'subject', 'content', 'nickname', 'gavatar']);
