import { copyFile, rm } from 'node:fs/promises';
import type { MovableClock } from '../../clock.ts';
import { type Context, closeContext, createIsolatedContext } from '../../context.ts';
import { type Moment, writeMoment } from './moments.ts';
import type { Parts } from './parts.ts';
import type { Template } from './templates.ts';

/** How a world begins: as a template is, or with the moment of another one, in the tables of an empty template. */
export interface Beginning {
  template: Template;
  moment?: Moment | undefined;
}

/** How long the calls under way may take when their data are replaced. Then they break off. */
const LONGEST_CALL_MS = 10_000;

/** The data and services of a world from its beginning, or its last reset, to the next one. */
export class Realm {
  readonly context: Context;
  readonly #parts: Parts;
  readonly #path: string;
  readonly #closing: AbortController;
  #stop: (() => Promise<void>) | undefined;
  #calls = 0;
  #idle: (() => void) | undefined;

  private constructor(context: Context, parts: Parts, path: string, closing: AbortController) {
    this.context = context;
    this.#parts = parts;
    this.#path = path;
    this.#closing = closing;
  }

  /** @param path of the database, and the beginning of that of the files; nothing is there yet */
  static async create(
    outside: Context,
    parts: Parts,
    clock: MovableClock,
    path: string,
    { template, moment }: Beginning,
  ): Promise<Realm> {
    const closing = new AbortController();
    await copyFile(template.databaseFile, path);
    const context = await createIsolatedContext(outside, {
      clock,
      closing: closing.signal,
      databaseFile: path,
      filesFolder: filesOf(path),
      filesBelow: template.files,
    });
    if (moment !== undefined) await writeMoment(context, parts, moment);
    return new Realm(context, parts, path, closing);
  }

  /** Requests and connections that have entered and not left. */
  get calls(): number {
    return this.#calls;
  }

  enter(): () => void {
    // Its work begins with its first use: many worlds wait for theirs.
    this.#stop ??= this.#parts.start(this.context);
    this.#calls += 1;
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#calls -= 1;
      if (this.#calls === 0) this.#idle?.();
    };
  }

  /** Ends the streams, lets the calls under way finish, and removes everything. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#stop?.();
    if (this.#calls > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        setTimeout(resolve, LONGEST_CALL_MS).unref();
      });
    }
    await closeContext(this.context);
    await rm(this.#path, { force: true });
    await rm(filesOf(this.#path), { recursive: true, force: true });
  }
}

const filesOf = (path: string) => `${path}-files`;
