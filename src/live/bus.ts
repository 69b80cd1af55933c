import { randomUUID } from 'node:crypto';
import type { Log } from '../log.ts';
import { createRelay } from './relay.ts';

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
   * Events that one node publishes arrive in the same order. In a Redis cluster they do so if their topics begin with the
   * same two parts, such as `gobelieve:1`; the topics of one event or subscription should.
   *
   * @param missed called when events of other nodes may have been lost: read the database again. So it is soon after the
   *   subscription, from when on events of other nodes arrive; not if this node listens to the topics already.
   * @returns ends the subscription
   */
  subscribe(topics: readonly string[], listener: Listener, missed?: () => void): () => void;
  close(): Promise<void>;
}

interface Subscription {
  listener: Listener;
  missed: (() => void) | undefined;
  /** The last event by node: one of several topics arrives once for each. Not needed with a single topic. */
  last: Map<string, number> | undefined;
}

/** An event on its way to another node. */
interface Envelope {
  node: string;
  /** Counts the events of the node. */
  number: number;
  event: unknown;
}

/** In process, and with a URL also between nodes, over Redis pub/sub (see `createRelay`). */
export async function createBus(
  { redisUrl, redisTimeoutMs }: { redisUrl: string | undefined; redisTimeoutMs: number },
  log: Log,
): Promise<Bus> {
  const node = randomUUID();
  const ownStart = `{"node":"${node}"`;
  const subscriptions = new Map<string, Set<Subscription>>();
  let count = 0;

  function call({ listener }: Subscription, event: unknown, topic: string): void {
    try {
      listener(event, topic);
    } catch (error) {
      log.error({ err: error }, 'a listener failed on a live event');
    }
  }

  function deliverHere(topics: readonly string[], event: unknown): void {
    const called = new Set<Subscription>();
    for (const topic of topics) {
      for (const subscription of subscriptions.get(topic) ?? []) {
        if (called.has(subscription)) continue;
        called.add(subscription);
        call(subscription, event, topic);
      }
    }
  }

  function receive(topic: string, message: string): void {
    if (message.startsWith(ownStart)) return;
    const { node: sender, number, event } = JSON.parse(message) as Envelope;
    for (const subscription of subscriptions.get(topic) ?? []) {
      if (subscription.last?.get(sender) === number) continue;
      subscription.last?.set(sender, number);
      call(subscription, event, topic);
    }
  }

  function reportMissed(topics: Iterable<string>): void {
    const all = new Set([...topics].flatMap((topic) => [...(subscriptions.get(topic) ?? [])]));
    for (const { missed } of all) missed?.();
  }

  const relay =
    redisUrl === undefined
      ? undefined
      : await createRelay(redisUrl, redisTimeoutMs, log, {
          receive,
          activated: reportMissed,
          lost: () => reportMissed(subscriptions.keys()),
        });

  return {
    publish(topics, event) {
      if (topics.length === 0) return;
      deliverHere(topics, event);
      count += 1;
      relay?.send([...new Set(topics)], JSON.stringify({ node, number: count, event } satisfies Envelope));
    },
    subscribe(topics, listener, missed) {
      const last = topics.length > 1 ? new Map<string, number>() : undefined;
      const subscription: Subscription = { listener, missed, last };
      for (const topic of topics) {
        const others = subscriptions.get(topic) ?? new Set();
        if (others.size === 0) relay?.join(topic);
        subscriptions.set(topic, others.add(subscription));
      }
      return () => {
        for (const topic of topics) {
          const others = subscriptions.get(topic);
          if (!others?.delete(subscription) || others.size > 0) continue;
          subscriptions.delete(topic);
          relay?.leave(topic);
        }
      };
    },
    async close() {
      await relay?.close();
    },
  };
}
