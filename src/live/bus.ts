import { randomUUID } from 'node:crypto';
import type { Log } from '../log.ts';
import { closeRedis, connectRedis } from '../redis.ts';

/** Gets an event together with the topic that it was subscribed to. */
export type Listener = (event: unknown, topic: string) => void;

/**
 * Carries what people who are online should see at once. Nothing is stored: whoever is not there does not get it, and
 * what must not be lost stands in the database before it is told here.
 */
export interface Bus {
  /**
   * Tells everybody who has subscribed to one of the topics, on every node; a listener with several of them hears it
   * once. Call it after the commit (`afterCommit`). Never throws.
   *
   * @param event a JSON value
   */
  publish(topics: readonly string[], event: unknown): void;
  /**
   * Events of one node arrive in the order of their publication.
   *
   * @param missed called when events of other nodes may have been lost: read again what is stored
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
  /** None: events of this node may have been lost. */
  topics: string[];
  event: unknown;
}

/**
 * In process, and between nodes over one channel of Redis pub/sub when there is a URL. The channel carries the number
 * of the database in the URL, so that two installations can share one Redis.
 */
export async function createBus({ redisUrl }: { redisUrl: string | undefined }, log: Log): Promise<Bus> {
  const node = randomUUID();
  const subscriptions = new Map<string, Set<Subscription>>();

  function deliver(topics: readonly string[], event: unknown): void {
    const told = new Set<Subscription>();
    for (const topic of topics) {
      for (const subscription of subscriptions.get(topic) ?? []) {
        if (told.has(subscription)) continue;
        told.add(subscription);
        try {
          subscription.listener(event, topic);
        } catch (error) {
          log.error({ err: error }, 'a live event could not be handled');
        }
      }
    }
  }

  function tellOfGap(): void {
    const all = new Set([...subscriptions.values()].flatMap((some) => [...some]));
    for (const { missed } of all) missed?.();
  }

  const relay =
    redisUrl === undefined
      ? undefined
      : await createRelay(redisUrl, log, {
          receive(message) {
            const { node: sender, topics, event } = JSON.parse(message) as Envelope;
            if (sender === node) return;
            if (topics.length === 0) tellOfGap();
            else deliver(topics, event);
          },
          joined: tellOfGap,
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
 * The two connections to Redis: one that subscribes can do nothing else. Either can break alone, and nobody but its node
 * knows: this one calls `joined` when others may have told something before, and sends `gap` when it has itself.
 */
async function createRelay(
  url: string,
  log: Log,
  { receive, joined, gap }: { receive(message: string): void; joined(): void; gap: string },
) {
  const [publisher, subscriber] = await Promise.all([connectRedis(url, log), connectRedis(url, log)]);
  const channel = `qiyue:live:${subscriber.options.db ?? 0}`;
  subscriber.on('message', (_channel: string, message: string) => receive(message));

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

  let isGapUntold = false;
  async function send(message: string): Promise<void> {
    try {
      await publisher.publish(channel, message);
    } catch (error) {
      isGapUntold = true;
      log.warn({ err: error }, 'a live event did not reach the other nodes');
      return;
    }
    await admitGap();
  }
  async function admitGap(): Promise<void> {
    if (!isGapUntold) return;
    isGapUntold = false;
    await send(gap);
  }
  publisher.on('ready', admitGap);

  return {
    send,
    async close(): Promise<void> {
      await Promise.all([closeRedis(publisher), closeRedis(subscriber)]);
    },
  };
}
