import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { openDatabase } from '../../../src/database/open.ts';
import { toWire } from '../../../src/verify/exchange.ts';
import { send } from '../../../src/verify/send.ts';
import { createChecker } from '../../contract/checker.ts';
import { successOf } from '../../contract/harness.ts';
import { startServer } from '../../support/server.ts';
import { createBenchDatabase } from '../bench-database.ts';
import { growingApis } from './apis.ts';
import { fillTables } from './multiply.ts';

/**
 * The whole server with tables of some size, in a process of its own: `grown.ts <engine> <api> <rows>`. Sends its port.
 * It answers `names` with the names of its requests, `prepare <place>` with one of them as it is sent, and `cpu` with the
 * microseconds of CPU time that it and its PostgreSQL backends have used.
 */
const [engine = 'sqlite', api = 'tower', size = '1000'] = process.argv.slice(2);
const rows = Number(size);
const { suite, copies, before, after, requests } = growingApis[api] as (typeof growingApis)[string];

const { url, remove } = await createBenchDatabase(engine);
// Limits that the sandbox does not check are checked, and never exceeded.
const limits = Object.entries(suite.api.limits ?? {}).flatMap(([name, { sandbox }]) =>
  sandbox === 0 && name.endsWith('_LIMIT') ? [[name, name.includes('STORAGE') ? '1000000000000' : '1000000000']] : [],
);
const server = await startServer({ DATABASE_URL: url, ...Object.fromEntries(limits) }, [suite.api]);
const base = `${server.url}/${suite.api.name}`;
const world = await suite.createWorld(base, server);
const { operations } = createChecker(suite.api.name);
// Makes at least one row of every kind.
for (const operation of operations.values())
  await send(base, toWire(operation, await successOf(suite, operation, world)));

const observer = await openDatabase(url, { connections: 1 });
const execute = async (text: string) => (await sql.raw<Record<string, unknown>>(text).execute(observer)).rows;
const find = async (query: string) => String(Object.values((await execute(query))[0] ?? {})[0]);
for (const statement of before?.(world, rows) ?? []) await execute(statement);
await fillTables(url, (dialect) => copies(world, rows, dialect, find));
for (const statement of after?.(world, rows) ?? []) await execute(statement);

const prepared = [
  ...[...operations.values()].map((operation) => ({
    name: operation.id,
    operation,
    prepare: () => successOf(suite, operation, world),
  })),
  ...requests(rows).map(({ operation, what, prepare }) => {
    const found = operations.get(operation);
    if (found === undefined) throw new Error(`${operation} is not in the contract`);
    return { name: `${operation}, ${what}`, operation: found, prepare: () => prepare(world) };
  }),
];

/** PostgreSQL's processes for this database; on another machine their work does not count. */
async function findBackends(): Promise<string[]> {
  if (engine === 'sqlite') return [];
  const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`.execute(observer);
  return rows.map(({ pid }) => `/proc/${pid}/schedstat`);
}

let backends: string[] = [];

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system + backends.reduce((sum, file) => sum + backendCpu(file), 0);
}

function backendCpu(file: string): number {
  try {
    return Number(readFileSync(file, 'latin1').split(' ')[0]) / 1000;
  } catch {
    return 0;
  }
}

async function answer(question: string): Promise<unknown> {
  const [word, place] = question.split(' ');
  if (word === 'names') return prepared.map(({ name }) => name);
  if (word === 'base') return base;
  if (word === 'cpu') return cpu();
  const { operation, prepare } = prepared[Number(place)] as (typeof prepared)[number];
  const wire = toWire(operation, await prepare());
  backends = await findBackends();
  const { body } = wire;
  return body instanceof Uint8Array ? { ...wire, body: Buffer.from(body).toString('latin1'), isBinary: true } : wire;
}

process.on('message', (question: string) => {
  answer(question).then(
    (message) => process.send?.(message),
    (error) => process.send?.({ error: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', async () => {
  await observer.destroy();
  await server.close();
  await remove();
  process.exit();
});
process.send?.(Number(new URL(server.url).port));
