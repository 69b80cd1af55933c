import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { afterCommit } from '../../database/transact.ts';

/** What the bus carries to every open connection of a user, on all nodes. */
export type BusEvent =
  /** Messages up to this id are in a queue. Readers read them there: the bus may lose or reorder events. */
  | { kind: 'queued'; id: number }
  /** The same, and the receivers must read again which groups they belong to. */
  | { kind: 'regrouped'; id: number }
  /** Tokens of the user were revoked: every connection checks its own (`token-watch.ts`). */
  | { kind: 'revoked' }
  /** This and room messages are not stored. */
  | { kind: 'notification'; content: string }
  | { kind: 'room_message'; sender: number; receiver: number; content: string };

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
