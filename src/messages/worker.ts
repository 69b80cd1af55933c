import type { Clock } from '../clock.ts';
import { groupCommit } from '../database/group-commit.ts';
import type { Database } from '../database/open.ts';
import type { Log } from '../log.ts';
import { createBell } from './bell.ts';
import { createClaims } from './claims.ts';
import {
  type Attempt,
  type Channel,
  claimMessages,
  endWaits,
  type Outcome,
  type QueuedMessage,
  storeOutcomes,
} from './queue.ts';
import { DeliveryError, errorCode, type Transport } from './transport.ts';

/** Sends what is queued for one channel. */
export interface Worker {
  start(): void;
  /** Looks for messages now and not at the next poll. */
  wake(): void;
  /** Finishes the messages under way and claims no others. */
  close(): Promise<void>;
}

export interface WorkerOptions {
  database: Database;
  clock: Clock;
  log: Log;
  channel: Channel;
  transport: Transport;
  /** Whether text and code stay in the table after the message was sent. */
  keepCopies: boolean;
  retry: RetryPolicy;
  /** How many messages for one recipient may be sent at the same time, when the recipient is the one that may hang. */
  perRecipient?: number;
  /** After this time the messages of a worker that died are sent by another one. */
  leaseMs: number;
  /** How often the worker looks by itself. */
  pollMs?: number;
}

/** How often, and when, a message is sent again that was not accepted. */
export interface RetryPolicy {
  maxAttempts: number;
  /** Milliseconds until the next attempt, after `attempts` (from 1) have failed. */
  delayMs: (attempts: number) => number;
  /** Longer than any message waits for its next attempt. A longer wait began before the clock was set back. */
  maxWaitMs: number;
}

/** How often the worker looks for messages that another node has queued, or that are due again. */
const POLL_INTERVAL_MS = 1000;

/** How many messages are sent at the same time. A provider that hangs blocks only its own channel. */
const DEFAULT_CONCURRENCY = 10;

/**
 * Creates the worker of a channel. Any number of nodes may run one; each message is claimed by one of them. When a node
 * dies after the provider accepted a message and before the table is updated, the message is sent once more. Receivers
 * recognise it by `Idempotency-Key` or `Message-ID`.
 */
export function createWorker(options: WorkerOptions): Worker {
  const { database, clock, log, channel, transport, keepCopies, retry, leaseMs, pollMs = POLL_INTERVAL_MS } = options;
  const { concurrency = DEFAULT_CONCURRENCY } = transport;
  const { perRecipient = concurrency } = options;
  const bell = createBell();
  const claims = createClaims(database, channel, leaseMs);
  /** The recipients of the messages that are being sent, by the ids of the messages. */
  const underWay = new Map<string, string>();
  let lastPoll: number | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  async function run(): Promise<void> {
    while (!closed || underWay.size > 0) {
      const { rings } = bell;
      await poll();
      await bell.after(rings, pollMs);
    }
  }

  async function poll(): Promise<void> {
    try {
      await claims.check(underWay);
      if (!closed) await claim();
    } catch (error) {
      log.error({ err: error, channel }, 'the queue of messages cannot be read');
    }
  }

  async function claim(): Promise<void> {
    const now = clock.now();
    await endEndlessWaits(now);
    for (let isFull = true; isFull && underWay.size < concurrency; ) {
      const limit = Math.min(concurrency - underWay.size, perRecipient);
      const claimed = await claimMessages(database, channel, { claim: claims.own, limit, now, busy: busyRecipients() });
      for (const message of claimed) {
        underWay.set(message.id, message.recipient);
        void deliver(message).finally(() => {
          underWay.delete(message.id);
          bell.ring();
        });
      }
      isFull = claimed.length === limit;
    }
  }

  function busyRecipients(): string[] {
    if (perRecipient >= concurrency) return [];
    const counts = new Map<string, number>();
    for (const recipient of underWay.values()) counts.set(recipient, (counts.get(recipient) ?? 0) + 1);
    return [...counts].flatMap(([recipient, count]) => (count >= perRecipient ? [recipient] : []));
  }

  /** The clock may have been set back since the last poll, or before the start. */
  async function endEndlessWaits(now: number): Promise<void> {
    if (lastPoll === undefined) await endWaits(database, channel, { beyond: now + retry.maxWaitMs, now });
    else if (now < lastPoll) await endWaits(database, channel, { beyond: now, now });
    lastPoll = now;
  }

  /** Stores outcomes. Those that arrive while others are stored are stored together by the next statement. */
  const store = groupCommit(async (claim: string, attempts: readonly Attempt[]) => {
    await storeOutcomes(database, claim, attempts, { keepCopy: keepCopies, now: clock.now() });
    return attempts.map(() => ({ status: 'fulfilled', value: undefined }));
  });

  /** Never throws. When the outcome cannot be stored, the lease ends and the message is sent again. */
  async function deliver(message: QueuedMessage): Promise<void> {
    const attempt = message.attempts + 1;
    const fields = { channel, message: message.id, attempt };
    const outcome = await send(message, attempt);
    try {
      await store(claims.own, { message, outcome });
      if (outcome.status === 'sent') log.info(fields, 'message sent');
      else if (outcome.status === 'failed')
        log.error({ ...fields, reason: outcome.reason }, 'message not sent; no more attempts');
      else log.warn({ ...fields, reason: outcome.reason }, 'message not sent; it will be tried again');
    } catch (error) {
      log.error({ ...fields, err: error }, 'the outcome of sending a message cannot be stored');
    }
  }

  async function send(message: QueuedMessage, attempt: number): Promise<Outcome> {
    try {
      await transport.send(message);
      return { status: 'sent' };
    } catch (error) {
      const isKnown = error instanceof DeliveryError;
      const reason = isKnown ? error.message : errorCode(error);
      if (attempt >= retry.maxAttempts || (isKnown && error.isFinal)) return { status: 'failed', reason };
      return { status: 'queued', reason, nextAttemptAt: clock.now() + retry.delayMs(attempt) };
    }
  }

  return {
    start() {
      running ??= run();
    },
    wake: bell.ring,
    async close() {
      closed = true;
      bell.ring();
      await running;
      transport.close();
    },
  };
}
