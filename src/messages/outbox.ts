import type { Database } from '../database/open.ts';
import type { Bell } from './bell.ts';
import type { Channel } from './queue.ts';

/** A message as the sandbox shows it, whatever has become of it. */
export interface OutboxMessage {
  id: string;
  channel: Channel;
  to: string;
  subject: string | null;
  /** Empty, and `code` null, once the message was sent and copies are not kept. */
  body: string;
  code: string | null;
  /** ISO 8601, UTC. */
  created_at: string;
}

/** Which messages. */
export interface OutboxFilter {
  /** One recipient's; without it everybody's. */
  to?: string | undefined;
  /** Defaults to 100. */
  limit?: number | undefined;
}

/** In milliseconds: how long `waitForOutbox` takes at most to see a message that another node has queued. */
const POLL_INTERVAL = 500;

/** Newest first. */
export async function listOutbox(database: Database, { to, limit = 100 }: OutboxFilter = {}): Promise<OutboxMessage[]> {
  const rows = await database
    .selectFrom('messages_outbox')
    .select(['id', 'channel', 'recipient', 'subject', 'body', 'code', 'created_at'])
    .$if(to !== undefined, (query) => query.where('recipient', '=', to as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ id, channel, recipient, subject, body, code, created_at }) => ({
    id,
    channel,
    to: recipient,
    subject,
    body,
    code,
    created_at: new Date(created_at).toISOString(),
  }));
}

/** Deletes all messages, or one recipient's. What was still waiting to be sent is not sent any more. */
export async function clearOutbox(database: Database, to?: string): Promise<void> {
  await database
    .deleteFrom('messages_outbox')
    .$if(to !== undefined, (query) => query.where('recipient', '=', to as string))
    .execute();
}

/**
 * Like `listOutbox`, but when there is nothing waits for the first message.
 *
 * @param arrivals rings when a message was queued in this process
 * @param timeout in milliseconds; the answer is empty when it is over
 * @param stopped true ends the wait at the next ring: the server goes down or the client has gone away
 */
export async function waitForOutbox(
  database: Database,
  filter: OutboxFilter,
  { arrivals, timeout, stopped }: { arrivals: Bell; timeout: number; stopped: () => boolean },
): Promise<OutboxMessage[]> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const { rings } = arrivals;
    const messages = await listOutbox(database, filter);
    const remaining = deadline - Date.now();
    if (messages.length > 0 || remaining <= 0 || stopped()) return messages;
    await arrivals.after(rings, Math.min(remaining, POLL_INTERVAL));
  }
}
