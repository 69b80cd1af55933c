import type { Selectable } from 'kysely';
import type { Database, Transaction } from '../database/open.ts';
import { newSortableId } from '../database/sortable-id.ts';
import { transact } from '../database/transact.ts';
import type { MessagesOutboxTable } from './database/tables.ts';
import type { PushDetails } from './push-details.ts';

/** How a message is sent. */
export type Channel = MessagesOutboxTable['channel'];

/** A message to send. */
export interface NewMessage {
  /** The API that sends it. */
  api: string;
  channel: Channel;
  /** A phone number, mail address, user name or device token, as the channel understands it. */
  to: string;
  /** The subject of a mail, the title of a push. */
  subject?: string | undefined;
  /** The format of the body; only mail can be HTML. Defaults to text. */
  format?: 'text' | 'html';
  /** The whole text, the code included. */
  body: string;
  /** The code in the text, for programs that read the outbox. */
  code?: string | undefined;
  /** Required for a push, and only for it. */
  push?: PushDetails | undefined;
}

/** A message that a worker has claimed. */
export type QueuedMessage = Selectable<MessagesOutboxTable>;

/** Rows that fit into one statement of SQLite, which takes 32,766 values. */
const BATCH_ROWS = 1000;

/**
 * Inserts messages in the caller's transaction: they are sent if, and only if, that commits.
 *
 * @returns their ids, in their order
 */
export async function insertMessages(
  database: Database | Transaction,
  messages: readonly (NewMessage & { status: 'queued' | 'kept' })[],
  now: number,
): Promise<string[]> {
  const rows = messages.map(({ api, channel, to, subject, format = 'text', body, code, push, status }) => ({
    id: newSortableId(now),
    api,
    channel,
    recipient: to,
    subject: subject ?? null,
    format,
    body,
    code: code ?? null,
    push: push === undefined ? null : JSON.stringify(push),
    status,
    next_attempt_at: now,
    claim: null,
    last_error: null,
    created_at: now,
    sent_at: null,
  }));
  for (let start = 0; start < rows.length; start += BATCH_ROWS)
    await database
      .insertInto('messages_outbox')
      .values(rows.slice(start, start + BATCH_ROWS))
      .execute();
  return rows.map(({ id }) => id);
}

/**
 * Claims up to `limit` messages that are due, oldest first. The update repeats the conditions of its subquery: when two
 * nodes choose the same message, PostgreSQL checks them again for the second node, which then finds the message claimed.
 *
 * @param claim identifies the worker
 * @param busy recipients that get no more messages now
 */
export async function claimMessages(
  database: Database,
  channel: Channel,
  { claim, limit, now, busy = [] }: { claim: string; limit: number; now: number; busy?: readonly string[] },
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
        .$if(busy.length > 0, (query) => query.where('recipient', 'not in', busy))
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

/** Lets every worker claim the messages, unless a claim has been renewed or has ended in the meantime. */
export async function breakClaims(database: Database, claims: readonly Claim[]): Promise<void> {
  await database
    .updateTable('messages_outbox')
    .set({ claim: null })
    .where((eb) => eb.or(claims.map(({ id, claim, renewals }) => eb.and({ id, renewals }).and('claim', '=', claim))))
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

/** What came of an attempt to send a message. Times in milliseconds since 1970. */
export type Outcome =
  | { status: 'sent' }
  | { status: 'failed'; reason: string }
  /** To be tried again at this time or later. */
  | { status: 'queued'; reason: string; nextAttemptAt: number };

export interface Attempt {
  message: QueuedMessage;
  outcome: Outcome;
}

/**
 * Stores what came of several attempts at once: one statement for all messages that were sent, and in the same
 * transaction one for each of the others. Leaves out messages whose claim another worker has broken.
 *
 * @param keepCopy false blanks text and code: codes are secrets and should not stay in the table
 */
export async function storeOutcomes(
  database: Database,
  claim: string,
  attempts: readonly Attempt[],
  { keepCopy, now }: { keepCopy: boolean; now: number },
): Promise<void> {
  const finished = blankText(keepCopy);
  const sent = attempts.filter(({ outcome }) => outcome.status === 'sent');
  const store = async (db: Database | Transaction) => {
    if (sent.length > 0)
      await release(db, claim, sent)
        .set({ status: 'sent', sent_at: now, last_error: null, ...finished })
        .execute();
    for (const attempt of attempts) {
      const { outcome } = attempt;
      if (outcome.status === 'sent') continue;
      const { status, reason: last_error } = outcome;
      const rest = status === 'failed' ? finished : { next_attempt_at: Math.ceil(outcome.nextAttemptAt) };
      await release(db, claim, [attempt])
        .set({ status, last_error, ...rest })
        .execute();
    }
  };
  const isOneStatement = sent.length === attempts.length || attempts.length === 1;
  await (isOneStatement ? store(database) : transact(database, store));
}

/**
 * Keeps queued messages whose channel no longer has a provider. Webhooks need none.
 *
 * @param keepCopy as for `storeOutcomes`
 */
export async function keepUnsendable(database: Database, sendable: Channel[], keepCopy: boolean): Promise<void> {
  await database
    .updateTable('messages_outbox')
    .set({ status: 'kept', ...blankText(keepCopy) })
    .where('status', '=', 'queued')
    .where('channel', 'not in', ['webhook', ...sendable])
    .execute();
}

/** The columns that blank text and code, unless a copy is kept. */
const blankText = (keepCopy: boolean) => (keepCopy ? {} : { body: '', code: null, push: null });

/** Ends attempts, unless another worker has broken the claim. */
const release = (database: Database | Transaction, claim: string, attempts: readonly Attempt[]) =>
  database
    .updateTable('messages_outbox')
    .set(({ eb }) => ({ attempts: eb('attempts', '+', 1), claim: null }))
    .where(
      'id',
      'in',
      attempts.map(({ message }) => message.id),
    )
    .where('claim', '=', claim)
    .where('status', '=', 'queued');
