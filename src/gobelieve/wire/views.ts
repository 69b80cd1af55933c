import type { components } from '../../../generated/gobelieve.ts';
import type { StreamedEvent } from '../../live/event-stream.ts';
import type { Group } from '../model/access.ts';
import type { UserEvent } from '../model/events.ts';
import type { Member } from '../model/members.ts';
import { messageTypes, type StoredMessage } from '../model/message-store.ts';

type Schemas = components['schemas'];

const meta = { code: 200, message: 'success' } as const;

/** The response of an operation with data (G-1). */
export const answer = <Data>(data: Data) => ({ status: 200 as const, body: { meta, data } });

/** The response of every operation without data. */
export const done = answer({ success: true } as const);

/** A peer or group message. */
export const toMessage = ({ id, content, timestamp, sender, receiver, type }: StoredMessage): Schemas['Message'] => ({
  id,
  content,
  timestamp,
  sender: sender as number,
  receiver,
  command: type as 4 | 8,
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
  [messageTypes.system]: 'system_message',
  [messageTypes.groupNotification]: 'group_notification',
} as const;

export function toStreamedEvent(event: UserEvent): StreamedEvent {
  if ('kind' in event) {
    const { kind, ...data } = event;
    return { event: kind, data };
  }
  const hasSender = event.type === messageTypes.peer || event.type === messageTypes.group;
  const data = hasSender ? toMessage(event) : toQueuedContent(event);
  return { id: String(event.id), event: eventNames[event.type], data };
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
