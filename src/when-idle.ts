import { performance } from 'node:perf_hooks';

/** A process that was busy for at most a tenth of this time has nothing to do. */
const IDLE_MS = 1000;

/**
 * Runs `work` once the event loop is idle, so that it delays no request. A process that ends first never runs it.
 *
 * @param latestMs runs it after this time although the process is busy; by default it waits
 */
export function whenIdle(work: () => Promise<unknown>, latestMs = Number.POSITIVE_INFINITY): void {
  const began = performance.now();
  let before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > 0.1 && performance.now() - began < latestMs) return;
    clearInterval(timer);
    void work();
  }, IDLE_MS).unref();
}
