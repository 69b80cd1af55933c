import type { Redis } from 'ioredis';

/**
 * Connects, and reconnects in the background. Without a connection commands fail at once; callers go on without Redis.
 *
 * @param url `redis://…` or `rediss://…`
 */
export async function connectRedis(url: string, log: { warn(fields: object, message: string): void }): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  redis.on('error', (error) => log.warn({ err: error }, 'Redis is not reachable'));
  await redis.connect().catch(() => {});
  return redis;
}

/** Closes the connection, also when Redis does not answer. */
export async function closeRedis(redis: Redis | undefined): Promise<void> {
  await redis?.quit().catch(() => redis.disconnect());
}
