import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { AggregatorRegistry } from 'prom-client';
import type { Config } from './config.ts';
import { ConfigError } from './errors.ts';
import type { Log } from './log.ts';
import type { Running } from './serve.ts';

/** What a worker says to the primary process. */
export type WorkerMessage = { kind: 'ready'; url: string; mockUrl?: string | undefined } | { kind: 'metrics' };

/** What the primary process says to a worker. */
export type PrimaryMessage = { kind: 'close' } | { kind: 'metrics'; text: string };

/** A worker that ends is started again after this time, twice as long after each further end, up to the longest. */
const SHORTEST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** A worker that has run for so long does not count as one that ended again. */
const STABLE_MS = 60_000;

/**
 * Starts the workers, which share the port, and keeps them running. The first one starts alone: it migrates the database
 * and makes the demo data.
 *
 * @throws ConfigError when a worker ends before it is ready; it has said why
 */
export async function startWorkers({ workers: count }: Config, log: Log): Promise<Running> {
  const workers = new Map<number, Worker>();
  const pauses = new Set<NodeJS.Timeout>();
  const aggregator = new AggregatorRegistry();
  let isClosing = false;

  function fork(number: number): Worker {
    const worker = cluster.fork({ QIYUE_WORKER: String(number) });
    workers.set(number, worker);
    worker.on('message', async (message: WorkerMessage) => {
      if (message.kind !== 'metrics') return;
      const text = await aggregator.clusterMetrics().catch(() => '');
      if (worker.isConnected()) worker.send({ kind: 'metrics', text } satisfies PrimaryMessage);
    });
    return worker;
  }

  /** @returns what the worker says when it is ready */
  async function start(number: number): Promise<WorkerMessage & { kind: 'ready' }> {
    const worker = fork(number);
    const ended = new AbortController();
    worker.once('exit', () => ended.abort());
    try {
      for (;;) {
        const [message] = (await once(worker, 'message', { signal: ended.signal })) as [WorkerMessage];
        if (message.kind === 'ready') return message;
      }
    } catch {
      throw new ConfigError(`Worker ${number} did not start`);
    }
  }

  function keepRunning(number: number, pauseMs = SHORTEST_PAUSE_MS): void {
    const started = performance.now();
    workers.get(number)?.once('exit', (code, signal) => {
      if (isClosing) return;
      const nextPauseMs = performance.now() - started > STABLE_MS ? SHORTEST_PAUSE_MS : pauseMs;
      log.error({ worker: number, code, signal, pauseMs: nextPauseMs }, 'a worker has ended; it is started again');
      const pause = setTimeout(() => {
        pauses.delete(pause);
        fork(number);
        keepRunning(number, Math.min(2 * nextPauseMs, LONGEST_PAUSE_MS));
      }, nextPauseMs);
      pauses.add(pause);
    });
  }

  async function close(): Promise<void> {
    isClosing = true;
    for (const pause of pauses) clearTimeout(pause);
    const running = [...workers.values()].filter((worker) => !worker.isDead());
    await Promise.all(
      running.map(async (worker) => {
        const ended = once(worker, 'exit');
        if (worker.isConnected()) worker.send({ kind: 'close' } satisfies PrimaryMessage);
        await ended;
      }),
    );
  }

  try {
    const { url, mockUrl } = await start(1);
    await Promise.all(Array.from({ length: count - 1 }, (_, index) => start(index + 2)));
    for (const number of workers.keys()) keepRunning(number);
    log.info({ url, mock: mockUrl, workers: count }, 'listening');
    return { url, mockUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}
