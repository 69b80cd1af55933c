import type { Redis } from 'ioredis';

/**
 * Connects, and reconnects in the background. Without a connection commands fail at once; callers go on without Redis.
 *
 * @param url `redis://…` or `rediss://…`
 * @param timeoutMs for one command, and for each step of connecting
 */
export async function connectRedis(
  url: string,
  timeoutMs: number,
  log: { warn(fields: object, message: string): void },
): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // Ends a connection on which nothing comes back: the commands after the first one then fail at once.
    socketTimeout: timeoutMs,
  });
  redis.on('error', (error) => log.warn({ err: error }, 'Redis is not reachable'));
  await redis.connect().catch(() => {});
  return redis;
}

/** Closes the connection, also when Redis does not answer. */
export async function closeRedis(redis: Redis | undefined): Promise<void> {
  await redis?.quit().catch(() => redis.disconnect());
}
