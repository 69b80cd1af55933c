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
      claim: null,
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
 *
 * @param claim identifies the worker
 */
export async function claimMessages(
  database: Database,
  channel: Channel,
  { claim, limit, now }: { claim: string; limit: number; now: number },
): Promise<QueuedMessage[]> {
  return database
    .updateTable('messages_outbox')
    .set({ claim, renewals: 0 })
    .where('status', '=', 'queued')
    .where('claim', 'is', null)
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('messages_outbox')
        .select('id')
        .where('status', '=', 'queued')
        .where('channel', '=', channel)
        .where('next_attempt_at', '<=', now)
        .where('claim', 'is', null)
        .orderBy('next_attempt_at')
        .orderBy('id')
        .limit(limit),
    )
    .returningAll()
    .execute();
}

/** Shows the other workers that the worker of these messages is alive. */
export async function renewClaims(database: Database, claim: string, ids: readonly string[]): Promise<void> {
  await database
    .updateTable('messages_outbox')
    .set(({ eb }) => ({ renewals: eb('renewals', '+', 1) }))
    .where('id', 'in', ids)
    .where('claim', '=', claim)
    .execute();
}

/** A claimed message as other workers see it. */
export type Claim = Pick<QueuedMessage, 'id' | 'claim' | 'renewals'>;

export async function listClaims(database: Database, channel: Channel): Promise<Claim[]> {
  return database
    .selectFrom('messages_outbox')
    .select(['id', 'claim', 'renewals'])
    .where('channel', '=', channel)
    .where('claim', 'is not', null)
    .execute();
}

/** Lets every worker claim the message, unless the claim has been renewed or has ended in the meantime. */
export async function breakClaim(database: Database, { id, claim, renewals }: Claim): Promise<void> {
  await database
    .updateTable('messages_outbox')
    .set({ claim: null })
    .where('id', '=', id)
    .where('claim', '=', claim)
    .where('renewals', '=', renewals)
    .execute();
}

/** Makes the messages due that wait beyond a time. They were stored before the clock was set back. */
export async function endWaits(
  database: Database,
  channel: Channel,
  { beyond, now }: { beyond: number; now: number },
): Promise<void> {
  await database
    .updateTable('messages_outbox')
    .set({ next_attempt_at: now })
    .where('status', '=', 'queued')
    .where('channel', '=', channel)
    .where('next_attempt_at', '>', beyond)
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
  await release(database, message)
    .set({ last_error: reason, next_attempt_at: Math.ceil(nextAttemptAt) })
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
  await release(database, message)
    .set({ ...outcome, ...blankText(keepCopy) })
    .execute();
}

/** The columns that blank text and code, unless a copy is kept. */
const blankText = (keepCopy: boolean) => (keepCopy ? {} : { body: '', code: null });

/** Ends the attempt at a message, unless another worker has broken the claim. */
function release(database: Database, { id, attempts, claim }: QueuedMessage) {
  return database
    .updateTable('messages_outbox')
    .set({ attempts: attempts + 1, claim: null })
    .where('id', '=', id)
    .where('claim', '=', claim)
    .where('status', '=', 'queued');
}
