import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { afterCommit } from '../../database/transact.ts';

/** What people who are on line hear at once, whatever connects them. */
export type LiveEvent =
  /** Something up to this id stands in a queue. Read it there: the bus may lose or swap what the queue does not. */
  | { kind: 'queued'; id: number }
  /** The same, and the groups of those who hear it have changed. */
  | { kind: 'regrouped'; id: number }
  /** Stored nowhere. */
  | { kind: 'notification'; content: string }
  | { kind: 'room_message'; sender: number; receiver: number; content: string };

export const userTopic = (appid: number, uid: number): string => `gobelieve:${appid}:user:${uid}`;
export const groupTopic = (appid: number, gid: number): string => `gobelieve:${appid}:group:${gid}`;
export const roomTopic = (appid: number, room: number): string => `gobelieve:${appid}:room:${room}`;

/** Tells an event once the transaction is committed. */
export function publishAfter(transaction: Transaction, { bus }: Context, topics: readonly string[], event: LiveEvent) {
  afterCommit(transaction, () => bus.publish(topics, event));
}
