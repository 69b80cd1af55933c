import { createWriteStream } from 'node:fs';
import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../config.ts';
import { makeFolder } from '../database/make-folder.ts';
import { newerMigrations } from '../database/migrate.ts';
import type { TableOwner } from '../database/owner.ts';
import { ConfigError } from '../errors.ts';
import { flushFolder, isFilePath } from '../files/folder.ts';
import { readArchive } from './archive.ts';
import { dumpOf, FILES, filesFolder, listFiles, MANIFEST, type Manifest } from './backup.ts';
import type { Dump } from './dump.ts';

/**
 * Puts a backup in place of the database and the uploaded files. The moment in which the database is replaced decides:
 * before it everything is as it was, but for files to which no row refers; after it everything is as in the backup.
 *
 * @param force whether a database and files that are there may be replaced
 * @returns how many files were restored
 * @throws ConfigError when the target is not empty or in use, or the backup is of another engine or a newer version
 */
export async function restore(
  path: string,
  { force, owners }: { force: boolean; owners: readonly TableOwner[] },
  config: Pick<Config, 'databaseUrl' | 'filesUrl'>,
): Promise<number> {
  const dump = dumpOf(config.databaseUrl, owners);
  const folder = filesFolder(config);
  if (!force) await requireEmpty(dump, folder);
  const added: string[] = [];
  await makeFolder(dump.folder, 0o700);
  const work = await mkdtemp(join(dump.folder, '.restore-'));
  try {
    const database = join(work, dump.name);
    await extractDatabase(path, database, dump, owners);
    const restored = await restoreFiles(path, folder, added);
    await dump.replace(database);
    added.length = 0;
    if (folder !== undefined) await removeOthers(folder, restored);
    return restored.size;
  } finally {
    // Empty after success.
    for (const file of added) await rm(file, { force: true });
    await rm(work, { recursive: true });
  }
}

async function requireEmpty(dump: Dump, folder: string | undefined): Promise<void> {
  const hint = 'add --force to replace what is there';
  if (await dump.hasTables()) throw new ConfigError(`DATABASE_URL: the database is not empty: ${hint}`);
  if (folder !== undefined && (await listFiles(folder)).length > 0)
    throw new ConfigError(`FILES_URL: ${folder} is not empty: ${hint}`);
}

/** Reads the whole backup: a damaged one is refused before anything changes. */
async function extractDatabase(path: string, to: string, dump: Dump, owners: readonly TableOwner[]): Promise<void> {
  const found = new Set<string>();
  await read(path, async (name, body) => {
    found.add(name);
    if (name === MANIFEST) requireKnown(JSON.parse(await text(body())) as Manifest, owners);
    else if (name === dump.name) await pipeline(body(), createWriteStream(to, { mode: 0o600, flush: true }));
  });
  if (!found.has(MANIFEST)) throw new ConfigError(`${path} is not a backup of this program`);
  if (!found.has(dump.name))
    throw new ConfigError(`${path} is a backup of another engine: DATABASE_URL names the wrong one`);
}

function requireKnown({ migrations }: Manifest, owners: readonly TableOwner[]): void {
  const newer = newerMigrations(migrations, owners);
  if (newer.length > 0)
    throw new ConfigError(
      `A newer version of this program made the backup (${newer.join(', ')}): restore it with that version`,
    );
}

/**
 * Writes the files beside those that are there. Their names are random and their contents final, so a file of the same
 * name is the same file.
 *
 * @param added gets the paths of those that were not there
 * @returns the paths of all below the folder
 */
async function restoreFiles(path: string, folder: string | undefined, added: string[]): Promise<Set<string>> {
  const restored = new Set<string>();
  await read(path, async (name, body) => {
    if (!name.startsWith(FILES)) return;
    if (folder === undefined)
      throw new ConfigError('FILES_URL: the backup holds files, which can only be restored to a folder');
    const file = name.slice(FILES.length);
    if (!isFilePath(file)) throw new ConfigError(`${path} holds a file with a strange name: ${file}`);
    const target = join(folder, file);
    await makeFolder(dirname(target));
    const isNew = !(await exists(target));
    added.push(`${target}.part`);
    await pipeline(body(), createWriteStream(`${target}.part`, { mode: 0o600, flush: true }));
    await rename(`${target}.part`, target);
    added.pop();
    if (isNew) added.push(target);
    restored.add(file);
  });
  if (folder !== undefined)
    for (const file of new Set([...restored].map(dirname))) await flushFolder(join(folder, file));
  return restored;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function removeOthers(folder: string, restored: ReadonlySet<string>): Promise<void> {
  for (const file of await listFiles(folder)) if (!restored.has(file)) await rm(join(folder, file));
}

/** @throws ConfigError when the backup is not complete */
const read: typeof readArchive = async (path, each) => {
  try {
    await readArchive(path, each);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path} cannot be restored: ${(error as Error).message}`, { cause: error });
  }
};
