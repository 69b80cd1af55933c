import { buffer } from 'node:stream/consumers';
import { type ClockSetting, MovableClock } from '../../clock.ts';
import type { Context } from '../../context.ts';
import { type Contents, readContents, writeContents } from '../../database/contents.ts';
import type { Files } from '../../files/files.ts';
import { contentOf } from '../../files/store.ts';
import type { Limits, UsedPoints } from '../../limits.ts';
import { type Parts, prefixesOf } from './parts.ts';

/** Everything that a reset or a copy brings back: rows, files, clock, limits. */
export interface Moment {
  contents: Contents;
  clock: ClockSetting | undefined;
  /** Of those files that a template does not have, by key, in base64. */
  files: Record<string, string>;
  /** What is used of the limits. Missing in a template and in older snapshots. */
  limits?: UsedPoints[] | undefined;
}

/** A key of a file, in the rows that refer to it. */
const FILE_KEYS = /"([0-9a-f]{32})"/g;

export async function readMoment(
  {
    clock,
    database,
    files,
    limits,
  }: Pick<Context, 'clock' | 'database'> & { files: Pick<Files, 'get'>; limits?: Pick<Limits, 'read'> },
  parts: Pick<Parts, 'tableOwners'>,
): Promise<Moment> {
  const contents = await readContents(database, prefixesOf(parts));
  const keys = new Set(
    Object.values(contents.tables).flatMap((rows) => Array.from(rows.matchAll(FILE_KEYS), ([, key = '']) => key)),
  );
  const found: Moment['files'] = {};
  for (const key of keys) {
    const file = await files.get(key);
    if (file !== undefined) found[key] = (await buffer(file)).toString('base64');
  }
  const setting = clock instanceof MovableClock ? clock.setting : undefined;
  return { contents, clock: setting, files: found, limits: await limits?.read() };
}

/** Puts a moment in the place of everything that a context has. */
export async function writeMoment({ database, files, limits }: Context, parts: Parts, moment: Moment): Promise<void> {
  for (const [key, text] of Object.entries(moment.files))
    await files.restore(key, contentOf(Buffer.from(text, 'base64')));
  await writeContents(database, moment.contents, prefixesOf(parts));
  await limits.write(moment.limits ?? []);
}
