/** Tells those who wait that something happened, within this process. */
export interface Bell {
  /** How often the bell has rung. Look at it before you look at the data: what happens in between is not missed then. */
  readonly rings: number;
  ring(): void;
  /** Resolves at the first ring after the `seen`-th, at the latest after `timeout` milliseconds. */
  after(seen: number, timeout: number): Promise<void>;
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
    async after(seen, timeout) {
      if (rings !== seen) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeout);
        waiting.add(wake);
      });
    },
  };
}
