import { BodyReader, command, type Frame, int32, int64, join, text } from './frames.ts';

/** What messages of GoBelieve's socket hold, and their bodies in frames. */

/** What kits put into a message. The server keeps every text as it is. */
export type MessageContent = {
  /** Made by the sender. A message that is sent again with the same one is stored once. */
  uuid?: string;
  /** The `uuid` of the message that this one quotes. */
  reference?: string;
} & (
  | { text: string; at?: number[]; at_name?: string[] }
  | { image2: { url: string; width: number; height: number } }
  | { image: string }
  | { audio: { url: string; duration: number } }
  | { video: { url: string; thumbnail: string; width: number; height: number; duration: number; size: number } }
  | { file: { url: string; filename: string; size: number } }
  | { location: { latitude: number; longitude: number; address?: string } }
  | { link: { image: string; url: string; title: string; content: string } }
  | { revoke: { msgid: string } }
  | { readed: { msgid: string } }
  | { tag: { msgid: string; add_tag?: string; delete_tag?: string } }
);

/** A message with a sender: `receiver` is a user, a group or a room. */
interface Addressed {
  sender: number;
  receiver: number;
  content: string;
}

/** A customer and a supporter can belong to two apps. */
export interface CustomerAddress {
  sender_appid: number;
  receiver_appid: number;
}

/**
 * A message that arrived. `event` and `data` are as in the event stream, but have no ids: over the socket a position
 * belongs to a queue, not to a message.
 */
export type SocketMessage =
  /** `timestamp` is in seconds since 1970. */
  | { event: 'peer_message' | 'group_message'; data: Addressed & { timestamp: number } }
  | { event: 'customer_message'; data: Addressed & CustomerAddress & { timestamp: number } }
  | { event: 'room_message' | 'real_time_message'; data: Addressed }
  | { event: 'system_message' | 'group_notification' | 'notification'; data: { content: string } };

/** The message in a frame; undefined when it holds none. */
export function readMessage({ command: number, body }: Frame): SocketMessage | undefined {
  const reader = new BodyReader(body);
  switch (number) {
    case command.peerMessage:
      return { event: 'peer_message', data: readStored(reader) };
    case command.groupMessage:
      return { event: 'group_message', data: readStored(reader) };
    case command.customerMessage:
      return { event: 'customer_message', data: readCustomerMessage(reader) };
    case command.roomMessage:
      return { event: 'room_message', data: readAddressed(reader) };
    case command.realTimeMessage:
      return { event: 'real_time_message', data: readAddressed(reader) };
    case command.systemMessage:
      return { event: 'system_message', data: { content: reader.text() } };
    case command.groupNotification:
      return { event: 'group_notification', data: { content: reader.text() } };
    case command.notification:
      return { event: 'notification', data: { content: reader.text() } };
    default:
      return undefined;
  }
}

function readStored(reader: BodyReader) {
  const [sender, receiver, timestamp] = [reader.int64(), reader.int64(), reader.int32()];
  // A number of the sender's device, which is not used.
  reader.int32();
  return { sender, receiver, timestamp, content: reader.text() };
}

function readCustomerMessage(reader: BodyReader) {
  const [sender_appid, sender] = [reader.int64(), reader.int64()];
  const [receiver_appid, receiver, timestamp] = [reader.int64(), reader.int64(), reader.int32()];
  return { sender_appid, sender, receiver_appid, receiver, timestamp, content: reader.text() };
}

function readAddressed(reader: BodyReader): Addressed {
  return { sender: reader.int64(), receiver: reader.int64(), content: reader.text() };
}

/** The body of a message to a user or a group. The server writes the time. */
export const storedBody = ({ sender, receiver, content }: Addressed): Uint8Array =>
  join(int64(sender), int64(receiver), int32(0), int32(0), text(content));

export const customerBody = ({
  sender_appid,
  sender,
  receiver_appid,
  receiver,
  content,
}: Addressed & CustomerAddress): Uint8Array =>
  join(int64(sender_appid), int64(sender), int64(receiver_appid), int64(receiver), int32(0), text(content));

/** The body of a message in a room or in real time. */
export const addressedBody = ({ sender, receiver, content }: Addressed): Uint8Array =>
  join(int64(sender), int64(receiver), text(content));

/**
 * The JSON object in a message; undefined when the content is something else.
 *
 * @example
 * const content = readContent(message.data.content);
 * if (content !== undefined && 'text' in content) show(content.text);
 */
export function readContent(content: string): MessageContent | undefined {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as MessageContent) : undefined;
  } catch {
    return undefined;
  }
}
