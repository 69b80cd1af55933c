import type { Context } from '../../context.ts';
import type { Device } from '../model/device-messages.ts';
import { isSentBy, messageTypes } from '../model/message-store.ts';
import { acknowledge, findAcknowledged, moveAcknowledged } from '../model/offline-messages.ts';
import { newestIdInGroup, type QueuedMessage } from '../model/queues.ts';
import { acknowledgeGroup, findGroupPosition, readGroupAfter, readQueueAfter } from '../model/sync.ts';
import { bodies } from './bodies.ts';
import type { Delivery } from './delivery.ts';
import type { Frame } from './frames.ts';
import { writeMessage } from './messages.ts';
import type { Outgoing } from './outgoing.ts';
import { commands, flags } from './protocol.ts';

/** Handing out what is stored (G-58, G-59). A sync ends where the live messages of the connection go on. */

/** A round of a sync. Clients then ask for the next one. */
const MAX_ROUND = 3000;

export interface Synced {
  context: Context;
  device: Device;
  outgoing: Outgoing;
  delivery: Delivery;
}

export async function sync(synced: Synced, frame: Frame): Promise<void> {
  const { context, device, outgoing, delivery } = synced;
  const { key } = bodies.key.decode(frame.body);
  await delivery.exclusively(async () => {
    const newest = delivery.lastKey;
    const start = key > 0 ? key : await startOf(synced);
    outgoing.send(commands.syncBegin, bodies.key.encode({ key: start }));
    let last = start > newest && newest > 0 ? newest : start;
    if (start < newest) {
      let count = 0;
      for await (const message of readQueueAfter(context.database, device.appid, device.uid, start)) {
        if (message.id > delivery.position || count === MAX_ROUND) break;
        await hand(synced, message);
        last = message.id;
        count += 1;
      }
    }
    outgoing.send(commands.syncEnd, bodies.key.encode({ key: last }));
    if (last < newest) outgoing.send(commands.news, bodies.key.encode({ key: last + 1 }));
  });
}

/**
 * The start of a client that has no key: the position of the user, but not what another device has moved it to since the
 * log-in (G-58).
 */
async function startOf({ context, device, delivery }: Synced): Promise<number> {
  const position = await findAcknowledged(context.database, device.appid, device.uid);
  return Math.min(position, delivery.startId);
}

export async function syncGroup(synced: Synced, frame: Frame): Promise<void> {
  const { context, device, outgoing, delivery } = synced;
  const { appid, uid } = device;
  const { gid, key } = bodies.groupKey.decode(frame.body);
  await delivery.exclusively(async () => {
    const membership = await findGroupPosition(context.database, appid, uid, gid);
    if (membership === undefined) return;
    const newest = await newestIdInGroup(context.database, appid, gid, delivery.position);
    const start = key > 0 ? key : Math.min(membership.syncedId, delivery.startId);
    outgoing.send(commands.groupSyncBegin, bodies.groupKey.encode({ gid, key: start }));
    let last = start > newest && newest > 0 ? newest : start;
    const after = Math.max(start, membership.joinedId);
    if (after < newest) {
      for (const message of await readGroupAfter(context.database, appid, gid, { after, upTo: newest })) {
        await hand(synced, message);
        last = message.id;
      }
    }
    outgoing.send(commands.groupSyncEnd, bodies.groupKey.encode({ gid, key: last }));
  });
}

async function hand({ device, delivery, outgoing }: Synced, message: QueuedMessage): Promise<void> {
  const { from } = message;
  const isOwn = isSentBy(message, device.uid) && device.device !== null && from?.device === device.device;
  const frameFlags = isOwn ? flags.self : 0;
  const { shown } = delivery.customerForms;
  const isOfCustomer = message.type === messageTypes.customer;
  if (!isOfCustomer || shown !== 'old')
    writeMessage(outgoing, { ...message, from: from && { ...from, flags: 0 } }, device.appid, frameFlags);
  if (isOfCustomer && shown !== 'current') {
    const { command, body } = await delivery.customerForms.toOldFrame(message);
    outgoing.send(command, body, frameFlags);
  }
  await outgoing.connection.drained();
}

/** Moves the position of the user. */
export async function keepPosition({ context: { database }, device, delivery }: Synced, frame: Frame): Promise<void> {
  const { appid, uid } = device;
  const { key } = bodies.key.decode(frame.body);
  if (key <= 0) return;
  if (key <= delivery.position) await moveAcknowledged(database, appid, uid, Math.min(key, delivery.lastKey));
  else await acknowledge(database, appid, uid, key);
}

export async function keepGroupPosition({ context, device }: Synced, frame: Frame): Promise<void> {
  const { gid, key } = bodies.groupKey.decode(frame.body);
  if (key > 0) await acknowledgeGroup(context.database, device.appid, device.uid, { gid, key });
}
