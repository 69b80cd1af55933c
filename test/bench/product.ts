import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startServer } from '../support/server.ts';
import { growQueue } from './grow-queue.ts';

/**
 * The whole server as a contestant of the bench, on its own SQLite file. The argument is the number of messages in the
 * queue of GoBelieve's second demo user.
 */
const rows = Number(process.argv[2] ?? 0);
const folder = mkdtempSync(join(tmpdir(), 'qiyue-bench-'));
const server = await startServer({ DATABASE_URL: `sqlite:${join(folder, 'bench.db')}` });
if (rows > 0) await growQueue(server.context.database, { appid: 1, uid: 10002 }, rows);
process.send?.(Number(new URL(server.url).port));
process.on('message', (question) => process.send?.(question === 'delay' ? readDelay() : process.cpuUsage()));
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

/** The delay of the event loop since the last question, in milliseconds. */
function readDelay() {
  const figures = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 };
  delay.reset();
  return figures;
}

process.on('disconnect', async () => {
  await server.close();
  rmSync(folder, { recursive: true });
  process.exit();
});
