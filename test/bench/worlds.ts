import { type MemoryFigures, Server } from './server.ts';

const WORLDS = 200;
const AT_ONCE = 8;

export interface WorldFigures {
  worlds: number;
  /** Milliseconds until a world is made, of 95 in 100. */
  p95Ms: number;
  /** Resident memory of the server for each world, in megabytes. */
  megabytesEach: number;
  /** Milliseconds until a sandbox is reset, the median. */
  resetMs: number;
}

/** What worlds of the sandbox cost. */
export async function worlds(): Promise<WorldFigures> {
  const server = await new Server('./product.ts', []).start();
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
  };
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

export const worldsTable = ({ worlds, p95Ms, megabytesEach, resetMs }: WorldFigures): string =>
  [
    '| worlds | p95 of making one | MB each | reset |',
    '| ---: | ---: | ---: | ---: |',
    `| ${worlds} | ${p95Ms.toFixed(0)} ms | ${megabytesEach.toFixed(2)} | ${resetMs.toFixed(0)} ms |`,
  ].join('\n');
