import type { Selectable } from 'kysely';
import type { Database, Transaction } from '../database/open.ts';
import { newSortableId } from '../database/sortable-id.ts';
import type { MessagesOutboxTable } from './database/tables.ts';

/** How a message is sent. */
export type Channel = MessagesOutboxTable['channel'];

/** A message to send. */
export interface NewMessage {
  /** The API that sends it. */
  api: string;
  channel: Channel;
  /** A phone number, mail address or user name, as the channel understands it. */
  to: string;
  /** The subject of a mail. */
  subject?: string;
  /** The format of the body; only mail can be HTML. Defaults to text. */
  format?: 'text' | 'html';
  /** The whole text, the code included. */
  body: string;
  /** The code in the text, for programs that read the outbox. */
  code?: string | undefined;
}

/** A message that a worker has claimed. */
export type QueuedMessage = Selectable<MessagesOutboxTable>;

/**
 * How long a message belongs to the worker that claimed it: longer than any transport takes. After it another worker can
 * claim the messages of one that died.
 */
const LEASE_MS = 60_000;

/**
 * Inserts a message in the caller's transaction: it is sent if, and only if, that commits.
 *
 * @returns its id
 */
export async function insertMessage(
  database: Database | Transaction,
  { api, channel, to, subject, format = 'text', body, code }: NewMessage,
  { status, now }: { status: 'queued' | 'kept'; now: number },
): Promise<string> {
  const id = newSortableId(now);
  await database
    .insertInto('messages_outbox')
    .values({
      id,
      api,
      channel,
      recipient: to,
      subject: subject ?? null,
      format,
      body,
      code: code ?? null,
      status,
      next_attempt_at: now,
      last_error: null,
      created_at: now,
      sent_at: null,
    })
    .execute();
  return id;
}

/**
 * Claims up to `limit` messages that are due, oldest first. The update repeats the conditions of its subquery: when two
 * nodes choose the same message, PostgreSQL checks them again for the second node, which then finds the message claimed.
 */
export async function claimMessages(
  database: Database,
  channel: Channel,
  { limit, now }: { limit: number; now: number },
): Promise<QueuedMessage[]> {
  return database
    .updateTable('messages_outbox')
    .set(({ eb }) => ({ locked_until: now + LEASE_MS, attempts: eb('attempts', '+', 1) }))
    .where('status', '=', 'queued')
    .where('locked_until', '<=', now)
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('messages_outbox')
        .select('id')
        .where('status', '=', 'queued')
        .where('channel', '=', channel)
        .where('next_attempt_at', '<=', now)
        .where('locked_until', '<=', now)
        .orderBy('next_attempt_at')
        .orderBy('id')
        .limit(limit),
    )
    .returningAll()
    .execute();
}

/** @param keepCopy false blanks text and code: codes are secrets and should not stay in the table */
export async function markSent(
  database: Database,
  message: QueuedMessage,
  { keepCopy, now }: { keepCopy: boolean; now: number },
): Promise<void> {
  await settle(database, message, { status: 'sent', sent_at: now, last_error: null }, keepCopy);
}

/** @param keepCopy as for `markSent` */
export async function markFailed(
  database: Database,
  message: QueuedMessage,
  reason: string,
  keepCopy: boolean,
): Promise<void> {
  await settle(database, message, { status: 'failed', last_error: reason }, keepCopy);
}

/** Releases a message for another attempt at `nextAttemptAt` (milliseconds since 1970) or later. */
export async function postpone(
  database: Database,
  message: QueuedMessage,
  reason: string,
  nextAttemptAt: number,
): Promise<void> {
  await held(database, message)
    .set({ last_error: reason, next_attempt_at: Math.ceil(nextAttemptAt), locked_until: 0 })
    .execute();
}

/**
 * Keeps queued messages whose channel no longer has a provider.
 *
 * @param keepCopy as for `markSent`
 */
export async function keepUnsendable(database: Database, sendable: Channel[], keepCopy: boolean): Promise<void> {
  await database
    .updateTable('messages_outbox')
    .set({ status: 'kept', ...blankText(keepCopy) })
    .where('status', '=', 'queued')
    .$if(sendable.length > 0, (query) => query.where('channel', 'not in', sendable))
    .execute();
}

async function settle(
  database: Database,
  message: QueuedMessage,
  outcome: { status: 'sent' | 'failed'; sent_at?: number; last_error: string | null },
  keepCopy: boolean,
): Promise<void> {
  await held(database, message)
    .set({ ...outcome, locked_until: 0, ...blankText(keepCopy) })
    .execute();
}

/** The columns that blank text and code, unless a copy is kept. */
const blankText = (keepCopy: boolean) => (keepCopy ? {} : { body: '', code: null });

/**
 * An update of the message, unless another worker has claimed it after the lease ended: each claim adds one to
 * `attempts`, so the number identifies the claim.
 */
function held(database: Database, { id, attempts }: QueuedMessage) {
  return database
    .updateTable('messages_outbox')
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('status', '=', 'queued');
}
