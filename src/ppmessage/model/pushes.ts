import type { Context } from '../../context.ts';
import type { UserRow } from '../database/tables.ts';
import { type Caller, mayActForColumn } from './callers.ts';
import { PpmessageError } from './errors.ts';
import { inPageOrder, type Page, toSlice, UNPAGED_LIMIT } from './pages.ts';

/**
 * Push records: one for each member when a message was sent, with the time of its acknowledgement (P-43, P-46). The
 * sender's is acknowledged at once; the sender's other devices get the message by it.
 */

type Recipient = Pick<UserRow, 'app_uuid' | 'uuid'>;

/** The topic of the bus that wakes a user's streams. */
export const topicOf = (appUuid: string, userUuid: string) => `ppmessage:${appUuid}:user:${userUuid}`;

/** Reads a page of a user's unacknowledged messages, and counts all of them. */
export async function pageUnackedPushes(user: Recipient, page: Page, context: Context) {
  // A boundary may have been acknowledged meanwhile: clients acknowledge a page before they read the next.
  const slice = await toSlice(page, async (uuid) => {
    const push = await context.database
      .selectFrom('ppmessage_pushes')
      .select('seq')
      .where('uuid', '=', uuid)
      .where('app_uuid', '=', user.app_uuid)
      .where('user_uuid', '=', user.uuid)
      .executeTakeFirst();
    return push?.seq;
  });
  const unacked = unackedPushes(user, context);
  const { total } = await unacked.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await unacked
    .selectAll('message')
    .select('push.uuid as push_uuid')
    .where('push.seq', '>', slice.above)
    .where('push.seq', '<', slice.below)
    .orderBy('push.seq', slice.order)
    .limit(slice.limit)
    .offset(slice.offset)
    .execute();
  return { list: inPageOrder(rows, slice), total };
}

/** Reads a user's unacknowledged messages, newest first, at most `UNPAGED_LIMIT`. */
export const listUnackedPushes = (user: Recipient, context: Context) =>
  unackedPushes(user, context)
    .selectAll('message')
    .select('push.uuid as push_uuid')
    .orderBy('push.seq', 'desc')
    .limit(UNPAGED_LIMIT)
    .execute();

const unackedPushes = (user: Recipient, { database }: Context) =>
  database
    .selectFrom('ppmessage_pushes as push')
    .innerJoin('ppmessage_messages as message', (join) =>
      join.onRef('message.app_uuid', '=', 'push.app_uuid').onRef('message.uuid', '=', 'push.message_uuid'),
    )
    .where('push.app_uuid', '=', user.app_uuid)
    .where('push.user_uuid', '=', user.uuid)
    .where('push.acked_at', 'is', null);

/**
 * Reads the push record of a user that the token may act for.
 *
 * @throws PpmessageError noSuchPush
 */
export async function requirePush(uuid: string, caller: Caller, { database }: Context) {
  const push = await database
    .selectFrom('ppmessage_pushes')
    .select('message_uuid')
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', caller.appUuid)
    .where(mayActForColumn(caller, 'ppmessage_pushes.user_uuid'))
    .executeTakeFirst();
  if (push === undefined) throw new PpmessageError('noSuchPush');
  return push;
}

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
export const readPushes = (position: number, limit: number, user: Recipient, { database }: Context) =>
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
