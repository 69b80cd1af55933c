import { load } from './load.ts';
import { get } from './requests.ts';
import { type MemoryFigures, Server } from './server.ts';

const WORLDS = 200;
const AT_ONCE = 8;
const REQUESTS = 5000;
const ROUNDS = 9;

export interface WorldFigures {
  worlds: number;
  /** Milliseconds until a world is made, of 95 in 100. */
  p95Ms: number;
  /** Resident memory of the server for each world, in megabytes. */
  megabytesEach: number;
  /** Milliseconds until a sandbox is reset, the median. */
  resetMs: number;
  /** CPU time of a small request in a sandbox that has no worlds, divided by that of a server without a sandbox. */
  idleRatio: number;
}

/** What worlds of the sandbox cost, and what a sandbox costs that has none. */
export async function worlds(): Promise<WorldFigures> {
  const server = await new Server('./product.ts', []).start();
  const plain = await new Server('./product.ts', ['plain']).start();
  const idleRatio = await compare(server, plain);
  plain.child.disconnect();
  const call = (path: string) => timed(`http://127.0.0.1:${server.port}/sandbox${path}`);
  // The first ones wait for the demo data.
  for (let count = 0; count < 5; count += 1) await call('/reset');
  const resets = [];
  for (let count = 0; count < 20; count += 1) resets.push(await call('/reset'));
  await make(AT_ONCE, () => call('/worlds'));
  const before = await server.ask<MemoryFigures>('memory');
  const times = await make(WORLDS, () => call('/worlds'));
  const after = await server.ask<MemoryFigures>('memory');
  server.child.disconnect();
  return {
    worlds: WORLDS,
    p95Ms: at(times, 0.95),
    megabytesEach: (after.rss - before.rss) / WORLDS / 1e6,
    resetMs: at(resets, 0.5),
    idleRatio,
  };
}

async function compare(server: Server, plain: Server): Promise<number> {
  const ratios = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [one, other] = [await cpuOf(server), await cpuOf(plain)];
    // The first round compiles.
    if (round > 0) ratios.push(one / other);
  }
  return at(ratios, 0.5);
}

async function cpuOf(server: Server): Promise<number> {
  const before = await server.cpu();
  await load(server.port, get('/tower/.well-known/oauth-authorization-server', '')(server.port), REQUESTS, AT_ONCE);
  return (await server.cpu()) - before;
}

async function make(count: number, one: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  let left = count;
  const work = async () => {
    while (left-- > 0) times.push(await one());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return times;
}

/** Milliseconds of a POST. */
async function timed(url: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(url, { method: 'POST' });
  await response.text();
  if (!response.ok) throw new Error(`POST ${url}: ${response.status}`);
  return performance.now() - started;
}

const at = (numbers: number[], part: number) =>
  numbers.sort((a, b) => a - b)[Math.floor(numbers.length * part)] ?? Number.NaN;

export const worldsTable = ({ worlds, p95Ms, megabytesEach, resetMs, idleRatio }: WorldFigures): string =>
  [
    '| worlds | p95 of making one | MB each | reset | request in an idle sandbox ÷ without one |',
    '| ---: | ---: | ---: | ---: | ---: |',
    `| ${worlds} | ${p95Ms.toFixed(0)} ms | ${megabytesEach.toFixed(2)} | ${resetMs.toFixed(0)} ms | ${idleRatio.toFixed(3)} |`,
  ].join('\n');
