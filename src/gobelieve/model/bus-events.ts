import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { afterCommit } from '../../database/transact.ts';
import type { MessageType } from '../database/tables.ts';
import type { NewMessage } from './message-store.ts';

/** What the bus carries to every open connection of a user, on all nodes. */
export type BusEvent =
  /** Messages up to this id are in a queue. Readers read them there: the bus may lose or reorder events. */
  | { kind: 'queued'; id: number }
  /** The same, and the receivers must read again which groups they belong to. */
  | { kind: 'regrouped'; id: number }
  /** Tokens of the user were revoked: every connection checks its own (`token-watch.ts`). */
  | { kind: 'revoked' }
  | UnstoredEvent;

/** What is sent to the connections that are open, and not stored. */
export type UnstoredEvent =
  | { kind: 'notification'; content: string }
  | (LiveMessage & { kind: 'room_message' | 'real_time_message' })
  /** A message that its sender does not want to be stored. */
  | (LiveMessage &
      Pick<NewMessage, 'senderAppid' | 'receiverAppid'> & {
        kind: 'unstored_message';
        type: MessageType;
        timestamp: number;
        localId: number;
        flags: number;
      });

interface LiveMessage {
  sender: number;
  receiver: number;
  content: string;
  /** The socket connection that it comes from, which does not get it. */
  connection?: string | undefined;
}

export const userTopic = (appid: number, uid: number): string => `gobelieve:${appid}:user:${uid}`;
export const groupTopic = (appid: number, gid: number): string => `gobelieve:${appid}:group:${gid}`;
export const roomTopic = (appid: number, room: number): string => `gobelieve:${appid}:room:${room}`;

/** Publishes an event after the commit of the transaction. */
export function publishAfter(
  transaction: Transaction,
  { bus }: Pick<Context, 'bus'>,
  topics: readonly string[],
  event: BusEvent,
): void {
  afterCommit(transaction, () => bus.publish(topics, event));
}
