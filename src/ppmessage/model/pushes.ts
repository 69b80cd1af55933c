import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { AppKey } from '../database/tables.ts';
import { type Caller, mayActForColumn } from './callers.ts';
import { countRows, type Page, toSlice, UNPAGED_LIMIT } from './pages.ts';

/**
 * Push records: one for each member when a message was sent, with the time of its acknowledgement (P-43, P-46). The
 * sender's is acknowledged at once; the sender's other devices get the message by it.
 */

/** The topic of the bus that wakes a user's streams. */
export const topicOf = (appUuid: string, userUuid: string) => `ppmessage:${appUuid}:user:${userUuid}`;

/** Reads a page of a user's unacknowledged messages, and counts all of them. */
export async function pageUnackedPushes(user: AppKey, page: Page, { database }: Context) {
  // A boundary may have been acknowledged meanwhile: clients acknowledge a page before they read the next.
  const slice = toSlice(page, (uuid) =>
    database
      .selectFrom('ppmessage_pushes')
      .select('seq')
      .where('uuid', '=', uuid)
      .where('app_uuid', '=', user.app_uuid)
      .where('user_uuid', '=', user.uuid),
  );
  const [{ total }, list] = await together(database, (view) => {
    const unacked = unackedPushes(user, { database: view });
    // What the slice skips is in the index of these pushes alone.
    const positions = unacked
      .select('push.seq')
      .where('push.seq', '>', slice.above)
      .where('push.seq', '<', slice.below)
      .orderBy('push.seq', slice.order)
      .limit(slice.limit)
      .offset(slice.offset);
    return [
      countRows(unacked),
      withMessages(unacked.where('push.seq', 'in', positions))
        .orderBy('push.seq', slice.shown)
        .execute(),
    ];
  });
  return { list, total };
}

/** Reads a user's unacknowledged messages, newest first, at most `UNPAGED_LIMIT`. */
export const listUnackedPushes = (user: AppKey, context: Context) =>
  withMessages(unackedPushes(user, context)).orderBy('push.seq', 'desc').limit(UNPAGED_LIMIT).execute();

const unackedPushes = (user: AppKey, { database }: Pick<Context, 'database'>) =>
  database
    .selectFrom('ppmessage_pushes as push')
    .where('push.app_uuid', '=', user.app_uuid)
    .where('push.user_uuid', '=', user.uuid)
    .where('push.acked_at', 'is', null);

const withMessages = (pushes: ReturnType<typeof unackedPushes>) =>
  pushes
    .innerJoin('ppmessage_messages as message', (join) =>
      join.onRef('message.app_uuid', '=', 'push.app_uuid').onRef('message.uuid', '=', 'push.message_uuid'),
    )
    .selectAll('message')
    .select('push.uuid as push_uuid');

/** Acknowledges push records. Those of users that the token may not act for are skipped. */
export async function ackPushes(uuids: readonly string[], caller: Caller, { clock, database }: Context): Promise<void> {
  if (uuids.length === 0) return;
  await database
    .updateTable('ppmessage_pushes')
    .set({ acked_at: clock.now() })
    .where('uuid', 'in', uuids)
    .where('app_uuid', '=', caller.appUuid)
    .where('acked_at', 'is', null)
    .where(mayActForColumn(caller, 'ppmessage_pushes.user_uuid'))
    .execute();
}

/** Reads the first `limit` messages to and of a user after a position, oldest first, with their senders. */
export const readPushes = (position: number, limit: number, user: AppKey, { database }: Context) =>
  database
    .selectFrom('ppmessage_pushes as push')
    .innerJoin('ppmessage_messages as message', (join) =>
      join.onRef('message.app_uuid', '=', 'push.app_uuid').onRef('message.uuid', '=', 'push.message_uuid'),
    )
    .leftJoin('ppmessage_users as sender', (join) =>
      join.onRef('sender.app_uuid', '=', 'message.app_uuid').onRef('sender.uuid', '=', 'message.from_uuid'),
    )
    .selectAll('message')
    .select(['push.uuid as push_uuid', 'sender.user_fullname', 'sender.user_icon', 'sender.user_email'])
    .select('sender.updated_at as sender_updated_at')
    .where('push.app_uuid', '=', user.app_uuid)
    .where('push.user_uuid', '=', user.uuid)
    .where('push.seq', '>', position)
    .orderBy('push.seq')
    .limit(limit)
    .execute();

export type DeliveredMessage = Awaited<ReturnType<typeof readPushes>>[number];
