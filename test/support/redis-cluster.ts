import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { describeRedis, type RedisFolder, type RedisServer } from './redis-server.ts';

const SLOTS = 16_384;

/** A cluster of three real servers. */
export interface RedisCluster {
  /** For `REDIS_URL`. It names two of the nodes. */
  url: string;
  /** Gives the slot of a key to another node. */
  moveSlotOf(key: string): Promise<void>;
  /** Ends the node that has the slot of a key, and starts it again. */
  restartNodeOf(key: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Runs a suite with a cluster of Redis 7 or newer. `REDIS_SERVER=/usr/bin/redis-server npm test`
 *
 * @param suite gets a function that returns the cluster while tests run
 */
export function describeRedisCluster(title: string, suite: (cluster: () => RedisCluster) => void): void {
  describeRedis(title, (folder) => {
    let cluster: RedisCluster | undefined;
    beforeAll(async () => {
      cluster = await startRedisCluster(folder());
    });
    afterAll(() => cluster?.close());
    suite(() => cluster as RedisCluster);
  });
}

/** As clusters are that have TLS and a host name in their certificate, its nodes name each other by host. */
const named = {
  'tls-cluster': 'yes',
  'cluster-announce-hostname': 'localhost',
  'cluster-preferred-endpoint-type': 'hostname',
};

export async function startRedisCluster(folder: RedisFolder, isEncrypted = false): Promise<RedisCluster> {
  const nodes: RedisServer[] = [];
  for (let index = 0; index < 3; index++)
    nodes.push(
      await folder.start(
        (port) => ({
          'cluster-enabled': 'yes',
          'cluster-config-file': `${port}.conf`,
          'cluster-node-timeout': '2000',
          ...(isEncrypted && named),
        }),
        isEncrypted,
      ),
    );
  const [first] = nodes as [RedisServer];
  for (const [index, { redis }] of nodes.entries()) {
    const start = Math.floor((index * SLOTS) / 3);
    const end = Math.floor(((index + 1) * SLOTS) / 3) - 1;
    await redis.cluster('ADDSLOTSRANGE', start, end);
    await redis.call('cluster', 'set-config-epoch', index + 1);
    for (const { port } of nodes.slice(0, index)) await redis.cluster('MEET', '127.0.0.1', port);
  }
  await Promise.all(nodes.map(({ redis }) => untilComplete(redis)));

  async function nodeOf(key: string): Promise<{ slot: number; owner: RedisServer }> {
    const slot = Number(await first.redis.cluster('KEYSLOT', key));
    const ranges = await first.redis.cluster('SLOTS');
    const port = ranges.find(([start, end]) => start <= slot && slot <= end)?.[2]?.[1];
    return { slot, owner: nodes.find((node) => node.port === port) as RedisServer };
  }

  return {
    url: `${isEncrypted ? 'rediss' : 'redis'}://${nodes
      .slice(1)
      .map(({ address }) => address)
      .join(',')}`,
    async moveSlotOf(key) {
      const { slot, owner } = await nodeOf(key);
      const target = nodes.find((node) => node !== owner) as RedisServer;
      const id = await target.redis.call('cluster', 'myid');
      for (const { redis } of [target, owner, ...nodes])
        await redis.call('cluster', 'setslot', slot, 'node', id as string);
    },
    async restartNodeOf(key) {
      const { owner } = await nodeOf(key);
      await owner.restart();
      await untilComplete(owner.redis);
    },
    async close() {
      for (const node of nodes) await node.close();
    },
  };
}

/** Waits until the node knows the nodes of all slots. */
async function untilComplete(redis: Redis): Promise<void> {
  while (!/cluster_state:ok/.test((await redis.cluster('INFO')) as string)) await sleep(20);
}
