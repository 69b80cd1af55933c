const { TEST_REDIS_URL, VITEST_POOL_ID } = process.env;

/**
 * The Redis server of the tests, with a database number for each worker: servers of two workers have apps and users with
 * the same ids, and would get each other's events. `undefined` when `TEST_REDIS_URL` is not set.
 */
export const redisUrl: string | undefined = TEST_REDIS_URL && withDatabase(TEST_REDIS_URL);

function withDatabase(base: string): string {
  const url = new URL(base);
  url.pathname = VITEST_POOL_ID ?? '0';
  return url.href;
}
