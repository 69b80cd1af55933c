import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import type { MessageType } from '../database/tables.ts';
import { type ClientActor, requireGroup } from './access.ts';
import { groupTopic, roomTopic, type UnstoredEvent, userTopic } from './bus-events.ts';
import { GobelieveError } from './errors.ts';
import { checkMessages } from './message-checks.ts';
import { messageTypes } from './message-store.ts';
import { type Stored, storeMessage } from './store-messages.ts';

/** Sending from a user's device, over a socket. Unlike an app's server, a device is bound by the settings of its user. */

/** A user's device and one of its connections. */
export interface Device extends ClientActor {
  /** Digest of the device id; null for a device without one. */
  device: string | null;
  /** Names the connection, on all nodes. */
  connection: string;
}

export interface DeviceMessage {
  type: MessageType;
  receiver: number;
  /** The app of the receiver, if it is another one. */
  receiverAppid?: number | undefined;
  content: string;
  localId: number;
  flags: number;
}

/**
 * Stores a message of a device's user.
 *
 * @throws GobelieveError as `storeMessage`
 */
export const sendFromDevice = (
  context: Context,
  { appid, uid, device }: Device,
  { localId, flags, ...message }: DeviceMessage,
): Promise<Stored> => storeMessage(context, appid, { ...message, sender: uid, from: { device, localId, flags } });

/**
 * Sends a message that is not stored to the open connections of its receivers, and to the user's other connections
 * (G-62).
 *
 * @throws GobelieveError as `storeMessage`
 */
export async function sendUnstored(context: Context, device: Device, message: DeviceMessage): Promise<void> {
  const { appid, uid, connection } = device;
  const isToGroup = message.type === messageTypes.group;
  if (isToGroup) await requireSpeaker(context.database, device, message.receiver);
  const from = { device: device.device, ...message };
  const [checked] = await checkMessages(context.database, appid, [{ sender: uid, from, ...message }]);
  if (checked?.refusal !== undefined) throw new GobelieveError(checked.refusal);
  const content = checked?.message.content ?? message.content;
  const { receiver, receiverAppid } = message;
  const timestamp = Math.floor(context.clock.now() / 1000);
  const event = { kind: 'unstored_message', sender: uid, connection, timestamp, ...message, content } as const;
  const publish = (topics: string[], published: UnstoredEvent) => context.bus.publish(topics, published);
  if (isToGroup) return publish([groupTopic(appid, receiver)], event);
  if (receiverAppid === undefined) return publish([userTopic(appid, receiver), userTopic(appid, uid)], event);
  publish([userTopic(appid, uid)], event);
  publish([userTopic(receiverAppid, receiver)], { ...event, senderAppid: appid, receiverAppid: undefined });
}

async function requireSpeaker(database: Database, { appid, uid }: Device, gid: number): Promise<void> {
  await requireGroup(database, { appid }, gid, 'everyone');
  const member = await database
    .selectFrom('gobelieve_members')
    .select('mute')
    .where('group_id', '=', gid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  if (member === undefined) throw new GobelieveError('notMember');
  if (member.mute === 1) throw new GobelieveError('muted');
}

/** Sends a message to the open connections of a user. It is not stored. */
export function sendRealTime(
  { bus }: Pick<Context, 'bus'>,
  { appid, uid, connection }: Device,
  receiver: number,
  content: string,
): void {
  bus.publish([userTopic(appid, receiver)], { kind: 'real_time_message', sender: uid, receiver, content, connection });
}

/**
 * Sends a message to the other connections in a room.
 *
 * @returns false for a user who may not speak in rooms
 */
export async function sendToRoom(
  { bus, database }: Pick<Context, 'bus' | 'database'>,
  { appid, uid, connection }: Device,
  room: number,
  content: string,
): Promise<boolean> {
  const user = await database
    .selectFrom('gobelieve_users')
    .select('forbidden')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  if (user?.forbidden === 1) return false;
  bus.publish([roomTopic(appid, room)], { kind: 'room_message', sender: uid, receiver: room, content, connection });
  return true;
}
