import type { components } from '../../../generated/gobelieve.ts';
import type { StreamedEvent } from '../../live/event-stream.ts';
import type { Group } from '../model/access.ts';
import type { UnstoredEvent } from '../model/bus-events.ts';
import type { UserEvent } from '../model/events.ts';
import type { Member } from '../model/members.ts';
import { messageTypes, type StoredMessage } from '../model/message-store.ts';

type Schemas = components['schemas'];

const meta = { code: 200, message: 'success' } as const;

/** The response of an operation with data (G-1). */
export const answer = <Data>(data: Data) => ({ status: 200 as const, body: { meta, data } });

/** The response of every operation without data. */
export const done = answer({ success: true } as const);

/** A peer, group or customer message. Only customer messages can have a side in another app (G-79). */
export const toMessage = (
  { id, content, timestamp, sender, senderAppid, receiver, receiverAppid, type }: StoredMessage,
  appid: number,
): Schemas['Message'] => ({
  id,
  content,
  timestamp,
  sender: sender as number,
  receiver,
  command: type as 4 | 8 | 64,
  ...(type === messageTypes.customer && {
    sender_appid: senderAppid ?? appid,
    receiver_appid: receiverAppid ?? appid,
  }),
});

/** A system message or a group notification. Neither has a sender. */
export const toQueuedContent = ({ id, content, timestamp }: StoredMessage): Schemas['QueuedContent'] => ({
  id,
  content,
  timestamp,
});

const eventNames = {
  [messageTypes.peer]: 'peer_message',
  [messageTypes.group]: 'group_message',
  [messageTypes.customer]: 'customer_message',
  [messageTypes.system]: 'system_message',
  [messageTypes.groupNotification]: 'group_notification',
} as const;

/** @returns undefined for what only sockets get (G-62) */
export function toStreamedEvent(event: UserEvent, appid: number): StreamedEvent | undefined {
  if ('kind' in event) return toUnstoredEvent(event);
  const hasSender = event.type !== messageTypes.system && event.type !== messageTypes.groupNotification;
  const data = hasSender ? toMessage(event, appid) : toQueuedContent(event);
  return { id: String(event.id), event: eventNames[event.type], data };
}

function toUnstoredEvent(event: UnstoredEvent): StreamedEvent | undefined {
  if (event.kind === 'notification') return { event: event.kind, data: { content: event.content } };
  if (event.kind !== 'room_message') return undefined;
  const { kind, sender, receiver, content } = event;
  return { event: kind, data: { sender, receiver, content } };
}

export const toClientGroup = ({ id, master, super: isSuper, name, notice }: Group): Schemas['ClientGroup'] => ({
  id,
  master,
  super: isSuper,
  name,
  notice,
});

/** `name` is the user's own, `nickname` the one in the group (G-21). */
export const toGroupMember = ({
  uid,
  name,
  nickname,
}: Pick<Member, 'uid' | 'name' | 'nickname'>): Schemas['GroupMember'] => ({ uid, name: name ?? '', nickname });
