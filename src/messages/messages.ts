import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/open.ts';
import { afterCommit } from '../database/transact.ts';
import type { Log } from '../log.ts';
import { createBell } from './bell.ts';
import { createMailTransport } from './mail.ts';
import { clearOutbox, listOutbox, type OutboxFilter, type OutboxMessage, waitForOutbox } from './outbox.ts';
import { createPushTransport, type PushOptions } from './push.ts';
import { type PushDetails, pushDetailsOf } from './push-details.ts';
import { type Channel, insertMessages, keepUnsendable, type NewMessage } from './queue.ts';
import { DeliveryError, type Transport, UnregisteredError } from './transport.ts';
import { createWebhookTransport } from './webhook.ts';
import { createWorker, type RetryPolicy, type Worker } from './worker.ts';

/** Outgoing messages, and the outbox that shows them. */
export interface Messages {
  /**
   * Starts sending. Without it messages are only queued, as command-line tools need it.
   *
   * @param webhooks sends the webhooks of an API, by its name
   */
  start(webhooks?: ReadonlyMap<string, Transport>): void;
  /** Looks for messages that are due, now and not at the next poll: the clock was moved. */
  wake(): void;
  /** Finishes the messages under way and ends every `waitForOutbox`. Close the database after it. */
  close(): Promise<void>;
  /**
   * Queues a message in the caller's transaction: it is sent if, and only if, that commits. Sending starts within
   * milliseconds of the commit when that was made by `transact`, otherwise within a second. A message that can be
   * neither sent nor shown is stored without its text and code.
   *
   * @returns the id of the message in `messages_outbox`, where housekeeping deletes it after 30 days
   */
  enqueue(database: Database | Transaction, message: NewMessage): Promise<string>;
  /** Queues many messages like `enqueue`, with one statement for a thousand of them. */
  enqueueAll(database: Database | Transaction, messages: readonly NewMessage[]): Promise<void>;
  /**
   * Whether a message can reach its recipient: the channel has a provider, or the sandbox shows the message.
   *
   * @param service of a push: whether the pushes of this service have a provider. Without it: those of any.
   */
  reaches(channel: Channel, service?: string): boolean;
  /**
   * Calls `forget` when a push service says that a device token of this API does not exist any more. A token that was
   * registered after `since` (milliseconds since 1970) is meant no longer.
   */
  onUnregistered(api: string, forget: Forget): void;
  /** Newest first. */
  listOutbox(filter?: OutboxFilter): Promise<OutboxMessage[]>;
  /** Deletes all messages, or one recipient's. Messages that were not sent yet are not sent. */
  clearOutbox(to?: string): Promise<void>;
  /**
   * Like `listOutbox`, but waits up to `timeoutMs` for a first message. `stop` ends the wait within half a second.
   */
  waitForOutbox(filter: OutboxFilter, timeoutMs: number, stop?: AbortSignal): Promise<OutboxMessage[]>;
}

export type Forget = (push: PushDetails & { token: string }, since: number) => Promise<void>;

export interface MessagesOptions extends PushOptions {
  database: Database;
  clock: Clock;
  log: Log;
  /** `smtp://user:password@host:port?from=…`, see `createMailTransport`. */
  mailUrl?: string | undefined;
  /** `https://:secret@host/path`, see `createWebhookTransport`; so is `wechatUrl`. */
  smsUrl?: string | undefined;
  wechatUrl?: string | undefined;
  /** Whether text and code of a message stay readable after it was sent, as in the sandbox. */
  keepCopies: boolean;
  /** In place of the times between two attempts, for tests. */
  retryDelayMs?: (attempts: number) => number;
  /** After this time the messages of a node that died are sent by another one. */
  leaseMs?: number;
  /** How often to look for messages that are due again, or that other nodes have queued. Defaults to a second. */
  pollMs?: number;
}

/** With the second between two polls, an interrupted message goes out after ten seconds. */
const LEASE_MS = 9000;

/**
 * Creates the messages of this process. A channel without a URL has no provider: its messages are kept in the outbox,
 * which the sandbox shows. All nodes on one database need the same URLs.
 *
 * @throws TypeError when a URL cannot be parsed
 */
export function createMessages(options: MessagesOptions): Messages {
  const { database, clock, log, keepCopies, retryDelayMs, leaseMs = LEASE_MS, pollMs } = options;
  const base = { database, clock, log, leaseMs, ...(pollMs !== undefined && { pollMs }) };
  const arrivals = createBell();
  const workers = new Map<Channel, Worker>();
  const retry = { ...GATEWAY_RETRY, ...(retryDelayMs && { delayMs: retryDelayMs }) };
  const forgets = new Map<string, Forget>();
  const push = createPushTransport(options, clock);
  const transports = createTransports(options);
  if (push !== undefined) transports.set('push', forgetting(push, forgets));
  for (const [channel, transport] of transports) {
    workers.set(channel, createWorker({ ...base, channel, transport, keepCopies, retry }));
  }
  let starting: Promise<void> | undefined;
  let closed = false;

  const canSend = ({ channel, push: details }: NewMessage): boolean =>
    channel === 'push' ? (push?.reaches(details?.service ?? '') ?? false) : workers.has(channel);

  async function enqueueAll(db: Database | Transaction, messages: readonly NewMessage[]): Promise<string[]> {
    const rows = messages.map((message) => {
      const status = canSend(message) ? ('queued' as const) : ('kept' as const);
      const isReadable = status === 'queued' || keepCopies;
      return { ...message, ...(!isReadable && { body: '', code: undefined, push: undefined }), status };
    });
    const ids = await insertMessages(db, rows, clock.now());
    afterCommit(db, () => {
      arrivals.ring();
      for (const channel of new Set(messages.map((message) => message.channel))) workers.get(channel)?.wake();
    });
    return ids;
  }

  return {
    start(webhooks = new Map()) {
      if (webhooks.size > 0 && !workers.has('webhook')) {
        const transport = createWebhooksTransport(webhooks);
        const retry = { ...WEBHOOK_RETRY, ...(retryDelayMs && { delayMs: retryDelayMs }) };
        // Copies are kept: they are what is sent again, and hold no secrets.
        const options = { ...base, channel: 'webhook', transport, keepCopies: true, retry } as const;
        workers.set('webhook', createWorker({ ...options, perRecipient: 4 }));
      }
      starting ??= keepUnsendable(database, [...workers.keys()], keepCopies).catch((error) =>
        log.error({ err: error }, 'the queue of messages cannot be read'),
      );
      for (const worker of workers.values()) worker.start();
    },
    wake() {
      for (const worker of workers.values()) worker.wake();
    },
    async close() {
      closed = true;
      arrivals.ring();
      await Promise.all([starting, ...Array.from(workers.values(), (worker) => worker.close())]);
    },
    async enqueue(db, message) {
      const [id] = await enqueueAll(db, [message]);
      return id as string;
    },
    async enqueueAll(db, messages) {
      if (messages.length > 0) await enqueueAll(db, messages);
    },
    reaches(channel, service) {
      if (keepCopies) return true;
      return service === undefined ? workers.has(channel) : (push?.reaches(service) ?? false);
    },
    onUnregistered(api, forget) {
      forgets.set(api, forget);
    },
    listOutbox: (filter) => listOutbox(database, filter),
    clearOutbox: (to) => clearOutbox(database, to),
    waitForOutbox(filter, timeoutMs, stop) {
      return waitForOutbox(database, filter, { arrivals, timeoutMs, stopped: () => closed || stop?.aborted === true });
    },
  };
}

function createTransports({ clock, mailUrl, smsUrl, wechatUrl }: MessagesOptions): Map<Channel, Transport> {
  const transports = new Map<Channel, Transport>();
  if (mailUrl !== undefined) transports.set('email', createMailTransport(mailUrl));
  if (smsUrl !== undefined) transports.set('sms', createWebhookTransport(smsUrl, clock));
  if (wechatUrl !== undefined) transports.set('wechat', createWebhookTransport(wechatUrl, clock));
  return transports;
}

/** Tells the API of a push whose device token does not exist any more. */
const forgetting = (transport: Transport, forgets: ReadonlyMap<string, Forget>): Transport => ({
  ...transport,
  async send(message) {
    try {
      await transport.send(message);
    } catch (error) {
      if (error instanceof UnregisteredError)
        await forgets.get(message.api)?.({ ...pushDetailsOf(message), token: message.recipient }, error.since);
      throw error;
    }
  },
});

/** Passes each webhook to the API that has queued it. */
const createWebhooksTransport = (webhooks: ReadonlyMap<string, Transport>): Transport => ({
  concurrency: 40,
  async send(message) {
    const transport = webhooks.get(message.api);
    if (transport === undefined) throw new DeliveryError('the API is not served');
    await transport.send(message);
  },
  close() {
    for (const transport of webhooks.values()) transport.close();
  },
});

/** Eight attempts in about ten minutes, the lifetime of a code: 5 s, doubled with each attempt. */
const GATEWAY_RETRY: RetryPolicy = {
  maxAttempts: 8,
  delayMs: (attempts) => scattered(5000 * 2 ** (attempts - 1)),
  maxWaitMs: 10 * 60 * 1000,
};

const LONGEST_WEBHOOK_DELAY_MS = 6 * 60 * 60 * 1000;

/** Ten attempts in about twenty hours: 5 s, four times as long with each attempt, six hours at most. */
const WEBHOOK_RETRY: RetryPolicy = {
  maxAttempts: 10,
  delayMs: (attempts) => scattered(Math.min(5000 * 4 ** (attempts - 1), LONGEST_WEBHOOK_DELAY_MS)),
  maxWaitMs: 2 * LONGEST_WEBHOOK_DELAY_MS,
};

/** A random quarter more or less, so that messages which failed together are not tried again together. */
const scattered = (ms: number): number => ms * (0.75 + Math.random() / 2);
