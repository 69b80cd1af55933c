import type { Database, Transaction } from '../database/open.ts';
import { insertMessages, type QueuedMessage } from './queue.ts';

/** Webhooks to addresses that callers have registered. The rows of the queue are also the log of the deliveries. */

/** What to send to one webhook of an API. */
export interface NewWebhookMessage {
  api: string;
  /** The id of the webhook. */
  webhookId: string;
  /** One line for the log. */
  subject: string;
  /** What the API needs to make the payload when it is sent. */
  body: string;
}

/**
 * Queues calls of webhooks in the caller's transaction. They are sent within a second of the commit, by one of the nodes.
 *
 * @returns the ids of the deliveries, in their order
 */
export const queueWebhooks = (
  database: Database | Transaction,
  messages: readonly NewWebhookMessage[],
  now: number,
): Promise<string[]> => {
  const rows = messages.map(({ webhookId, ...message }) => ({
    ...message,
    channel: 'webhook' as const,
    to: webhookId,
    status: 'queued' as const,
  }));
  return insertMessages(database, rows, now);
};

/** The deliveries of a webhook, newest first. Those that are done are deleted after 30 days. */
export const listDeliveries = (database: Database, webhookId: string, limit: number): Promise<QueuedMessage[]> =>
  database
    .selectFrom('messages_outbox')
    .selectAll()
    .where('recipient', '=', webhookId)
    .where('channel', '=', 'webhook')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** Sends a delivery again, with the same id, as if it had never been tried. False when there is no such delivery. */
export async function sendAgain(
  database: Database,
  { webhookId, deliveryId, now }: { webhookId: string; deliveryId: string; now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('messages_outbox')
    .set({ status: 'queued', attempts: 0, claim: null, next_attempt_at: now, sent_at: null })
    .where('id', '=', deliveryId)
    .where('recipient', '=', webhookId)
    .where('channel', '=', 'webhook')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Puts off what waits for a webhook until a time, because its address does not answer. */
export async function putOff(database: Database | Transaction, webhookId: string, until: number): Promise<void> {
  await waiting(database, webhookId)
    .set({ next_attempt_at: Math.ceil(until) })
    .where('next_attempt_at', '<', until)
    .execute();
}

/** Makes everything due that waits for a webhook, because its address answers again. */
export async function hasten(database: Database | Transaction, webhookId: string, now: number): Promise<void> {
  await waiting(database, webhookId).set({ next_attempt_at: now }).where('next_attempt_at', '>', now).execute();
}

/** Gives up what waits for a webhook. */
export async function giveUp(database: Database | Transaction, webhookId: string, reason: string): Promise<void> {
  await waiting(database, webhookId).set({ status: 'failed', last_error: reason }).execute();
}

const waiting = (database: Database | Transaction, webhookId: string) =>
  database
    .updateTable('messages_outbox')
    .where('recipient', '=', webhookId)
    .where('channel', '=', 'webhook')
    .where('status', '=', 'queued')
    .where('claim', 'is', null);
