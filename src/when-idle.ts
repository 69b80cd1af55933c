import { performance } from 'node:perf_hooks';

/** A process that was busy for at most a tenth of this time has nothing to do. */
const IDLE_MS = 1000;

/** Does a work when the process has nothing to do, so that it delays nobody. Never, when the process ends before. */
export function whenIdle(work: () => Promise<unknown>): void {
  let before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > 0.1) return;
    clearInterval(timer);
    void work();
  }, IDLE_MS).unref();
}
