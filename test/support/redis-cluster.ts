import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, it } from 'vitest';

const program = process.env.REDIS_SERVER ?? '';

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
  if (!existsSync(program)) {
    describe.skip(`${title} (skipped: REDIS_SERVER is not the path of a redis-server)`, () => it('needs it', () => {}));
    return;
  }
  describe(title, () => {
    let cluster: RedisCluster | undefined;
    beforeAll(async () => {
      cluster = await startRedisCluster();
    });
    afterAll(() => cluster?.close());
    suite(() => cluster as RedisCluster);
  });
}

interface ClusterNode {
  port: number;
  child: ChildProcess;
  redis: Redis;
}

async function startRedisCluster(): Promise<RedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-redis-'));
  const nodes: ClusterNode[] = [];
  for (let index = 0; index < 3; index++) nodes.push(await startNode(folder));
  const [first] = nodes as [ClusterNode];
  for (const [index, { redis }] of nodes.entries()) {
    const start = Math.floor((index * SLOTS) / 3);
    const end = Math.floor(((index + 1) * SLOTS) / 3) - 1;
    await redis.cluster('ADDSLOTSRANGE', start, end);
    await redis.call('cluster', 'set-config-epoch', index + 1);
    for (const { port } of nodes.slice(0, index)) await redis.cluster('MEET', '127.0.0.1', port);
  }
  await Promise.all(nodes.map(({ redis }) => untilComplete(redis)));

  async function nodeOf(key: string): Promise<{ slot: number; owner: ClusterNode }> {
    const slot = Number(await first.redis.cluster('KEYSLOT', key));
    const ranges = await first.redis.cluster('SLOTS');
    const port = ranges.find(([start, end]) => start <= slot && slot <= end)?.[2]?.[1];
    return { slot, owner: nodes.find((node) => node.port === port) as ClusterNode };
  }

  return {
    url: `redis://${nodes
      .slice(1)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(',')}`,
    async moveSlotOf(key) {
      const { slot, owner } = await nodeOf(key);
      const target = nodes.find((node) => node !== owner) as ClusterNode;
      const id = await target.redis.call('cluster', 'myid');
      for (const { redis } of [target, owner, ...nodes])
        await redis.call('cluster', 'setslot', slot, 'node', id as string);
    },
    async restartNodeOf(key) {
      const { owner } = await nodeOf(key);
      owner.child.kill('SIGKILL');
      await once(owner.child, 'exit');
      owner.child = start(folder, owner.port);
      await untilComplete(owner.redis);
    },
    async close() {
      for (const { redis, child } of nodes) {
        redis.disconnect();
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      await rm(folder, { recursive: true });
    },
  };
}

async function startNode(folder: string): Promise<ClusterNode> {
  // The port of the nodes' own connections is 10000 higher. Above 32767 the system hands out ports for outgoing ones.
  const port = randomInt(10_000, 22_000);
  const child = start(folder, port);
  const redis = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => {});
  await redis.ping();
  return { port, child, redis };
}

function start(folder: string, port: number): ChildProcess {
  const options = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    'cluster-enabled': 'yes',
    'cluster-config-file': `${port}.conf`,
    'cluster-node-timeout': 2000,
    save: '',
    appendonly: 'no',
  };
  const parameters = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return spawn(program, parameters, { stdio: 'ignore' });
}

/** Waits until the node knows the nodes of all slots. */
async function untilComplete(redis: Redis): Promise<void> {
  while (!/cluster_state:ok/.test((await redis.cluster('INFO')) as string)) await sleep(20);
}
