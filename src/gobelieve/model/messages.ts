import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { requireGroup } from './access.ts';
import { groupTopic, publishAfter, roomTopic, userTopic } from './bus-events.ts';
import { GobelieveError } from './errors.ts';
import { insertMessages, messageTypes, takeIds } from './message-store.ts';
import { appendToMemberQueues, appendToQueue, superGroupQueue } from './queues.ts';
import { chooseSupporterOfMessage } from './supporters.ts';

/** Sending messages. Notifications and room messages are not stored (G-31). */

export interface MessageToSend {
  sender: number;
  receiver: number;
  content: string;
}

/**
 * Sends a message from one user to another. Each of them has a copy with an id of its own (G-29); a message to oneself
 * has one copy.
 */
export async function sendPeerMessage(
  context: Context,
  appid: number,
  { sender, receiver, content }: MessageToSend,
): Promise<void> {
  const message = { type: messageTypes.peer, sender, receiver, content };
  const owners = sender === receiver ? [sender] : [receiver, sender];
  await transact(context.database, async (trx) => {
    const { first, last } = await takeIds(trx, appid, owners.length);
    const copies = owners.map(() => message);
    await insertMessages(trx, appid, first, copies, context.clock.now());
    for (const [index, owner] of owners.entries())
      await appendToQueue(trx, appid, owner, { first: first + index, last: first + index }, message);
    await chooseSupporterOfMessage(trx, appid, sender, receiver);
    const topics = owners.map((uid) => userTopic(appid, uid));
    publishAfter(trx, context, topics, { kind: 'queued', id: last });
  });
}

/**
 * Sends a message to all members of a group, the sender included: into the queue of each, or once into the queue of a
 * super group (G-25). The sender need not be a member (G-30).
 *
 * @throws GobelieveError unknownGroup
 */
export async function sendGroupMessage(
  context: Context,
  appid: number,
  { sender, receiver: gid, content }: MessageToSend,
): Promise<void> {
  const message = { type: messageTypes.group, sender, receiver: gid, content };
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    const group = await requireGroup(trx, { appid }, gid, 'everyone');
    await insertMessages(trx, appid, ids.first, [message], context.clock.now());
    if (group.super === 1) await appendToQueue(trx, appid, superGroupQueue(gid), ids, message);
    else await appendToMemberQueues(trx, gid, ids, message);
    publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'queued', id: ids.last });
  });
}

/** Sends a message that has no sender to one user. */
export async function sendSystemMessage(
  context: Context,
  appid: number,
  { receiver, content }: Omit<MessageToSend, 'sender'>,
): Promise<void> {
  const message = { type: messageTypes.system, sender: null, receiver, content };
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    await insertMessages(trx, appid, ids.first, [message], context.clock.now());
    await appendToQueue(trx, appid, receiver, ids, message);
    publishAfter(trx, context, [userTopic(appid, receiver)], { kind: 'queued', id: ids.last });
  });
}

/**
 * Sends a notification to all members of a group: into their queues, in super groups too.
 *
 * @throws GobelieveError unknownGroup, emptyGroup
 */
export async function sendGroupNotification(
  context: Context,
  appid: number,
  gid: number,
  content: string,
): Promise<void> {
  const message = { type: messageTypes.groupNotification, sender: null, receiver: gid, content };
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    await requireGroup(trx, { appid }, gid, 'everyone');
    await insertMessages(trx, appid, ids.first, [message], context.clock.now());
    if ((await appendToMemberQueues(trx, gid, ids, message)) === 0) throw new GobelieveError('emptyGroup');
    publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'queued', id: ids.last });
  });
}

/** Sends a notification to the open connections of a user. */
export function sendNotification(
  { bus }: Pick<Context, 'bus'>,
  appid: number,
  { receiver, content }: Omit<MessageToSend, 'sender'>,
): void {
  bus.publish([userTopic(appid, receiver)], { kind: 'notification', content });
}

/** Sends a message to the connections that are in a room. */
export function sendRoomMessage(
  { bus }: Pick<Context, 'bus'>,
  appid: number,
  { sender, receiver, content }: MessageToSend,
): void {
  bus.publish([roomTopic(appid, receiver)], { kind: 'room_message', sender, receiver, content });
}
