import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Demo } from './gobelieve/apps.ts';
import { startProcess } from './support/process.ts';
import { startRedisCluster } from './support/redis-cluster.ts';
import { describeRedis, type RedisFolder } from './support/redis-server.ts';

/** Starts what is in Redis' place. Returns its URL and what ends it. */
type Start = (folder: RedisFolder) => Promise<{ url: string; close(): Promise<void> }>;

const kinds: Record<string, Start> = {
  async 'one server'(folder) {
    const server = await folder.start(() => ({}), true);
    return { url: `rediss://${server.address}/1`, close: server.close };
  },
  'a cluster': (folder) => startRedisCluster(folder, true),
};

/** Reads GoBelieve's event stream of a demo user until it has the text. */
async function readUntil(url: string, token: string, text: string): Promise<void> {
  const response = await fetch(`${url}/gobelieve/client/events`, { headers: { Authorization: `Bearer ${token}` } });
  let received = '';
  for await (const bytes of response.body ?? []) {
    received += Buffer.from(bytes).toString();
    if (received.includes(text)) return;
  }
}

async function notify(url: string, { appid, appsecret }: Demo, receiver: number): Promise<void> {
  const digest = createHash('md5').update(appsecret).digest('hex');
  const response = await fetch(`${url}/gobelieve/messages/notifications`, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${appid}:${digest}`).toString('base64')}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ receiver, content: 'over TLS' }),
  });
  expect(response.status).toBe(200);
}

describeRedis('Redis over TLS', (folder) => {
  describe.each(Object.entries(kinds))('%s', (_name, start) => {
    let redis: Awaited<ReturnType<Start>>;
    beforeAll(async () => {
      redis = await start(folder());
    });
    afterAll(() => redis.close());

    async function startNode(variables: Record<string, string> = {}, database?: string) {
      const own = database ?? (await mkdtemp(join(tmpdir(), 'qiyue-redis-')));
      if (database === undefined) onTestFinished(() => rm(own, { recursive: true }));
      const node = await startProcess({ DATABASE_URL: `sqlite:${own}/qiyue.db`, REDIS_URL: redis.url, ...variables });
      return { ...node, database: own };
    }

    it('carries live events between nodes that trust the certificate by NODE_EXTRA_CA_CERTS', async () => {
      const trusting = { NODE_EXTRA_CA_CERTS: folder().certificate };
      const one = await startNode(trusting);
      const other = await startNode(trusting, one.database);
      const { gobelieve } = (await (await fetch(`${one.url}/sandbox/credentials`)).json()) as { gobelieve: Demo };
      const [user] = gobelieve.users as [Demo['users'][number]];
      let hasArrived = false;
      const reading = readUntil(one.url, user.token, 'over TLS').then(() => {
        hasArrived = true;
      });
      // The first ones may come before the node has subscribed.
      while (!hasArrived) {
        await notify(other.url, gobelieve, user.uid);
        await sleep(50);
      }
      await reading;
      expect(one.output() + other.output()).not.toContain('Redis is not reachable');
    });

    it('is not used without trust, and the log says why', async () => {
      const { output } = await startNode();
      expect(output()).toContain('self-signed certificate');
    });
  });
});
