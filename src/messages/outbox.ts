import type { Database } from '../database/open.ts';
import type { Bell } from './bell.ts';
import { type PushDetails, pushDetailsOf } from './push-details.ts';
import type { Channel } from './queue.ts';

/** A message as the outbox shows it, sent or not. */
export interface OutboxMessage {
  id: string;
  channel: Exclude<Channel, 'webhook'>;
  to: string;
  subject: string | null;
  /** Empty, and `code` null, after the message was sent if copies are not kept. */
  body: string;
  code: string | null;
  /** Only a push has it. */
  push?: PushDetails;
  /** ISO 8601, UTC. */
  created_at: string;
}

/** Which messages to list. */
export interface OutboxFilter {
  /** Only this recipient's. */
  to?: string | undefined;
  /** Defaults to 100. */
  limit?: number | undefined;
}

/** How often `waitForOutbox` looks for messages that another node has queued. */
const POLL_INTERVAL_MS = 500;

/** Newest first. Webhooks are not shown: they go to programs. */
export async function listOutbox(database: Database, { to, limit = 100 }: OutboxFilter = {}): Promise<OutboxMessage[]> {
  const rows = await database
    .selectFrom('messages_outbox')
    .select(['id', 'channel', 'recipient', 'subject', 'body', 'code', 'push', 'created_at'])
    .where('channel', '!=', 'webhook')
    .$if(to !== undefined, (query) => query.where('recipient', '=', to as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .$narrowType<{ channel: Exclude<Channel, 'webhook'> }>()
    .execute();
  return rows.map(({ id, channel, recipient, subject, body, code, push, created_at }) => ({
    id,
    channel,
    to: recipient,
    subject,
    body,
    code,
    ...(push !== null && { push: pushDetailsOf({ push }) }),
    created_at: new Date(created_at).toISOString(),
  }));
}

/** Deletes all messages that the outbox shows, or one recipient's. Messages that were not sent yet are not sent. */
export async function clearOutbox(database: Database, to?: string): Promise<void> {
  await database
    .deleteFrom('messages_outbox')
    .where('channel', '!=', 'webhook')
    .$if(to !== undefined, (query) => query.where('recipient', '=', to as string))
    .execute();
}

/**
 * Like `listOutbox`, but waits for the first message when there is none.
 *
 * @param arrivals rings when a message was queued in this process
 * @param timeoutMs after this time the list is returned although it is empty
 * @param stopped returns true to end the wait at the next ring or poll: the server closes or the client has disconnected
 */
export async function waitForOutbox(
  database: Database,
  filter: OutboxFilter,
  { arrivals, timeoutMs, stopped }: { arrivals: Bell; timeoutMs: number; stopped: () => boolean },
): Promise<OutboxMessage[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { rings } = arrivals;
    const messages = await listOutbox(database, filter);
    const remaining = deadline - performance.now();
    if (messages.length > 0 || remaining <= 0 || stopped()) return messages;
    await arrivals.after(rings, Math.min(remaining, POLL_INTERVAL_MS));
  }
}
