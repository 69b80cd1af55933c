import type { UnstoredEvent } from '../model/bus-events.ts';
import { messageTypes, type StoredMessage } from '../model/message-store.ts';
import { bodies, versioned } from './bodies.ts';
import type { Outgoing } from './outgoing.ts';
import { commands } from './protocol.ts';

/** Messages as frames. The type of a stored message is the command of its frame. */

type Written = Omit<StoredMessage, 'id' | 'from'> & { localId: number };

/** Sends a stored message. */
export function writeMessage(outgoing: Outgoing, message: StoredMessage, appid: number, flags: number): void {
  const { from } = message;
  const body = toBody({ ...message, localId: from?.localId ?? 0 }, appid, outgoing.version);
  outgoing.send(message.type, body, flags | (from?.flags ?? 0));
}

function toBody(message: Written, appid: number, version: number): Buffer {
  const { type, sender, receiver, content, timestamp, localId, senderAppid = appid, receiverAppid = appid } = message;
  if (type === messageTypes.system || type === messageTypes.groupNotification)
    return bodies.content.encode({ content });
  const common = { sender: sender as number, receiver, timestamp, content };
  return type === messageTypes.customer
    ? bodies.customerMessage.encode({ ...common, senderAppid, receiverAppid })
    : versioned.message(version).encode({ ...common, localId });
}

/** The frame of what is not stored. */
export function toUnstoredFrame(
  event: UnstoredEvent,
  appid: number,
  version: number,
): { command: number; body: Buffer; flags: number } {
  switch (event.kind) {
    case 'notification':
      return { command: commands.notification, body: bodies.content.encode(event), flags: 0 };
    case 'room_message':
      return { command: commands.roomMessage, body: bodies.live.encode(event), flags: 0 };
    case 'real_time_message':
      return { command: commands.realTime, body: bodies.live.encode(event), flags: 0 };
    case 'unstored_message':
      return { command: event.type, body: toBody(event, appid, version), flags: event.flags };
  }
}
