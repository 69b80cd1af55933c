import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import pg from 'pg';
import { startServer } from '../support/server.ts';
import { growQueue } from './grow-queue.ts';

/**
 * The whole server as a contestant of the bench, on a database of its own. The arguments are the engine and the number of
 * messages in the queue of GoBelieve's second demo user.
 */
const [engine = 'sqlite', rows = '0'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'qiyue-bench-'));
const name = `qiyue_bench_${randomBytes(6).toString('hex')}`;
const administer = async (statement: string) => {
  const client = new pg.Client({ connectionString: process.env.TEST_POSTGRES_URL });
  await client.connect();
  await client.query(statement);
  await client.end();
};

async function createDatabase(): Promise<string> {
  if (engine === 'sqlite') return `sqlite:${join(folder, 'bench.db')}`;
  await administer(`create database ${name}`);
  const url = new URL(process.env.TEST_POSTGRES_URL ?? '');
  url.pathname = name;
  return url.href;
}

const server = await startServer({ DATABASE_URL: await createDatabase() });
if (Number(rows) > 0) await growQueue(server.context.database, { appid: 1, uid: 10002 }, Number(rows));
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
  if (engine !== 'sqlite') await administer(`drop database ${name}`);
  process.exit();
});
