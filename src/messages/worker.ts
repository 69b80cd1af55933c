import type { Clock } from '../clock.ts';
import type { Database } from '../database/open.ts';
import type { Log } from '../log.ts';
import { createBell } from './bell.ts';
import { type Channel, claimMessages, markFailed, markSent, postpone, type QueuedMessage } from './queue.ts';
import { DeliveryError, errorCode, type Transport } from './transport.ts';

/** Sends what is queued for one channel. */
export interface Worker {
  start(): void;
  /** Looks for messages now and not at the next turn. */
  wake(): void;
  /** Finishes what is under way, takes up nothing new. */
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
  /** Milliseconds until the next try, after `attempt` (from 1) tries have failed. */
  retryDelay: (attempt: number) => number;
}

/** In milliseconds: how long a message waits that another node has queued, or that is due again. */
const POLL_INTERVAL = 1000;

/** Messages under way at the same time. A provider that hangs holds up its own channel only. */
const CONCURRENCY = 10;

const MAX_ATTEMPTS = 8;

/**
 * Creates the worker of a channel. Any number of nodes may run one: each message is taken up by one of them. A node
 * that dies after the provider took a message and before the table says so leaves it to be sent once more, which
 * nothing between two systems can rule out; receivers tell by `Idempotency-Key` or `Message-ID`.
 */
export function createWorker(options: WorkerOptions): Worker {
  const { database, clock, log, channel, transport, keepCopies, retryDelay } = options;
  const bell = createBell();
  const underWay = new Set<Promise<void>>();
  let running: Promise<void> | undefined;
  let closed = false;

  async function run(): Promise<void> {
    while (!closed) {
      const { rings } = bell;
      await takeUp();
      if (!closed) await bell.after(rings, POLL_INTERVAL);
    }
    await Promise.all(underWay);
  }

  async function takeUp(): Promise<void> {
    const free = CONCURRENCY - underWay.size;
    if (free === 0) return;
    try {
      for (const message of await claimMessages(database, channel, { limit: free, now: clock.now() })) {
        const delivery = deliver(message).finally(() => {
          underWay.delete(delivery);
          bell.ring();
        });
        underWay.add(delivery);
      }
    } catch (error) {
      log.error({ err: error, channel }, 'the delivery queue cannot be read');
    }
  }

  /** Never throws. When the outcome cannot be written the lease runs out and the message is sent again. */
  async function deliver(message: QueuedMessage): Promise<void> {
    const facts = { channel, message: message.id, attempt: message.attempts };
    const reason = await send(message);
    try {
      if (reason === undefined) {
        await markSent(database, message, { keepCopy: keepCopies, now: clock.now() });
        log.info(facts, 'message sent');
      } else if (message.attempts >= MAX_ATTEMPTS) {
        await markFailed(database, message, reason, keepCopies);
        log.error({ ...facts, reason }, 'message given up');
      } else {
        await postpone(database, message, reason, clock.now() + retryDelay(message.attempts));
        log.warn({ ...facts, reason }, 'message not sent, will be tried again');
      }
    } catch (error) {
      log.error({ ...facts, err: error }, 'the outcome of a delivery cannot be written');
    }
  }

  /** @returns why it failed, undefined when it did not */
  async function send(message: QueuedMessage): Promise<string | undefined> {
    try {
      await transport.send(message);
      return undefined;
    } catch (error) {
      return error instanceof DeliveryError ? error.message : errorCode(error);
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
