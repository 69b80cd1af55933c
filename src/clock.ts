/** Where the time comes from. Everything that stores, shows or compares a time asks the context's clock. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
}

/** The machine's own time. */
export const systemClock: Clock = { now: () => Date.now() };
