import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { groupQueue } from '../database/queue-owners.ts';
import { type Actor, type Allowed, type Group, requireGroup } from './access.ts';
import { groupTopic, publishAfter, userTopic } from './bus-events.ts';
import { type IdRange, insertMessages, messageTypes, takeIds } from './message-store.ts';
import { appendToQueues } from './queues.ts';

/**
 * What all changes of groups and members have in common: they take message ids first, so that they run one after the other
 * with all messages of the app, and they queue group notifications to the members (G-26).
 */

/** A change of a group, in its transaction. */
export interface GroupChange {
  context: Context;
  trx: Transaction;
  appid: number;
  gid: number;
  /** The ids of the notifications. */
  ids: IdRange;
  /** In milliseconds. */
  now: number;
  /** `now` in seconds, as notifications have it. */
  timestamp: number;
}

export interface ChangeOptions {
  gid: number;
  allowed: Allowed;
  /** An upper bound of the notifications that the change queues. Defaults to 1. */
  notifications?: number;
}

/**
 * Changes a group.
 *
 * @param makeChange gets the group as it is before the change
 * @throws GobelieveError as `requireGroup`
 */
export const changeGroup = (
  context: Context,
  actor: Actor,
  { gid, allowed, notifications = 1 }: ChangeOptions,
  makeChange: (change: GroupChange, group: Group) => Promise<void>,
): Promise<void> =>
  transact(context.database, async (trx) => {
    const ids = await takeIds(trx, actor.appid, Math.max(1, notifications));
    const group = await requireGroup(trx, actor, gid, allowed);
    await makeChange(toGroupChange(context, trx, actor.appid, gid, ids), group);
  });

export function toGroupChange(
  context: Context,
  trx: Transaction,
  appid: number,
  gid: number,
  ids: IdRange,
): GroupChange {
  const now = context.clock.now();
  return { context, trx, appid, gid, ids, now, timestamp: Math.floor(now / 1000) };
}

/** Puts notifications into the group's queue, as one entry: the cost does not depend on the number of members. */
export async function queueNotifications(
  { trx, appid, gid, ids: { first }, now }: GroupChange,
  notifications: readonly object[],
): Promise<void> {
  if (notifications.length === 0) return;
  const owner = groupQueue(gid);
  const message = { type: messageTypes.groupNotification, sender: null, receiver: gid, owner };
  const messages = notifications.map((notification, index) => ({
    ...message,
    id: first + index,
    content: JSON.stringify(notification),
  }));
  await insertMessages(trx, appid, messages, now);
  const last = first + notifications.length - 1;
  await appendToQueues(trx, appid, [{ owner, first, last, message }]);
}

/**
 * Publishes the change to the open connections of the members, and of the users who joined or left: their connections
 * have to join or leave the topic of the group.
 *
 * @param moved the users who joined or left
 */
export function publishChange(
  { context, trx, appid, gid, ids }: GroupChange,
  kind: 'queued' | 'regrouped',
  moved: readonly { uid: number }[] = [],
): void {
  publishAfter(trx, context, [groupTopic(appid, gid)], { kind, id: ids.last });
  const topics = moved.map(({ uid }) => userTopic(appid, uid));
  publishAfter(trx, context, topics, { kind: 'regrouped', id: ids.last });
}
