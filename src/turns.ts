/**
 * Turns of the event loop. One thread does everything, and work that goes on from promise to promise leaves no turn to
 * sockets, timers and files. So long work waits for the next turn now and then.
 */

/** How long work goes on before it leaves a turn to everything else. */
const WORK_MS = 10;

let workBegan = 0;

/** Whether work has gone on for so long that it has to wait for `nextTurn`. */
export const isTurnOver = (): boolean => performance.now() - workBegan > WORK_MS;

/** Resolves after the sockets that are ready have been served. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      workBegan = performance.now();
      resolve();
    });
  });
}

/** Runs a piece of work when its turn has come. */
export type InTurn = <T>(work: () => T | Promise<T>) => Promise<T>;

/** Enough to keep a database busy; few enough that a request finds a short queue there. */
const WIDTH = 8;

/**
 * Begins one piece of work in each turn of the event loop, first come, first served, while fewer than eight are under
 * way. Thousands that become due at once then leave room for everything else: sockets that are ready, of which Node
 * would otherwise read all before it does anything else, and new connections, of which it accepts one in each turn.
 */
export function createTurnstile(): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;
  let isScheduled = false;

  function schedule() {
    if (isScheduled || running === WIDTH || waiting.length === 0) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      running += 1;
      waiting.shift()?.();
      schedule();
    });
  }

  return async (work) => {
    await new Promise<void>((enter) => {
      waiting.push(enter);
      schedule();
    });
    try {
      return await work();
    } finally {
      running -= 1;
      schedule();
    }
  };
}
