import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { createLimits, type LimitRule, type Limits } from '../src/limits.ts';
import { redisUrl as redis } from './support/redis.ts';
import { describeRedisCluster } from './support/redis-cluster.ts';
import { startSilentProxy } from './support/silent-proxy.ts';

const opened: Limits[] = [];
const log = pino({ level: 'silent' });

async function open(environment: Record<string, string> = {}): Promise<Limits> {
  const limits = await createLimits(readConfig([], environment), log);
  opened.push(limits);
  return limits;
}

/** A new name, because Redis keeps the counters of earlier runs. */
const rule = (): LimitRule => ({ name: randomUUID(), points: 3, seconds: 60, block: 30 });

async function use(limits: Limits, limit: LimitRule, key: string, times: number) {
  for (let time = 0; time < times; time++) await limits.consume(limit, key);
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((limits) => limits.close()));
});

function behaves(readEnvironment: () => Record<string, string>) {
  it('allows the points and then throws 429 with a whole number of seconds', async () => {
    const limits = await open(readEnvironment());
    const limit = rule();
    await use(limits, limit, 'someone', 3);
    await limits.check(limit, 'someone');
    const error = await limits.consume(limit, 'someone').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 429, kind: 'too_many_requests' });
    const seconds = Number((error as { headers: Record<string, string> }).headers['Retry-After']);
    expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 30).toBe(true);
    await expect(limits.check(limit, 'someone')).rejects.toMatchObject({ status: 429 });
  });

  it('counts concurrent first requests', async () => {
    const limits = await open(readEnvironment());
    const limit = rule();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => limits.consume(limit, 'someone')));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  it('counts each key and each rule separately', async () => {
    const limits = await open(readEnvironment());
    const limit = rule();
    await use(limits, limit, 'someone', 3);
    await expect(limits.consume(limit, 'someone')).rejects.toMatchObject({ status: 429 });
    await limits.consume(limit, 'another');
    await limits.consume(rule(), 'someone');
  });

  it('gives all points back', async () => {
    const limits = await open(readEnvironment());
    const limit = rule();
    await use(limits, limit, 'someone', 3);
    await limits.reset(limit, 'someone');
    await use(limits, limit, 'someone', 3);
  });
}

describe('limits in memory', () => behaves(() => ({})));

describeRedisCluster('limits in a cluster of Redis', (cluster) => behaves(() => ({ REDIS_URL: cluster().url })));

describe.skipIf(redis === undefined)(`limits in Redis${redis ? '' : ' (skipped, TEST_REDIS_URL is not set)'}`, () => {
  behaves(() => ({ REDIS_URL: redis ?? '' }));

  it('are shared by two nodes', async () => {
    const [one, other] = [await open({ REDIS_URL: redis ?? '' }), await open({ REDIS_URL: redis ?? '' })];
    const limit = rule();
    await use(one, limit, 'someone', 3);
    await expect(other.consume(limit, 'someone')).rejects.toMatchObject({ status: 429 });
  });

  it('do not show in the keys what is limited', async () => {
    const limit = rule();
    await use(await open({ REDIS_URL: redis ?? '' }), limit, 'person@example.com', 1);
    const client = new Redis(redis ?? '');
    const keys = await client.keys(`*${limit.name}*`);
    await client.quit();
    expect(keys).toEqual([expect.stringMatching(/:[0-9a-f]{64}$/)]);
  });
});

describe('limits without their Redis', () => {
  it('count in memory when it accepts connections and does not answer', async () => {
    const silent = await startSilentProxy();
    const limits = await open({ REDIS_URL: `redis://127.0.0.1:${silent.port}`, REDIS_TIMEOUT: '200' });
    const limit = rule();
    await use(limits, limit, 'someone', 3);
    await expect(limits.consume(limit, 'someone')).rejects.toMatchObject({ status: 429 });
    await limits.close();
    silent.close();
  });

  it.skipIf(redis === undefined)('count in memory when it falls silent', async () => {
    const { hostname, port } = new URL(redis ?? '');
    const proxy = await startSilentProxy({ hostname, port: Number(port || 6379) });
    const limits = await open({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_TIMEOUT: '200' });
    const limit = rule();
    await use(limits, limit, 'someone', 2);
    proxy.silence();
    await use(limits, limit, 'someone', 3);
    await expect(limits.consume(limit, 'someone')).rejects.toMatchObject({ status: 429 });
    await limits.close();
    proxy.close();
  });

  it('count in memory', async () => {
    const limits = await open({ REDIS_URL: 'redis://127.0.0.1:1' });
    const limit = rule();
    await use(limits, limit, 'someone', 3);
    await expect(limits.consume(limit, 'someone')).rejects.toMatchObject({ status: 429 });
  });
});

it('runs a bounded number of works at once, and refuses more than may wait', async () => {
  const limits = await open();
  const bounds = { atOnce: 2, waiting: 1 };
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const run = (number: number) =>
    limits.inTurn(
      'key',
      () => {
        started.push(number);
        return new Promise<void>((end) => ends.push(end));
      },
      bounds,
    );
  const works = [run(1), run(2), run(3)];
  await expect(run(4)).rejects.toMatchObject({ status: 503, headers: { 'Retry-After': '5' } });
  expect(started).toEqual([1, 2]);
  ends[0]?.();
  await works[0];
  expect(started).toEqual([1, 2, 3]);
  for (const end of ends) end();
  await Promise.all(works);
  // Other keys do not wait.
  await limits.inTurn('another key', async () => {}, bounds);
});
