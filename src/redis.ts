import type { Redis } from 'ioredis';

/**
 * Connects in the background and goes on trying. While there is no connection commands fail at once: whoever uses Redis
 * here can do without it for a moment.
 *
 * @param url `redis://…` or `rediss://…`
 */
export async function connectRedis(url: string, log: { warn(facts: object, message: string): void }): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  redis.on('error', (error) => log.warn({ err: error }, 'Redis is not reachable'));
  await redis.connect().catch(() => {});
  return redis;
}

/** Says goodbye, or hangs up when nobody listens. */
export async function closeRedis(redis: Redis | undefined): Promise<void> {
  await redis?.quit().catch(() => redis.disconnect());
}
