import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from './server.ts';

/** Loads that keep the process busy, and how many clients cause them. */
const loads = [
  ['readers', 1000],
  ['readers', 3000],
  ['clients', 1000],
  ['uploads', 50],
] as const;

/** The columns of the table. Times are in milliseconds. */
export interface FairnessFigures {
  load: string;
  delayP99: number;
  delayMax: number;
  /** The slowest of the health checks that were sent one after the other. */
  livezMax: number;
  /** The longest that one client waited; for readers, until all had all messages. */
  worst: number;
  perSecond: number;
}

/** How long the event loop and a health check wait while the server is loaded in several ways. */
export async function fairness(): Promise<FairnessFigures[]> {
  const figures: FairnessFigures[] = [];
  for (const [load, clients] of loads) {
    const server = await new Server('./product.ts', []).start();
    const crowd = await new Server('./crowd.ts', [load, String(server.port), String(clients)]).start();
    await server.ask('delay');
    let isRunning = true;
    const checks = checkHealth(server.port, () => isRunning);
    const started = performance.now();
    const { count, worstMs } = await crowd.ask<{ count: number; worstMs: number }>('start');
    const seconds = (performance.now() - started) / 1000;
    const { p99, max } = await server.ask<{ p99: number; max: number }>('delay');
    isRunning = false;
    figures.push({
      load: `${load} ${clients}`,
      delayP99: p99,
      delayMax: max,
      livezMax: await checks,
      worst: worstMs,
      perSecond: count / seconds,
    });
    server.child.disconnect();
  }
  return figures;
}

async function checkHealth(port: number, isRunning: () => boolean): Promise<number> {
  let worst = 0;
  while (isRunning()) {
    const started = performance.now();
    await new Promise<void>((resolve, reject) => {
      const request = get({ port, path: '/livez', agent: false }, (response) => response.resume().once('end', resolve));
      request.once('error', reject);
    });
    worst = Math.max(worst, performance.now() - started);
    await sleep(20);
  }
  return worst;
}

export function fairnessTable(figures: readonly FairnessFigures[]): string {
  const lines = figures.map(
    ({ load, ...times }) => `| ${load} | ${Object.values(times).map(Math.round).join(' | ')} |`,
  );
  return [
    '| load | delay p99, ms | delay max, ms | /livez max, ms | client max, ms | per second |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}
