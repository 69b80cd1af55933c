import { setMaxListeners } from 'node:events';
import type { MovableClock } from '../../clock.ts';
import { type Context, renewContext } from '../../context.ts';
import type { World } from '../../http/world.ts';
import { movableClockOf } from './clocks.ts';
import { type Moment, readMoment, writeMoment } from './moments.ts';
import type { Parts } from './parts.ts';
import type { Beginning } from './realm.ts';

const nothing = () => {};

/** What is in no world: the data that the configuration names. They stay when the server ends. */
export class Outside implements World {
  readonly id = undefined;
  readonly #parts: Parts;
  /** Of the server. */
  readonly #serverCloses: AbortSignal;
  #context: Context;
  #closing = new AbortController();
  #stop: (() => Promise<void>) | undefined;
  #resetting: Promise<void> = Promise.resolve();

  constructor(context: Context, parts: Parts) {
    this.#serverCloses = context.closing;
    this.#parts = parts;
    // Production has no resets.
    this.#context = context.config.sandbox ? { ...context, closing: this.#closes() } : context;
  }

  get context(): Context {
    return this.#context;
  }

  get clock(): MovableClock {
    return movableClockOf(this.#context);
  }

  enter(): () => void {
    return nothing;
  }

  /** Starts the work that no request causes. */
  start(): void {
    this.#stop = this.#parts.start(this.#context);
  }

  read(): Promise<Moment> {
    return readMoment(this.#context, this.#parts);
  }

  /** Replaces all data, one reset after the other. Streams end. */
  async reset(begin: () => Promise<Beginning>): Promise<void> {
    const reset = this.#resetting.then(async () => {
      const { template, moment = await template.moment() } = await begin();
      await this.#write(moment);
    });
    this.#resetting = reset.catch(nothing);
    await reset;
  }

  async #write(moment: Moment): Promise<void> {
    const [before, closing, stop] = [this.#context, this.#closing, this.#stop];
    this.clock.restore(moment.clock);
    await writeMoment(before, this.#parts, moment);
    this.#closing = new AbortController();
    this.#context = await renewContext(before, this.#closes());
    if (stop !== undefined) this.start();
    closing.abort();
    // Not awaited: a message may be on its way to a slow receiver.
    Promise.all([stop?.(), before.messages.close()]).catch((error: unknown) =>
      before.log.error({ err: error }, 'the work from before a reset could not be ended'),
    );
  }

  /** Aborted by the end of the server, and by the next reset. */
  #closes(): AbortSignal {
    const closes = AbortSignal.any([this.#serverCloses, this.#closing.signal]);
    setMaxListeners(0, closes);
    return closes;
  }

  /** Stops the work. Close the context afterwards. */
  async close(): Promise<void> {
    await this.#resetting;
    await this.#stop?.();
  }
}
