import { readAppOptions } from '../model/app-options.ts';
import {
  type DeviceMessage,
  sendFromDevice,
  sendRealTime,
  sendToRoom,
  sendUnstored,
} from '../model/device-messages.ts';
import { GobelieveError } from '../model/errors.ts';
import { messageTypes } from '../model/message-store.ts';
import { bodies, versioned } from './bodies.ts';
import type { Frame } from './frames.ts';
import { ackStatus, commands, flags } from './protocol.ts';
import type { Synced } from './syncing.ts';

/**
 * What devices send. The sender must be the user of the connection, otherwise the message is dropped without an ack
 * (G-56).
 */

/** Errors that clients learn from the status of the ack. */
type Refusal = Exclude<keyof typeof ackStatus, 'ok'>;

/** A uid, or the id of a group or room. */
const isId = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

/** A peer message or a message to a group. */
export async function send(session: Synced, frame: Frame): Promise<void> {
  const { sender, receiver, localId, content } = versioned.message(frame.version).decode(frame.body);
  if (sender !== session.device.uid || !isId(receiver)) return;
  const type = frame.command === commands.groupMessage ? messageTypes.group : messageTypes.peer;
  await store(session, frame, { type, receiver, localId, content });
}

/** A message between a customer and a supporter, whose apps may differ (G-63, G-79). */
export async function sendToDesk(session: Synced, frame: Frame): Promise<void> {
  const { senderAppid, sender, ...to } = bodies.customerMessage.decode(frame.body);
  const { appid, uid } = session.device;
  session.delivery.customerForms.shown = 'current';
  if (senderAppid === appid && sender === uid) await storeCustomerMessage(session, frame, to);
}

/** To a supporter, from clients that are older than the command for both directions. They do not name the app. */
export async function sendToSupporter(session: Synced, frame: Frame): Promise<void> {
  const { customerAppid, customer, seller: receiver, content } = bodies.oldCustomerMessage.decode(frame.body);
  const { appid, uid } = session.device;
  session.delivery.customerForms.shown = 'old';
  if (customerAppid !== appid || customer !== uid) return;
  const { kefuAppid: receiverAppid } = await readAppOptions(session.context.database, appid);
  await storeCustomerMessage(session, frame, { receiverAppid, receiver, content });
}

/** From a supporter, likewise. */
export async function sendFromSupporter(session: Synced, frame: Frame): Promise<void> {
  const {
    customerAppid: receiverAppid,
    customer: receiver,
    seller,
    content,
  } = bodies.oldCustomerMessage.decode(frame.body);
  session.delivery.customerForms.shown = 'old';
  if (seller === session.device.uid) await storeCustomerMessage(session, frame, { receiverAppid, receiver, content });
}

interface ToApp {
  receiverAppid: number;
  receiver: number;
  content: string;
}

async function storeCustomerMessage(session: Synced, frame: Frame, { receiverAppid, receiver, content }: ToApp) {
  if (!isId(receiverAppid) || !isId(receiver)) return;
  const isElsewhere = receiverAppid !== session.device.appid;
  const to = { receiver, receiverAppid: isElsewhere ? receiverAppid : undefined };
  await store(session, frame, { type: messageTypes.customer, ...to, localId: 0, content });
}

async function store(
  { context, device, delivery }: Synced,
  frame: Frame,
  message: Omit<DeviceMessage, 'flags'>,
): Promise<void> {
  const { sequence } = frame;
  if ((frame.flags & flags.unstored) === 0) {
    const stored = sendFromDevice(context, device, { ...message, flags: frame.flags & flags.text });
    await delivery.acknowledgeStored(sequence, stored, refuse);
  } else {
    const unstored = { ...message, flags: frame.flags & (flags.text | flags.unstored) };
    await sendUnstored(context, device, unstored).then(() => delivery.acknowledge(sequence), refuse);
  }

  function refuse(error: unknown): void {
    const reason = error instanceof GobelieveError ? error.reason : undefined;
    if (reason !== undefined && reason in ackStatus) delivery.acknowledge(sequence, ackStatus[reason as Refusal]);
    // Without an ack the client sends the message again. Any ack would look like success to some clients.
    else if (reason !== 'muted' && reason !== 'notSupportApp')
      context.log.error({ err: error }, 'a message of a device could not be stored');
  }
}

export async function sendLive({ context, device }: Synced, frame: Frame): Promise<void> {
  const { sender, receiver, content } = bodies.live.decode(frame.body);
  if (sender === device.uid && isId(receiver)) sendRealTime(context, device, receiver, content);
}

/** @param room the room that the connection is in */
export async function sendToOwnRoom({ context, device, delivery }: Synced, frame: Frame, room: number): Promise<void> {
  const { sender, receiver, content } = bodies.live.decode(frame.body);
  if (sender !== device.uid || receiver !== room || room === 0) return;
  if (await sendToRoom(context, device, room, content)) delivery.acknowledge(frame.sequence);
}
