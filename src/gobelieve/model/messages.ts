import type { Context } from '../../context.ts';
import { readAppOptions } from './app-options.ts';
import { roomTopic, userTopic } from './bus-events.ts';
import { messageTypes } from './message-store.ts';
import { type Stored, storeMessage } from './store-messages.ts';

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
export const sendPeerMessage = (context: Context, appid: number, message: MessageToSend): Promise<Stored> =>
  storeMessage(context, appid, { type: messageTypes.peer, ...message });

/**
 * Sends a message between a customer and a supporter, from a user of the app. Their apps may differ (G-79).
 *
 * @param message the app of the receiver is by default the one that serves the customers of this app
 * @throws GobelieveError notSupportApp
 */
export async function sendCustomerMessage(
  context: Context,
  appid: number,
  { receiverAppid, ...message }: MessageToSend & { receiverAppid?: number | undefined },
): Promise<Stored> {
  const receiverApp = receiverAppid ?? (await readAppOptions(context.database, appid)).kefuAppid;
  const elsewhere = receiverApp === appid ? {} : { receiverAppid: receiverApp };
  return storeMessage(context, appid, { type: messageTypes.customer, ...message, ...elsewhere });
}

/**
 * Sends a message to all members of a group, the sender included: into the queue of each, or once into the queue of a
 * super group (G-25). The sender need not be a member (G-30).
 *
 * @throws GobelieveError unknownGroup
 */
export const sendGroupMessage = (context: Context, appid: number, message: MessageToSend): Promise<Stored> =>
  storeMessage(context, appid, { type: messageTypes.group, ...message });

/** Sends a message that has no sender to one user. */
export const sendSystemMessage = (
  context: Context,
  appid: number,
  message: Omit<MessageToSend, 'sender'>,
): Promise<Stored> => storeMessage(context, appid, { type: messageTypes.system, sender: null, ...message });

/**
 * Sends a notification to all members of a group: into their queues, in super groups too.
 *
 * @throws GobelieveError unknownGroup, emptyGroup
 */
export const sendGroupNotification = (context: Context, appid: number, gid: number, content: string): Promise<Stored> =>
  storeMessage(context, appid, { type: messageTypes.groupNotification, sender: null, receiver: gid, content });

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
