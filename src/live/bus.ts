import { randomUUID } from 'node:crypto';
import type { Log } from '../log.ts';
import { closeRedis, connectRedis } from '../redis.ts';

/** Receives an event with the topic that it subscribed to. */
export type Listener = (event: unknown, topic: string) => void;

/**
 * Carries events to connected clients. Nothing is stored: events without a subscriber are lost, and an event that must
 * not be lost is in the database before it is published.
 */
export interface Bus {
  /**
   * Calls every listener with a subscription to one of the topics, on every node, and once if it has several of them.
   * Call it after the commit (`afterCommit`). Never throws.
   *
   * @param event a JSON value
   */
  publish(topics: readonly string[], event: unknown): void;
  /**
   * Events that one node publishes arrive in the same order.
   *
   * @param missed called when events of other nodes may have been lost: read the database again
   * @returns ends the subscription
   */
  subscribe(topics: readonly string[], listener: Listener, missed?: () => void): () => void;
  close(): Promise<void>;
}

interface Subscription {
  listener: Listener;
  missed: (() => void) | undefined;
}

interface Envelope {
  node: string;
  /** Empty: events of this node may have been lost. */
  topics: string[];
  event: unknown;
}

/**
 * In process, and with a URL also between nodes, over one channel of Redis pub/sub. The name of the channel holds the
 * database number of the URL, so that two installations can share one Redis.
 */
export async function createBus(
  { redisUrl, redisTimeoutMs }: { redisUrl: string | undefined; redisTimeoutMs: number },
  log: Log,
): Promise<Bus> {
  const node = randomUUID();
  const subscriptions = new Map<string, Set<Subscription>>();

  function deliver(topics: readonly string[], event: unknown): void {
    const called = new Set<Subscription>();
    for (const topic of topics) {
      for (const subscription of subscriptions.get(topic) ?? []) {
        if (called.has(subscription)) continue;
        called.add(subscription);
        try {
          subscription.listener(event, topic);
        } catch (error) {
          log.error({ err: error }, 'a listener failed on a live event');
        }
      }
    }
  }

  function reportMissed(): void {
    const all = new Set([...subscriptions.values()].flatMap((some) => [...some]));
    for (const { missed } of all) missed?.();
  }

  const relay =
    redisUrl === undefined
      ? undefined
      : await createRelay(redisUrl, redisTimeoutMs, log, {
          receive(message) {
            const { node: sender, topics, event } = JSON.parse(message) as Envelope;
            if (sender === node) return;
            if (topics.length === 0) reportMissed();
            else deliver(topics, event);
          },
          joined: reportMissed,
          gap: JSON.stringify({ node, topics: [], event: null }),
        });

  return {
    publish(topics, event) {
      if (topics.length === 0) return;
      deliver(topics, event);
      relay?.send(JSON.stringify({ node, topics, event }));
    },
    subscribe(topics, listener, missed) {
      const subscription = { listener, missed };
      for (const topic of topics) {
        const others = subscriptions.get(topic) ?? new Set();
        subscriptions.set(topic, others.add(subscription));
      }
      return () => {
        for (const topic of topics) {
          const others = subscriptions.get(topic);
          others?.delete(subscription);
          if (others?.size === 0) subscriptions.delete(topic);
        }
      };
    },
    async close() {
      await relay?.close();
    },
  };
}

/**
 * The two connections to Redis: a connection that subscribes can do nothing else. Each can break without the other.
 * `joined` is called after the subscriber was away, because events of other nodes may have been lost; `gap` is sent to
 * the other nodes after the publisher was away, because they may have lost events of this node.
 */
async function createRelay(
  url: string,
  timeoutMs: number,
  log: Log,
  { receive, joined, gap }: { receive(message: string): void; joined(): void; gap: string },
) {
  const connect = () => connectRedis(url, timeoutMs, log);
  const [publisher, subscriber] = await Promise.all([connect(), connect()]);
  const channel = `qiyue:live:${subscriber.options.db ?? 0}`;
  subscriber.on('message', (_channel: string, message: string) => {
    // An exception here would end the process: it is thrown out of the socket's event.
    try {
      receive(message);
    } catch (error) {
      log.warn({ err: error }, 'a live event of another node cannot be read');
    }
  });

  async function join(): Promise<void> {
    try {
      await subscriber.subscribe(channel);
      joined();
    } catch (error) {
      log.warn({ err: error }, 'live events of other nodes do not arrive');
    }
  }
  subscriber.on('ready', join);
  if (subscriber.status === 'ready') await join();

  let hasUnsentGap = false;
  async function send(message: string): Promise<void> {
    try {
      await publisher.publish(channel, message);
    } catch (error) {
      hasUnsentGap = true;
      log.warn({ err: error }, 'a live event did not reach the other nodes');
      return;
    }
    await sendGap();
  }
  async function sendGap(): Promise<void> {
    if (!hasUnsentGap) return;
    hasUnsentGap = false;
    await send(gap);
  }
  publisher.on('ready', sendGap);

  return {
    send,
    async close(): Promise<void> {
      await Promise.all([closeRedis(publisher), closeRedis(subscriber)]);
    },
  };
}
