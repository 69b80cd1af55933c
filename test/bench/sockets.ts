import { type MemoryFigures, Server } from './server.ts';

const SOCKETS = 10_000;

export interface SocketFigures {
  sockets: number;
  /** Resident memory of the server with all of them open, in megabytes. What the kernel keeps for a socket is not in it. */
  megabytes: number;
  kilobytesEach: number;
  /** Milliseconds until a message to a super group of 10,000 has reached its 2,000 members who are online. */
  fanOutMs: number;
  /** CPU time of the server in it, which does not depend on what else the machine does. */
  fanOutCpuMs: number;
}

/** Memory of many idle sockets, and how fast a message reaches a super group. Needs `ulimit -n 11000`. */
export async function sockets(): Promise<SocketFigures> {
  const server = await new Server('./product.ts', []).start();
  const before = await server.ask<MemoryFigures>('memory');
  const crowd = await new Server('./crowd.ts', ['sockets', String(server.port), String(SOCKETS)]).start();
  const after = await server.ask<MemoryFigures>('memory');
  const used = await server.cpu();
  const { worstMs } = await crowd.ask<{ worstMs: number }>('start');
  const fanOutCpuMs = ((await server.cpu()) - used) / 1000;
  server.child.disconnect();
  return {
    sockets: SOCKETS,
    megabytes: after.rss / 1e6,
    kilobytesEach: (after.rss - before.rss) / SOCKETS / 1000,
    fanOutMs: worstMs,
    fanOutCpuMs,
  };
}

export const socketsTable = ({ sockets, megabytes, kilobytesEach, fanOutMs, fanOutCpuMs }: SocketFigures): string =>
  [
    '| sockets | server, MB | kB each | super group of 10,000, 2,000 of them online | of this CPU time |',
    '| ---: | ---: | ---: | ---: | ---: |',
    `| ${sockets} | ${megabytes.toFixed(0)} | ${kilobytesEach.toFixed(1)} | ${fanOutMs.toFixed(0)} ms | ${fanOutCpuMs.toFixed(0)} ms |`,
  ].join('\n');
