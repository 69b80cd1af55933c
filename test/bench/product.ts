import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { createServer } from '../../src/http/create-server.ts';
import { startServer } from '../support/server.ts';
import { createBenchDatabase } from './bench-database.ts';
import { growQueue } from './grow-queue.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * The whole server as a contestant of the bench, on a database of its own. The arguments are the engine and the number of
 * messages in the queue of GoBelieve's second demo user. With the engine `shared` two URLs follow: of a database and of
 * Redis, which other servers use too.
 */
const [engine = 'sqlite', rows = '0', databaseUrl = '', redisUrl = ''] = process.argv.slice(2);
const { url, remove } =
  engine === 'shared' ? { url: databaseUrl, remove: async () => {} } : await createBenchDatabase(engine);
const server = await startServer({ DATABASE_URL: url, REDIS_URL: redisUrl });
if (Number(rows) > 0) await growQueue(server.context.database, { appid: 1, uid: 10002 }, Number(rows));
process.send?.(Number(new URL(server.url).port));
const answers: Record<string, () => unknown> = {
  cpu: () => process.cpuUsage(),
  delay: readDelay,
  memory: readMemory,
  portWithoutLog: () => openPort({ requestLog: false }),
  portWithoutSandbox: () => openPort({ sandbox: false }),
};
process.on('message', async (question: string) => process.send?.(await answers[question]?.()));
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

/** Serves the same data with another configuration, at a port of its own. */
async function openPort(changes: Partial<Config>): Promise<number> {
  const { context } = server;
  const other = createServer(createApp({ ...context, config: { ...context.config, ...changes } }));
  other.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  return (other.address() as AddressInfo).port;
}

/** The delay of the event loop since the last question, in milliseconds. */
function readDelay() {
  const figures = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 };
  delay.reset();
  return figures;
}

/** Bytes after a garbage collection, and what keeps the event loop alive. */
function readMemory() {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed, handles: process.getActiveResourcesInfo().length };
}

process.on('disconnect', async () => {
  await server.close();
  await remove();
  process.exit();
});
