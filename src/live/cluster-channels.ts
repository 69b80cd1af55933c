import type { Cluster } from 'ioredis';
import type { Log } from '../log.ts';
import { createNodeSubscriber } from '../redis.ts';
import { type Channels, createChannels, type Receiver } from './channels.ts';

/** Where a channel is. */
interface Place {
  slot: number;
  /** `undefined` while no node of the cluster is known to have the slot. */
  node: string | undefined;
}

/**
 * The sharded channels of a cluster. Each is on the node that has its slot, and moves with it. There is one connection to
 * each node that has one of the channels.
 */
export async function createClusterChannels(cluster: Cluster, receiver: Receiver, log: Log): Promise<Channels> {
  const { Command } = await import('ioredis');
  const places = new Map<string, Place>();
  const connections = new Map<string, { channels: Channels; count: number }>();

  const slotOf = (channel: string): number => new Command('ssubscribe', [channel]).getSlot();

  function connect(node: string) {
    const redis = createNodeSubscriber(cluster, node);
    const channels = createChannels(redis, receiver, log, { sharded: true, failed: () => cluster.refreshSlotsCache() });
    redis.connect().catch(() => {});
    const connection = { channels, count: 0 };
    connections.set(node, connection);
    return connection;
  }

  function join(channel: string, slot: number): void {
    const node = cluster.slots[slot]?.[0];
    places.set(channel, { slot, node });
    if (node === undefined) return;
    const connection = connections.get(node) ?? connect(node);
    connection.count += 1;
    connection.channels.add(channel);
  }

  function leave(channel: string): void {
    const node = places.get(channel)?.node;
    places.delete(channel);
    const connection = node === undefined ? undefined : connections.get(node);
    if (node === undefined || connection === undefined) return;
    connection.count -= 1;
    connection.channels.delete(channel);
    if (connection.count > 0) return;
    connection.channels.close();
    connections.delete(node);
  }

  function followSlots(): void {
    for (const [channel, { slot, node }] of [...places]) {
      if (cluster.slots[slot]?.[0] === node) continue;
      leave(channel);
      join(channel, slot);
    }
  }
  cluster.on('refresh', followSlots);

  return {
    add: (channel) => join(channel, slotOf(channel)),
    delete: leave,
    close() {
      cluster.off('refresh', followSlots);
      for (const { channels } of connections.values()) channels.close();
    },
  };
}
