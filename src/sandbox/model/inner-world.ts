import { MovableClock, systemClock } from '../../clock.ts';
import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import type { World } from '../../http/world.ts';
import { randomHex } from '../../secrets.ts';
import { type Moment, readMoment } from './moments.ts';
import type { Parts } from './parts.ts';
import { type Beginning, Realm } from './realm.ts';

/** A world of its own, with a copy of everything. It lives in this process, and not longer (S-3). */
export class InnerWorld implements World {
  readonly id = randomHex(5);
  readonly clock = new MovableClock();
  /** The world ends after this time without a use. */
  readonly ttlMs: number;
  readonly #outside: Context;
  readonly #parts: Parts;
  readonly #newPath: () => string;
  #realm: Realm | undefined;
  /** Milliseconds of `performance.now()`. */
  #lastUse = performance.now();
  /** The same moment in real time. */
  #lastUseTime = systemClock.now();
  #resetting: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  /** @param newPath names a new one at each call */
  constructor(outside: Context, parts: Parts, newPath: () => string, ttlMs: number) {
    this.#outside = outside;
    this.#parts = parts;
    this.#newPath = newPath;
    this.ttlMs = ttlMs;
  }

  get context(): Context {
    if (this.#realm === undefined) throw new Error(`The world ${this.id} has not begun`);
    return this.#realm.context;
  }

  /** The time until the world ends without a further use. An open connection is a use. */
  get restMs(): number {
    return this.ttlMs - (this.#isInUse ? 0 : performance.now() - this.#lastUse);
  }

  /** When the world ends without a further use, in real time. It stays the same until the next use. */
  get expiresAt(): number {
    return this.ttlMs + (this.#isInUse ? systemClock.now() : this.#lastUseTime);
  }

  get #isInUse(): boolean {
    return this.#realm !== undefined && this.#realm.calls > 0;
  }

  enter(): () => void {
    const leave = this.#realm?.enter();
    return () => {
      leave?.();
      this.#lastUse = performance.now();
      this.#lastUseTime = systemClock.now();
    };
  }

  read(): Promise<Moment> {
    return readMoment(this.context, this.#parts);
  }

  /**
   * Begins, or begins anew: what was there before ends when its calls have.
   *
   * @throws HttpError request_timeout when the world has ended meanwhile; as `begin`
   */
  async reset(begin: () => Promise<Beginning>): Promise<void> {
    const reset = this.#resetting.then(async () => {
      if (this.#hasEnded) throw new HttpError('request_timeout', 'The world ended during this call');
      const beginning = await begin();
      this.clock.restore(beginning.moment?.clock);
      const before = this.#realm;
      this.#realm = await Realm.create(this.#outside, this.#parts, this.clock, this.#newPath(), beginning);
      if (before !== undefined) this.#forget(before);
    });
    this.#resetting = reset.catch(() => {});
    await reset;
  }

  #forget(realm: Realm): void {
    realm
      .close()
      .catch((error: unknown) =>
        this.#outside.log.error({ err: error, world: this.id }, 'a world could not be closed'),
      );
  }

  /** Ends the world. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    await this.#resetting;
    await this.#realm?.close();
  }
}
