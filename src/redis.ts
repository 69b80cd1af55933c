import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { parseRedisUrl } from './redis-url.ts';

/** One server or a cluster. */
export type RedisClient = Redis | Cluster;

/** How often it is looked up which node of a cluster has which keys. Errors of commands lead to it, too. */
const REFRESH_INTERVAL_MS = 5000;

/**
 * Connects, and reconnects in the background. Without a connection commands fail at once; callers go on without Redis.
 *
 * @param url see `parseRedisUrl`
 * @param timeoutMs for one command, and for each step of connecting
 */
export async function connectRedis(
  url: string,
  timeoutMs: number,
  log: { warn(fields: object, message: string): void },
): Promise<RedisClient> {
  const { Redis, Cluster } = await import('ioredis');
  const { urls, isCluster: many } = parseRedisUrl(url);
  const redis = many
    ? new Cluster(urls, clusterOptions(urls, timeoutMs))
    : new Redis(urls[0] ?? '', { ...connectionOptions(timeoutMs), lazyConnect: true, enableOfflineQueue: false });
  redis.on('error', (error) => log.warn({ err: error }, 'Redis is not reachable'));
  if (isCluster(redis)) connectNodes(redis, log);
  const connected = redis.connect().catch(() => {});
  // A cluster that is not complete lets the promise wait for ever.
  await Promise.race([connected, sleep(2 * timeoutMs, undefined, { ref: false })]);
  if (isCluster(redis)) await Promise.all(redis.nodes().map(connectNode));
  return redis;
}

/**
 * Connects to the nodes of a cluster when they are known. The library would do so with the first command, let others fail
 * meanwhile, and say of nodes that cannot be reached only that a connection was closed.
 */
function connectNodes(cluster: Cluster, log: { warn(fields: object, message: string): void }): void {
  cluster.on('ready', () => void cluster.nodes().map(connectNode));
  cluster.on('+node', (node) => void connectNode(node));
  cluster.on('node error', (error, address) => log.warn({ err: error, address }, 'a node of Redis is not reachable'));
}

const connectNode = (node: Redis) => (node.status === 'wait' ? node.connect().catch(() => {}) : undefined);

const connectionOptions = (timeoutMs: number) => ({
  maxRetriesPerRequest: 1,
  connectTimeout: timeoutMs,
  commandTimeout: timeoutMs,
  // Ends a connection on which nothing comes back: the commands after the first one then fail at once.
  socketTimeout: timeoutMs,
});

/** The nodes that a cluster names have the credentials of the URL. */
function clusterOptions([url = '']: readonly string[], timeoutMs: number): ClusterOptions {
  const { protocol, username, password } = new URL(url);
  const isEncrypted = protocol === 'rediss:';
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    slotsRefreshTimeout: timeoutMs,
    slotsRefreshInterval: REFRESH_INTERVAL_MS,
    // Trying again at any node, which the library would do, changes the order of commands.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    redisOptions: {
      ...connectionOptions(timeoutMs),
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      ...(isEncrypted && { tls: {} }),
    },
    // Certificates name hosts, not addresses.
    ...(isEncrypted && { dnsLookup: (host: string, found: (error: null, host: string) => void) => found(null, host) }),
  };
}

/** Options of a connection that subscribes. When it reconnects, nothing is subscribed or sent again by itself. */
const subscriberOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
} satisfies RedisOptions;

/** Makes a further connection to a server, for subscribing: such a connection can do nothing else. Connect it. */
export const createSubscriber = (redis: Redis): Redis => redis.duplicate(subscriberOptions);

/**
 * The same to one node of a cluster.
 *
 * @param address such as `10.0.0.1:6379`
 */
export function createNodeSubscriber(cluster: Cluster, address: string): Redis {
  const colon = address.lastIndexOf(':');
  const [known] = cluster.nodes();
  if (known === undefined) throw new Error('No node of the Redis cluster is reachable');
  return known.duplicate({
    ...subscriberOptions,
    host: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
    readOnly: false,
    // The cluster's own connections are not made again when they break.
    retryStrategy: (attempt) => Math.min(attempt * 50, 2000),
  });
}

export const isCluster = (redis: RedisClient): redis is Cluster => redis.isCluster;

/** Deletes all keys that match a pattern, on all nodes. Fails when Redis is not reachable. */
export async function deleteKeys(redis: RedisClient, pattern: string): Promise<void> {
  for (const node of isCluster(redis) ? redis.nodes('master') : [redis]) {
    // One by one: the keys of a cluster's node have different slots.
    for await (const keys of node.scanStream({ match: pattern }))
      await Promise.all((keys as string[]).map((key) => redis.del(key)));
  }
}

/** Closes the connection, also when Redis does not answer. */
export async function closeRedis(redis: RedisClient | undefined): Promise<void> {
  await redis?.quit().catch(() => redis.disconnect());
}
