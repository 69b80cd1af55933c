import type { Logger } from 'pino';
import type { RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { HttpError } from './errors.ts';
import { closeRedis, connectRedis, deleteKeys } from './redis.ts';
import { sha256 } from './secrets.ts';

/**
 * At most `points` within `seconds`; after that, none for `block` seconds. rate-limiter-flexible measures these with the
 * time of the machine or of Redis, not with the context's clock.
 */
export interface LimitRule {
  name: string;
  points: number;
  seconds: number;
  block: number;
}

/** As many as there are threads for password hashes; with fewer, correct passwords would wait longer. */
const MAX_CONCURRENT = 4;

/** How many works with one key run at a time on a node, and how many may wait. */
export interface TurnBounds {
  atOnce: number;
  waiting: number;
}

/** When a request that found no place may try again. */
const RETRY_SECONDS = 5;

/** What one key has used of a rule. */
export interface UsedPoints {
  rule: LimitRule;
  keyHash: string;
  points: number;
  /** By the time of the machine. */
  expiresAt: number;
}

interface Turns {
  running: number;
  waiting: (() => void)[];
}

/**
 * Rate limits; all nodes share the counters when `REDIS_URL` is set. Keys are hashed: logins, addresses and the
 * `customer_id` of GoBelieve must not be readable in Redis.
 */
export interface Limits {
  /** Throws 429 with `Retry-After` while the key is blocked. Uses no point. */
  check(rule: LimitRule, key: string): Promise<void>;
  /** Uses one point. Throws 429 with `Retry-After` when there is none left. */
  consume(rule: LimitRule, key: string): Promise<void>;
  /** Gives all points back. */
  reset(rule: LimitRule, key: string): Promise<void>;
  /**
   * Runs at most four works with the same key at a time on this node, so that each sees the points that others used.
   *
   * @param bounds other numbers than four at a time and no bound of those that wait
   * @throws HttpError unavailable when as many as allowed wait already
   */
  inTurn<T>(key: string, work: () => Promise<T>, bounds?: TurnBounds): Promise<T>;
  /**
   * Gives all points of all keys back.
   *
   * @param upToMs only of those rules that forget within this time
   */
  clear(upToMs?: number): Promise<void>;
  /** The points in use. None where Redis has them: it serves other nodes, too. */
  read(): Promise<UsedPoints[]>;
  /** Gives all points back, and then uses these. */
  write(used: UsedPoints[]): Promise<void>;
  close(): Promise<void>;
}

/** The library is loaded with the first limit: most requests have none. */
export async function createLimits({ redisUrl, redisTimeoutMs }: Config, log: Logger): Promise<Limits> {
  const redis = redisUrl === undefined ? undefined : await connectRedis(redisUrl, redisTimeoutMs, log);
  const limiters = new Map<string, Promise<RateLimiterAbstract>>();
  const rules = new Map<string, LimitRule>();
  const turns = new Map<string, Turns>();

  async function createLimiter({ name, points, seconds, block }: LimitRule): Promise<RateLimiterAbstract> {
    const { RateLimiterMemory, RateLimiterRedis } = await import('rate-limiter-flexible');
    const options = { keyPrefix: `qiyue:limit:${name}`, points, duration: seconds, blockDuration: block };
    // While Redis is away each node counts alone, rather than reject every request.
    return redis === undefined
      ? new RateLimiterMemory(options)
      : new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: new RateLimiterMemory(options) });
  }

  /** Keeps the promise, so that concurrent first requests share one limiter. */
  function limiterOf(rule: LimitRule): Promise<RateLimiterAbstract> {
    const limiter = limiters.get(rule.name) ?? createLimiter(rule);
    limiters.set(rule.name, limiter);
    rules.set(rule.name, rule);
    return limiter;
  }

  async function clear(upToMs = Infinity): Promise<void> {
    const forgetful = [...rules.values()].filter(({ seconds, block }) => Math.max(seconds, block) * 1000 <= upToMs);
    for (const { name } of forgetful) limiters.delete(name);
    if (redis === undefined) return;
    // Other nodes may know more rules.
    const names = upToMs === Infinity ? ['*'] : forgetful.map(({ name }) => `${name}:*`);
    for (const name of names) await deleteKeys(redis, `qiyue:limit:${name}`);
  }

  return {
    async check(rule, key) {
      const state = await (await limiterOf(rule)).get(sha256(key));
      if (state !== null && state.consumedPoints > rule.points && state.msBeforeNext > 0)
        throw tooMany(state.msBeforeNext);
    },
    async consume(rule, key) {
      const limiter = await limiterOf(rule);
      await limiter.consume(sha256(key)).catch((reason: unknown) => {
        if (reason instanceof Error) throw reason;
        throw tooMany((reason as { msBeforeNext: number }).msBeforeNext);
      });
    },
    async reset(rule, key) {
      await (await limiterOf(rule)).delete(sha256(key));
    },
    async inTurn(key, work, { atOnce, waiting } = { atOnce: MAX_CONCURRENT, waiting: Infinity }) {
      const turn = turns.get(key) ?? { running: 0, waiting: [] };
      turns.set(key, turn);
      if (turn.running === atOnce && turn.waiting.length >= waiting) throw tooBusy();
      if (turn.running === atOnce) await new Promise<void>((start) => turn.waiting.push(start));
      else turn.running += 1;
      try {
        return await work();
      } finally {
        const next = turn.waiting.shift();
        if (next) next();
        else turn.running -= 1;
        if (turn.running === 0) turns.delete(key);
      }
    },
    clear,
    async read() {
      const used = await Promise.all(
        [...rules.values()].map(async (rule) => {
          const limiter = await limiterOf(rule);
          if (!('dump' in limiter)) return [];
          const { storage } = (limiter as RateLimiterMemory).dump();
          // Only keys of rules without a duration never expire, and there are none.
          return storage.map(({ key, value: points, expiresAt }) => ({
            rule,
            keyHash: String(key),
            points,
            expiresAt: expiresAt ?? 0,
          }));
        }),
      );
      return used.flat();
    },
    async write(used) {
      await clear();
      for (const { rule, keyHash, points, expiresAt } of used) {
        const seconds = Math.ceil((expiresAt - systemClock.now()) / 1000);
        if (seconds > 0) await (await limiterOf(rule)).set(keyHash, points, seconds);
      }
    },
    async close() {
      await closeRedis(redis);
    },
  };
}

const tooMany = (milliseconds: number) =>
  new HttpError('too_many_requests', 'Too many attempts; try again later', {
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(milliseconds / 1000))) },
  });

const tooBusy = () =>
  new HttpError('unavailable', 'The server is busy; try again later', {
    headers: { 'Retry-After': String(RETRY_SECONDS) },
  });
