import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { rememberSupporter } from '../operations/supporters.ts';
import { refuse, requireGroup } from './actors.ts';
import { groupTopic, publishAfter, roomTopic, userTopic } from './bus-events.ts';
import { appendTo, appendToMembers, commands, insertMessages, superQueue, takeIds } from './queues.ts';

/**
 * Sending, whoever asks for it: the third party's server over HTTP today. Only stored messages make it into a queue.
 * Facts, section 2, rules 7 and 10.
 */

/** Both sides have a copy, with an id of its own. Who writes to himself has one. */
export async function sendPeer(
  context: Context,
  appid: number,
  { sender, receiver, content }: { sender: number; receiver: number; content: string },
): Promise<void> {
  const message = { command: commands.peer, sender, receiver, content };
  const owners = sender === receiver ? [sender] : [receiver, sender];
  await transact(context.database, async (trx) => {
    const { first, last } = await takeIds(trx, appid, owners.length);
    await insertMessages(
      trx,
      appid,
      first,
      owners.map(() => message),
    );
    for (const [index, owner] of owners.entries())
      await appendTo(trx, appid, owner, { first: first + index, last: first + index }, message);
    await rememberSupporter(trx, appid, sender, receiver);
    const topics = owners.map((uid) => userTopic(appid, uid));
    publishAfter(trx, context, topics, { kind: 'queued', id: last });
  });
}

/** To all members, the sender among them; once for all in a super group. Throws 400 for an unknown group. */
export async function sendGroup(
  context: Context,
  appid: number,
  { sender, receiver: gid, content }: { sender: number; receiver: number; content: string },
): Promise<void> {
  const message = { command: commands.group, sender, receiver: gid, content };
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    const group = await requireGroup(trx, { appid }, gid, 'everybody');
    await insertMessages(trx, appid, ids.first, [message]);
    if (group.super === 1) await appendTo(trx, appid, superQueue(gid), ids, message);
    else await appendToMembers(trx, gid, ids, message);
    publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'queued', id: ids.last });
  });
}

export async function sendSystem(
  context: Context,
  appid: number,
  { receiver, content }: { receiver: number; content: string },
): Promise<void> {
  const message = { command: commands.system, sender: null, receiver, content };
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    await insertMessages(trx, appid, ids.first, [message]);
    await appendTo(trx, appid, receiver, ids, message);
    publishAfter(trx, context, [userTopic(appid, receiver)], { kind: 'queued', id: ids.last });
  });
}

/** Into the members' queues, in super groups too. Throws 400 for an unknown group and one without members. */
export async function notifyGroup(
  context: Context,
  appid: number,
  { group_id: gid, content }: { group_id: number; content: string },
): Promise<void> {
  const message = { command: commands.groupNotification, sender: null, receiver: gid, content };
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    await requireGroup(trx, { appid }, gid, 'everybody');
    await insertMessages(trx, appid, ids.first, [message]);
    if ((await appendToMembers(trx, gid, ids, message)) === 0) throw refuse('The group has no members');
    publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'queued', id: ids.last });
  });
}

/** To the connections of the moment. */
export function notify(
  { bus }: Context,
  appid: number,
  { receiver, content }: { receiver: number; content: string },
): void {
  bus.publish([userTopic(appid, receiver)], { kind: 'notification', content });
}

/** To those who are in the room at the moment. */
export function sendRoom(
  { bus }: Context,
  appid: number,
  { sender, receiver, content }: { sender: number; receiver: number; content: string },
): void {
  bus.publish([roomTopic(appid, receiver)], { kind: 'room_message', sender, receiver, content });
}
