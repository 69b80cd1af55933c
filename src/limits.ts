import type { Logger } from 'pino';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Config } from './config.ts';
import { HttpError } from './errors.ts';
import { closeRedis, connectRedis } from './redis.ts';

/** More than `points` within `seconds` are answered with a pause of `block` seconds. */
export interface LimitRule {
  name: string;
  points: number;
  seconds: number;
  block: number;
}

/** As many as threads look at passwords: with fewer an honest burst would wait longer. */
const AT_ONCE = 4;

interface Turns {
  running: number;
  waiting: (() => void)[];
}

/** Counters that all nodes share when `REDIS_URL` is set. */
export interface Limits {
  /** Throws 429 with `Retry-After` while the key has to pause. Counts nothing. */
  check(rule: LimitRule, key: string): Promise<void>;
  /** Uses up one point; throws 429 when there was none left. */
  consume(rule: LimitRule, key: string): Promise<void>;
  /** Gives all points back. */
  reset(rule: LimitRule, key: string): Promise<void>;
  /** Lets only a few works with the same key run at a time on this node, so that each sees what those before it did. */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Loads its library when the first limit is looked at: most requests have none. */
export async function createLimits({ redisUrl }: Config, log: Logger): Promise<Limits> {
  const redis = redisUrl === undefined ? undefined : await connectRedis(redisUrl, log);
  const limiters = new Map<string, Promise<RateLimiterAbstract>>();
  const turns = new Map<string, Turns>();

  async function createLimiter({ name, points, seconds, block }: LimitRule): Promise<RateLimiterAbstract> {
    const { RateLimiterMemory, RateLimiterRedis } = await import('rate-limiter-flexible');
    const options = { keyPrefix: `qiyue:limit:${name}`, points, duration: seconds, blockDuration: block };
    // Without Redis for a moment each node counts for itself: refusing everybody would be the greater harm.
    return redis === undefined
      ? new RateLimiterMemory(options)
      : new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: new RateLimiterMemory(options) });
  }

  /** The promise is kept, so that a first burst finds one limiter and not one for each of its requests. */
  function limiterOf(rule: LimitRule): Promise<RateLimiterAbstract> {
    const limiter = limiters.get(rule.name) ?? createLimiter(rule);
    limiters.set(rule.name, limiter);
    return limiter;
  }

  return {
    async check(rule, key) {
      const state = await (await limiterOf(rule)).get(key);
      if (state !== null && state.consumedPoints > rule.points && state.msBeforeNext > 0)
        throw tooMany(state.msBeforeNext);
    },
    async consume(rule, key) {
      const limiter = await limiterOf(rule);
      await limiter.consume(key).catch((refusal: unknown) => {
        if (refusal instanceof Error) throw refusal;
        throw tooMany((refusal as { msBeforeNext: number }).msBeforeNext);
      });
    },
    async reset(rule, key) {
      await (await limiterOf(rule)).delete(key);
    },
    async inTurn(key, work) {
      const turn = turns.get(key) ?? { running: 0, waiting: [] };
      turns.set(key, turn);
      if (turn.running === AT_ONCE) await new Promise<void>((start) => turn.waiting.push(start));
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
    async close() {
      await closeRedis(redis);
    },
  };
}

const tooMany = (milliseconds: number) =>
  new HttpError('too_many_requests', 'Too many attempts; try again later', {
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(milliseconds / 1000))) },
  });
