import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../clock.ts';
import { type Context, closeContext } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import type { Worlds } from '../../http/world.ts';
import { lazy } from '../../lazy.ts';
import { InnerWorld } from './inner-world.ts';
import { Outside } from './outside.ts';
import type { Parts } from './parts.ts';
import type { Beginning } from './realm.ts';
import { readSeedFile, type SeedFile } from './seed-file.ts';
import { findSnapshot } from './snapshots.ts';
import { Templates } from './templates.ts';
import { makeWorldsFolder } from './worlds-folder.ts';

/** A world of which the control API controls the data. */
export type SandboxWorld = Outside | InnerWorld;

const registries = new WeakMap<SandboxWorld, SandboxWorlds>();

/** The worlds among which a world is. */
export function worldsOf(world: SandboxWorld): SandboxWorlds {
  const worlds = registries.get(world);
  if (worlds === undefined) throw new Error('The world belongs to no sandbox');
  return worlds;
}

/** When all worlds are in use, one may end at any time. */
const RETRY_SECONDS = '5';

/** The outside and the worlds of one server. */
export class SandboxWorlds implements Worlds {
  readonly outside: Outside;
  readonly #parts: Parts;
  readonly #worlds = new Map<string, InnerWorld>();
  readonly #templates: Templates;
  readonly #seedFile: () => Promise<SeedFile | undefined>;
  /** Of everything that is not kept, made at first use. */
  readonly #folder = lazy(() => makeWorldsFolder());
  #usedFolder: string | undefined;
  #paths = 0;
  /** Worlds that are being made. */
  #coming = 0;
  #preparing: Promise<unknown> = Promise.resolve();

  constructor(context: Context, parts: Parts) {
    this.outside = new Outside(context, parts);
    registries.set(this.outside, this);
    this.#parts = parts;
    const { seedFile } = context.config;
    this.#seedFile = lazy(async () => (seedFile === undefined ? undefined : readSeedFile(seedFile)));
    this.#templates = new Templates(context, parts, () => this.#useFolder(), this.#seedFile);
  }

  find(id: string): InnerWorld | undefined {
    return this.#worlds.get(id);
  }

  list(): InnerWorld[] {
    return [...this.#worlds.values()];
  }

  /**
   * Makes the data of `QIYUE_SEED` in the outside, except those that an earlier start has made.
   *
   * @throws ConfigError that names file and line
   */
  async seedOutside(): Promise<void> {
    await (await this.#seedFile())?.applyAtStart(this.outside.context, this.#parts);
  }

  /** Makes the demo data ready, so that the first world and the first reset do not wait for them. */
  async prepare(): Promise<void> {
    this.#preparing = this.#templates.demo(systemClock).then((template) => template.moment());
    await this.#preparing;
  }

  /**
   * Makes a world.
   *
   * @param from `demo`, `empty`, a world or a snapshot
   * @param steps.prepare sets the clock of the world; then the demo data lie before its time
   * @param steps.fill adds to its data
   * @throws HttpError too_many_requests when there are as many as there may be; as `findBeginning` and `fill`
   */
  async create(
    from: string,
    ttlMs: number,
    { prepare, fill }: { prepare?(world: InnerWorld): void; fill?(world: InnerWorld): Promise<void> } = {},
  ): Promise<InnerWorld> {
    const most = this.outside.context.config.worlds;
    if (this.#worlds.size + this.#coming >= most) throw tooMany(most);
    this.#coming += 1;
    try {
      const folder = await this.#useFolder();
      const newPath = () => join(folder, `${++this.#paths}.db`);
      const world = new InnerWorld(this.outside.context, this.#parts, newPath, ttlMs);
      registries.set(world, this);
      prepare?.(world);
      const { setting } = world.clock;
      await world.reset(() => this.findBeginning(from, world.clock));
      if (setting.offset !== 0 || setting.frozenAt !== undefined) world.clock.restore(setting);
      await fill?.(world).catch(async (error: unknown) => {
        await world.close();
        throw error;
      });
      this.#worlds.set(world.id, world);
      this.#endWhenUnused(world);
      return world;
    } finally {
      this.#coming -= 1;
    }
  }

  /**
   * What a world begins with, or is reset to.
   *
   * @param clock the demo data lie before its time
   * @throws HttpError conflict for a snapshot of older tables, or a `QIYUE_SEED` that cannot be made; UnknownNameError
   */
  async findBeginning(from: string, clock: Clock): Promise<Beginning> {
    if (from === 'demo') return { template: await this.#templates.demo(clock) };
    const template = await this.#templates.empty();
    if (from === 'empty') return { template };
    const moment = (await this.find(from)?.read()) ?? (await findSnapshot(this.outside.context, this.#parts, from));
    if (moment === undefined) throw new UnknownNameError(from);
    return { template, moment };
  }

  /** @returns whether there was such a world */
  async end(id: string): Promise<boolean> {
    const world = this.#worlds.get(id);
    if (world === undefined) return false;
    this.#worlds.delete(id);
    await world.close();
    return true;
  }

  /** Ends everything, the context of the outside included. */
  async close(): Promise<void> {
    await Promise.all([...this.#worlds.keys()].map((id) => this.end(id)));
    await this.outside.close();
    await closeContext(this.outside.context);
    // What writes into the folder ends first.
    await Promise.allSettled([this.#preparing]);
    if (this.#usedFolder !== undefined) await rm(this.#usedFolder, { recursive: true, force: true });
  }

  /** Removes what is on the disk, for a process that ends without `close`. */
  removeFiles(): void {
    if (this.#usedFolder !== undefined) rmSync(this.#usedFolder, { recursive: true, force: true });
  }

  async #useFolder(): Promise<string> {
    this.#usedFolder = await this.#folder();
    return this.#usedFolder;
  }

  #endWhenUnused(world: InnerWorld): void {
    setTimeout(
      () => {
        if (this.#worlds.get(world.id) !== world) return;
        if (world.restMs > 0) return this.#endWhenUnused(world);
        this.end(world.id).catch((error: unknown) =>
          this.outside.context.log.error({ err: error, world: world.id }, 'a world could not be closed'),
        );
      },
      Math.max(1, world.restMs),
    ).unref();
  }
}

/** Neither a world nor a snapshot has this name. */
export class UnknownNameError extends Error {
  override name = 'UnknownNameError';
}

const tooMany = (most: number) =>
  new HttpError('too_many_requests', `There are ${most} worlds, as many as WORLDS allows; end one that is not needed`, {
    headers: { 'Retry-After': RETRY_SECONDS },
  });
