import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { closeRedis, connectRedis, createSubscriber, isCluster } from '../redis.ts';
import { type Channels, createChannels, type Receiver } from './channels.ts';
import { createClusterChannels } from './cluster-channels.ts';

/** Carries messages between nodes over channels of Redis. */
export interface Relay {
  /** Listens to a topic. `activated` tells from when on. */
  join(topic: string): void;
  leave(topic: string): void;
  /** Sends a message to the nodes that listen to one of the topics: one copy for each topic. Never throws. */
  send(topics: readonly string[], message: string): void;
  close(): Promise<void>;
}

export interface RelayEvents {
  receive(topic: string, message: string): void;
  /** From now on the messages of these topics arrive. Earlier ones may be lost. */
  activated(topics: readonly string[]): void;
  /** Another node has lost messages that it wanted to send, of any topic. */
  lost(): void;
}

/** The topic of messages about lost messages. Every node listens to it. */
const GAP_TOPIC = 'nodes:gap';

/** How long to wait before other nodes hear about lost messages. */
const RETRY_MS = 1000;

/**
 * Every topic is a channel of its own, so that a node receives only what its own connections need. The name of the
 * channel holds the database number of the URL, so that two installations can share one Redis.
 *
 * In a cluster the channels are sharded ones. The first two parts of the topic (`gobelieve:1` of `gobelieve:1:user:2`)
 * choose the node: topics that begin with the same two parts keep the order of their messages.
 */
export async function createRelay(url: string, timeoutMs: number, log: Log, events: RelayEvents): Promise<Relay> {
  const publisher = await connectRedis(url, timeoutMs, log);
  const sharded = isCluster(publisher);
  const prefix = `qiyue:live:${sharded ? 0 : (publisher.options.db ?? 0)}:`;

  let start = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });

  const receiver: Receiver = {
    receive(channel, message) {
      const topic = topicOf(channel);
      if (topic === GAP_TOPIC) events.lost();
      else events.receive(topic, message);
    },
    activated(names) {
      const topics = names.map(topicOf);
      if (topics.includes(GAP_TOPIC)) {
        events.lost();
        start();
      }
      events.activated(topics);
    },
  };
  const channelOf = (topic: string): string => prefix + topic.replace(/^[^:]*(:[^:]*)?/, '{$&}');
  const topicOf = (channel: string): string => channel.slice(prefix.length + 1).replace('}', '');

  async function openChannels(): Promise<Channels> {
    if (sharded) return createClusterChannels(publisher, receiver, log);
    const subscriber = createSubscriber(publisher);
    const channels = createChannels(subscriber, receiver, log);
    await subscriber.connect().catch(() => {});
    return channels;
  }
  const channels = await openChannels();
  channels.add(channelOf(GAP_TOPIC));
  if (publisher.status === 'ready') await Promise.race([started, sleep(timeoutMs, undefined, { ref: false })]);

  let announcement: NodeJS.Timeout | undefined;
  async function publish(topics: readonly string[], message: string): Promise<void> {
    try {
      await Promise.all(
        topics.map((topic) =>
          sharded ? publisher.spublish(channelOf(topic), message) : publisher.publish(channelOf(topic), message),
        ),
      );
    } catch (error) {
      log.warn({ err: error }, 'a live event did not reach the other nodes');
      announcement ??= setTimeout(announceGap, RETRY_MS).unref();
    }
  }
  function announceGap(): void {
    announcement = undefined;
    publish([GAP_TOPIC], '');
  }

  return {
    join: (topic) => channels.add(channelOf(topic)),
    leave: (topic) => channels.delete(channelOf(topic)),
    send: publish,
    async close() {
      clearTimeout(announcement);
      channels.close();
      await closeRedis(publisher);
    },
  };
}
