import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './load.ts';
import { realOperations } from './operations.ts';
import { type MemoryFigures, Server } from './server.ts';

/** Of the time in which the server could work, how much it does. */
const LOAD = 0.7;
const STREAMS = 200;
const SAMPLE_MS = 10_000;

/** The server at one moment. */
interface Sample {
  minute: number;
  rssMB: number;
  heapMB: number;
  handles: number;
  /** How long a round of requests takes. */
  roundMs: number;
}

export interface SoakFigures {
  minutes: number;
  requestsPerSecond: number;
  samples: Sample[];
}

/**
 * Keeps the server at 70 % of what it can do: rounds of requests to real operations, on new connections each, while
 * streams of the user who gets the messages stay open. A server without leaks needs the same at the end as after a
 * minute.
 */
export async function soak(minutes: number): Promise<SoakFigures> {
  const server = await new Server('./product.ts', []).start();
  const { port } = server;
  const crowd = await new Server('./crowd.ts', ['idle', String(port), String(STREAMS)]).start();
  const operations = (await realOperations(port)).map(({ request, share }) => ({
    text: request(port),
    count: Math.ceil(share * 20),
  }));
  const perRound = operations.reduce((sum, { count }) => sum + count, 0);
  const round = async () => {
    const started = performance.now();
    await Promise.all(operations.map(({ text, count }) => load(port, text, count, 4)));
    return performance.now() - started;
  };
  const fastest: number[] = [];
  for (let index = 0; index < 80; index++) fastest.push(await round());
  // The first half compiles the code and fills caches.
  const pauseMs = median(fastest.slice(40)) * (1 / LOAD - 1);

  const samples: Sample[] = [];
  const began = performance.now();
  let rounds = 0;
  while (performance.now() - began < minutes * 60_000) {
    const sampleEnds = performance.now() + SAMPLE_MS;
    const times: number[] = [];
    while (performance.now() < sampleEnds) {
      times.push(await round());
      await sleep(pauseMs);
    }
    rounds += times.length;
    const { rss, heapUsed, handles } = await server.ask<MemoryFigures>('memory');
    const minute = (performance.now() - began) / 60_000;
    samples.push({ minute, rssMB: rss / 1e6, heapMB: heapUsed / 1e6, handles, roundMs: median(times) });
  }
  const seconds = (performance.now() - began) / 1000;
  crowd.child.kill();
  server.child.disconnect();
  return { minutes, requestsPerSecond: (rounds * perRound) / seconds, samples };
}

const columns = [
  ['resident memory, MB', 'rssMB'],
  ['heap after garbage collection, MB', 'heapMB'],
  ['handles', 'handles'],
  ['a round of requests, ms', 'roundMs'],
] as const;

/** The first minute is left out: it fills caches and compiles. */
export function soakTable({ minutes, requestsPerSecond, samples }: SoakFigures): string {
  const steady = samples.filter(({ minute }) => minute > Math.min(1, minutes / 3));
  const lines = columns.map(([title, name]) => {
    const values = steady.map((sample) => sample[name]);
    const slope = slopeOf(
      steady.map(({ minute }) => minute / 60),
      values,
    );
    return `| ${title} | ${values[0]?.toFixed(1)} | ${values.at(-1)?.toFixed(1)} | ${slope.toFixed(1)} |`;
  });
  return [
    `${minutes} minutes, ${requestsPerSecond.toFixed(0)} requests/s, ${STREAMS} streams`,
    '',
    '| | after a minute | at the end | slope per hour |',
    '| --- | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** Of the line through some points, by least squares. */
function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const products = xs.map((x, index) => (x - meanX) * ((ys[index] ?? 0) - meanY));
  return mean(products) / mean(xs.map((x) => (x - meanX) ** 2));
}
