import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Clock, systemClock } from '../../clock.ts';
import { type Context, closeContext, createIsolatedContext } from '../../context.ts';
import { migrateDatabase } from '../../database/migrate.ts';
import { openDatabase } from '../../database/open.ts';
import { createFiles, type Files } from '../../files/files.ts';
import { lazy } from '../../lazy.ts';
import { randomHex } from '../../secrets.ts';
import { type Moment, readMoment } from './moments.ts';
import type { Parts } from './parts.ts';
import type { SeedFile } from './seed-file.ts';

/** A pristine database that worlds are copied from, and the files to which its rows refer. */
export interface Template {
  databaseFile: string;
  files: Pick<Files, 'get'>;
  /** The same, for a database that has to be filled. */
  moment(): Promise<Moment>;
}

/**
 * The demo data lie in the three weeks before they are made, so they are made anew after this time. Worlds whose clocks
 * show nearly the same time share them.
 */
const MAX_AGE_MS = 6 * 60 * 60 * 1000;

const noFiles: Template['files'] = { get: async () => undefined };

/** Makes the templates of this process, each at its first use. */
export class Templates {
  readonly #outside: Context;
  readonly #parts: Parts;
  /** Made at first use. */
  readonly #folder: () => Promise<string>;
  readonly #seedFile: () => Promise<SeedFile | undefined>;
  #empty: Promise<Template> | undefined;
  readonly #demos: { template: Promise<Template>; madeAt: number }[] = [];

  /** @param seedFile a part of the demo data */
  constructor(
    outside: Context,
    parts: Parts,
    folder: () => Promise<string>,
    seedFile: () => Promise<SeedFile | undefined>,
  ) {
    this.#outside = outside;
    this.#parts = parts;
    this.#folder = folder;
    this.#seedFile = seedFile;
  }

  /** All tables, no rows. */
  empty(): Promise<Template> {
    if (this.#empty === undefined) {
      this.#empty = this.#makeEmpty();
      // The next one may succeed.
      this.#empty.catch(() => {
        this.#empty = undefined;
      });
    }
    return this.#empty;
  }

  /** The demo data, as they are before anybody has used them. They lie before the time of the clock. */
  demo(clock: Clock): Promise<Template> {
    const now = clock.now();
    const known = this.#demos.find(({ madeAt }) => madeAt <= now && now - madeAt <= MAX_AGE_MS);
    if (known !== undefined) return known.template;
    const made = { template: this.#makeDemo(clock), madeAt: now };
    this.#demos.push(made);
    made.template.catch(() => this.#demos.splice(this.#demos.indexOf(made), 1));
    return made.template;
  }

  #makeEmpty(): Promise<Template> {
    return this.#make(async (databaseFile) => {
      const database = await openDatabase('sqlite::memory:');
      // Many tables have few rows, and each has pages of its own.
      await sql`pragma page_size = 1024`.execute(database);
      await migrateDatabase(database, this.#parts.tableOwners);
      await sql`vacuum into ${databaseFile}`.execute(database);
      await database.destroy();
      return noFiles;
    });
  }

  async #makeDemo(clock: Clock): Promise<Template> {
    const empty = await this.empty();
    return this.#make(async (databaseFile, folder) => {
      await copyFile(empty.databaseFile, databaseFile);
      const filesFolder = join(folder, 'files');
      const closing = new AbortController().signal;
      const isolated = { clock, closing, databaseFile, filesFolder, filesBelow: noFiles };
      const context = await createIsolatedContext(this.#outside, isolated);
      try {
        for (const { demo } of this.#parts.apis) await demo?.create(context);
        await (await this.#seedFile())?.apply(context, this.#parts);
      } finally {
        await closeContext(context);
      }
      // Only read: its database is closed.
      return createFiles(context.database, clock, { filesUrl: `file:${filesFolder}`, filesTimeoutMs: 0 });
    });
  }

  async #make(fill: (databaseFile: string, folder: string) => Promise<Template['files']>): Promise<Template> {
    const folder = join(await this.#folder(), `template-${randomHex(4)}`);
    await mkdir(folder);
    const databaseFile = join(folder, 'qiyue.db');
    const files = await fill(databaseFile, folder).catch(async (error: unknown) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    });
    const read = async (): Promise<Moment> => {
      const database = await openDatabase(`sqlite:${databaseFile}`, { isTemporary: true });
      const moment = await readMoment({ database, files, clock: systemClock }, this.#parts);
      await database.destroy();
      return moment;
    };
    return { databaseFile, files, moment: lazy(read) };
  }
}
