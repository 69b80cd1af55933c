import { setTimeout as sleep } from 'node:timers/promises';

/** Clients send much at once after they connect: what waited for the connection, and one sync for each super group. */
const BURST_SECONDS = 10;

/**
 * The pace of one connection. Further frames wait and the client's bytes stay in the network, so that it sends more
 * slowly and nothing is dropped.
 */
export class Pace {
  readonly #perSecond: number;
  #left: number;
  #countedAt = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * BURST_SECONDS;
  }

  /** Resolves when the next frame may be worked on. */
  async next(): Promise<void> {
    const now = performance.now();
    const regained = ((now - this.#countedAt) / 1000) * this.#perSecond;
    this.#countedAt = now;
    this.#left = Math.min(this.#left + regained, this.#perSecond * BURST_SECONDS) - 1;
    if (this.#left < 0) await sleep((-this.#left / this.#perSecond) * 1000, undefined, { ref: false });
  }
}
