import type { Redis } from 'ioredis';
import type { Log } from '../log.ts';

/** What a node receives from Redis. */
export interface Receiver {
  receive(channel: string, message: string): void;
  /** From now on the messages of these channels arrive. Earlier ones may be lost. */
  activated(channels: readonly string[]): void;
}

/** The channels that a node listens to. */
export interface Channels {
  add(channel: string): void;
  delete(channel: string): void;
  close(): void;
}

interface ChannelOptions {
  /** Uses the sharded channels of a cluster, which need Redis 7. */
  sharded?: boolean;
  /** Called when Redis refuses, or the connection breaks. */
  failed?: () => void;
}

/** Channels in one command. Redis executes no other one meanwhile. */
const BATCH = 500;

/** How often a silent connection is tested. */
const HEARTBEAT_MS = 10_000;

/** How long to wait after Redis refused. */
const RETRY_MS = 1000;

/**
 * Keeps a connection subscribed to the channels that are added, also when it breaks and comes back.
 *
 * @param redis a connection of `createSubscriber`, which is closed with the channels
 */
export function createChannels(
  redis: Redis,
  { receive, activated }: Receiver,
  log: Log,
  { sharded = false, failed = () => {} }: ChannelOptions = {},
): Channels {
  const wanted = new Set<string>();
  const subscribed = new Set<string>();
  /** Those that were added or deleted and are not yet compared with `subscribed`. */
  const changed = new Set<string>();
  /** Counts the connections: what an earlier one answers late does not count. */
  let connection = 0;
  let isSending = false;

  /** Sends one batch after the other. What is added in one turn of the event loop goes into one command. */
  function send(): void {
    if (isSending || redis.status !== 'ready') return;
    isSending = true;
    const own = connection;
    setImmediate(async () => {
      try {
        while (own === connection && changed.size > 0) await sendBatch(own);
      } catch (error) {
        if (own !== connection) return;
        log.warn({ err: error }, 'live events of other nodes do not arrive');
        setTimeout(() => own === connection && reconnect(), RETRY_MS).unref();
        return;
      }
      if (own === connection) isSending = false;
    });
  }

  async function sendBatch(own: number): Promise<void> {
    const added: string[] = [];
    const dropped: string[] = [];
    for (const channel of changed) {
      if (added.length + dropped.length === BATCH) break;
      changed.delete(channel);
      if (wanted.has(channel) === subscribed.has(channel)) continue;
      (wanted.has(channel) ? added : dropped).push(channel);
    }
    for (const channel of dropped) subscribed.delete(channel);
    await Promise.all([
      ...commandsFor(dropped).map((some) => (sharded ? redis.sunsubscribe(...some) : redis.unsubscribe(...some))),
      ...commandsFor(added).map((some) => (sharded ? redis.ssubscribe(...some) : redis.subscribe(...some))),
    ]);
    if (own !== connection) return;
    for (const channel of added) subscribed.add(channel);
    activated(added);
  }

  /** A command takes any channels, or sharded ones with the same tag. */
  function commandsFor(channels: readonly string[]): string[][] {
    const byTag = new Map<string, string[]>();
    for (const channel of channels) {
      const tag = sharded ? channel.slice(0, channel.indexOf('}')) : '';
      const others = byTag.get(tag);
      if (others) others.push(channel);
      else byTag.set(tag, [channel]);
    }
    return [...byTag.values()];
  }

  function reconnect(): void {
    failed();
    if (redis.status === 'ready') redis.disconnect(true);
  }

  redis.on('ready', () => {
    connection += 1;
    isSending = false;
    subscribed.clear();
    for (const channel of wanted) changed.add(channel);
    send();
  });
  redis.on(sharded ? 'smessage' : 'message', (channel: string, message: string) => {
    // An exception here would end the process: it is thrown out of the socket's event.
    try {
      receive(channel, message);
    } catch (error) {
      log.warn({ err: error }, 'a live event of another node cannot be read');
    }
  });
  // When a cluster moves channels it ends their subscriptions by itself. The library reports that as an error.
  redis.on('error', (error) => {
    log.warn({ err: error }, 'Redis is not reachable');
    reconnect();
  });
  redis.on('moved', reconnect);
  redis.on('close', failed);
  const heartbeat = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => {});
  }, HEARTBEAT_MS).unref();

  const change = (channel: string): void => {
    changed.add(channel);
    send();
  };

  return {
    add(channel) {
      wanted.add(channel);
      change(channel);
    },
    delete(channel) {
      wanted.delete(channel);
      change(channel);
    },
    close() {
      clearInterval(heartbeat);
      connection += 1;
      redis.removeAllListeners('close').removeAllListeners('ready');
      redis.disconnect();
    },
  };
}
