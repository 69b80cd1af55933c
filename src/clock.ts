/** Where the time comes from. Everything that stores, shows or compares a time asks the context's clock. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
}

/** The machine's own time. */
export const systemClock: Clock = { now: () => Date.now() };

/** China's time is ahead of UTC by this much all year round. The documents write their times in it. */
export const CHINA_OFFSET_MS = 8 * 60 * 60 * 1000;
