import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/open.ts';
import { afterCommit } from '../database/transact.ts';
import type { Log } from '../log.ts';
import { createBell } from './bell.ts';
import { createMailTransport } from './mail.ts';
import { clearOutbox, listOutbox, type OutboxFilter, type OutboxMessage, waitForOutbox } from './outbox.ts';
import { type Channel, insertMessage, keepUnsendable, type NewMessage } from './queue.ts';
import type { Transport } from './transport.ts';
import { createWebhookTransport } from './webhook.ts';
import { createWorker, type Worker } from './worker.ts';

/** Everything that leaves the house, and the outbox that shows it. */
export interface Messages {
  /** Begins to send. Without it messages are queued only, which is what a command-line tool wants. */
  start(): void;
  /** Finishes what is under way, and lets those go who wait for messages. Close the database after it. */
  close(): Promise<void>;
  /**
   * Queues a message in the caller's transaction, so that it is sent if, and only if, that commits. It leaves within
   * milliseconds of the commit when that was made by `transact`, otherwise within a second.
   *
   * @returns the id that the message has in `messages_outbox`, where housekeeping deletes it after 30 days
   */
  enqueue(database: Database | Transaction, message: NewMessage): Promise<string>;
  /** Whether anybody will see what is sent: the channel has a provider, or the sandbox shows it. */
  reaches(channel: Channel): boolean;
  /** Newest first. */
  listOutbox(filter?: OutboxFilter): Promise<OutboxMessage[]>;
  /** Deletes all messages, or one recipient's. What was still waiting to be sent is not sent any more. */
  clearOutbox(to?: string): Promise<void>;
  /**
   * Like `listOutbox`, but waits up to `timeout` milliseconds for a first message. A client that went away (`stop`) is
   * noticed within half a second.
   */
  waitForOutbox(filter: OutboxFilter, timeout: number, stop?: AbortSignal): Promise<OutboxMessage[]>;
}

export interface MessagesOptions {
  database: Database;
  clock: Clock;
  log: Log;
  /** `smtp://user:password@host:port?from=…`, see `createMailTransport`. */
  mailUrl?: string | undefined;
  /** `https://:secret@host/path`, see `createWebhookTransport`; so is `wechatUrl`. */
  smsUrl?: string | undefined;
  wechatUrl?: string | undefined;
  /** Whether text and code of a message stay readable after it was sent: in the sandbox. */
  keepCopies: boolean;
  /** Milliseconds until the next try, after `attempt` (from 1) tries have failed. */
  retryDelay?: (attempt: number) => number;
}

/**
 * Creates the delivery of this process. A channel without a URL has no provider: its messages are kept in the outbox,
 * where the sandbox reads them. All nodes on one database are given the same URLs.
 *
 * @throws TypeError when a URL is none
 */
export function createMessages(options: MessagesOptions): Messages {
  const { database, clock, log, keepCopies, retryDelay = defaultRetryDelay } = options;
  const arrivals = createBell();
  const workers = new Map<Channel, Worker>();
  for (const [channel, transport] of createTransports(options)) {
    workers.set(channel, createWorker({ database, clock, log, channel, transport, keepCopies, retryDelay }));
  }
  let starting: Promise<void> | undefined;
  let closed = false;

  return {
    start() {
      starting ??= keepUnsendable(database, [...workers.keys()]).catch((error) =>
        log.error({ err: error }, 'the delivery queue cannot be read'),
      );
      for (const worker of workers.values()) worker.start();
    },
    async close() {
      closed = true;
      arrivals.ring();
      await Promise.all([starting, ...Array.from(workers.values(), (worker) => worker.close())]);
    },
    async enqueue(db, message) {
      const worker = workers.get(message.channel);
      const id = await insertMessage(db, message, { status: worker ? 'queued' : 'kept', now: clock.now() });
      afterCommit(db, () => {
        arrivals.ring();
        worker?.wake();
      });
      return id;
    },
    reaches: (channel) => keepCopies || workers.has(channel),
    listOutbox: (filter) => listOutbox(database, filter),
    clearOutbox: (to) => clearOutbox(database, to),
    waitForOutbox(filter, timeout, stop) {
      return waitForOutbox(database, filter, { arrivals, timeout, stopped: () => closed || stop?.aborted === true });
    },
  };
}

function createTransports({ mailUrl, smsUrl, wechatUrl }: MessagesOptions): Map<Channel, Transport> {
  const transports = new Map<Channel, Transport>();
  if (mailUrl !== undefined) transports.set('email', createMailTransport(mailUrl));
  if (smsUrl !== undefined) transports.set('sms', createWebhookTransport(smsUrl));
  if (wechatUrl !== undefined) transports.set('wechat', createWebhookTransport(wechatUrl));
  return transports;
}

/**
 * 5 s, doubled with each try: the eight tries span about ten minutes, as long as a code lives. A quarter more or less
 * by chance, so that what failed together is not tried again together.
 */
function defaultRetryDelay(attempt: number): number {
  return 5000 * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
}
