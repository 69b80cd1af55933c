import { type MemoryFigures, Server } from './server.ts';

const STREAMS = 10_000;

export interface StreamFigures {
  streams: number;
  /** Resident memory of the server for each stream, in kilobytes. What the kernel keeps for a socket is not in it. */
  kilobytesEach: number;
  /** Milliseconds until a message to a group has reached its 2,000 members, each on one of the streams. */
  fanOutMs: number;
}

/** Memory of many idle event streams, and how fast a message reaches some of them. Needs `ulimit -n 11000`. */
export async function streams(): Promise<StreamFigures> {
  const server = await new Server('./product.ts', []).start();
  const before = await server.ask<MemoryFigures>('memory');
  const crowd = await new Server('./crowd.ts', ['streams', String(server.port), String(STREAMS)]).start();
  const after = await server.ask<MemoryFigures>('memory');
  const { worstMs } = await crowd.ask<{ worstMs: number }>('start');
  server.child.disconnect();
  return { streams: STREAMS, kilobytesEach: (after.rss - before.rss) / STREAMS / 1000, fanOutMs: worstMs };
}

export const streamsTable = ({ streams, kilobytesEach, fanOutMs }: StreamFigures): string =>
  [
    '| streams | kB each | message to 2,000 of them |',
    '| ---: | ---: | ---: |',
    `| ${streams} | ${kilobytesEach.toFixed(1)} | ${fanOutMs.toFixed(0)} ms |`,
  ].join('\n');
