/** Wakes everything in this process that waits for an event. */
export interface Bell {
  /** How often the bell has rung. Read it before the data, so that no event in between is missed. */
  readonly rings: number;
  ring(): void;
  /** Resolves at the first ring after the `seen`-th, at the latest after `timeoutMs`. */
  after(seen: number, timeoutMs: number): Promise<void>;
}

export function createBell(): Bell {
  const waiting = new Set<() => void>();
  let rings = 0;
  return {
    get rings() {
      return rings;
    },
    ring() {
      rings += 1;
      for (const wake of waiting) wake();
    },
    async after(seen, timeoutMs) {
      if (rings !== seen) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        // What waits has a server or a connection, which keep the process alive as long as they are wanted.
        const timer = setTimeout(wake, timeoutMs).unref();
        waiting.add(wake);
      });
    },
  };
}
