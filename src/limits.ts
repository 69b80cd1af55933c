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

/** Counters that all nodes share when `REDIS_URL` is set. */
export interface Limits {
  /** Throws 429 with `Retry-After` while the key has to pause. Counts nothing. */
  check(rule: LimitRule, key: string): Promise<void>;
  /** Uses up one point; throws 429 when there was none left. */
  consume(rule: LimitRule, key: string): Promise<void>;
  /** Gives all points back. */
  reset(rule: LimitRule, key: string): Promise<void>;
  close(): Promise<void>;
}

/** Loads its library when the first limit is looked at: most requests have none. */
export async function createLimits({ redisUrl }: Config, log: Logger): Promise<Limits> {
  const redis = redisUrl === undefined ? undefined : await connectRedis(redisUrl, log);
  const limiters = new Map<string, RateLimiterAbstract>();

  async function limiterOf({ name, points, seconds, block }: LimitRule): Promise<RateLimiterAbstract> {
    let limiter = limiters.get(name);
    if (limiter === undefined) {
      const { RateLimiterMemory, RateLimiterRedis } = await import('rate-limiter-flexible');
      const options = { keyPrefix: `qiyue:limit:${name}`, points, duration: seconds, blockDuration: block };
      // Without Redis for a moment each node counts for itself: refusing everybody would be the greater harm.
      limiter =
        redis === undefined
          ? new RateLimiterMemory(options)
          : new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: new RateLimiterMemory(options) });
      limiters.set(name, limiter);
    }
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
    async close() {
      await closeRedis(redis);
    },
  };
}

const tooMany = (milliseconds: number) =>
  new HttpError('too_many_requests', 'Too many attempts; try again later', {
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(milliseconds / 1000))) },
  });
