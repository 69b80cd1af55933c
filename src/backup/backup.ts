import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Config } from '../config.ts';
import { appliedMigrations } from '../database/migrate.ts';
import { type Database, withDatabase } from '../database/open.ts';
import type { TableOwner } from '../database/owner.ts';
import { ConfigError } from '../errors.ts';
import { isFilePath } from '../files/folder.ts';
import { type Archive, writeArchive } from './archive.ts';
import type { Dump } from './dump.ts';
import { postgresDump } from './postgres-dump.ts';
import { sqliteDump } from './sqlite-dump.ts';

type Stored = Pick<Config, 'databaseUrl' | 'filesUrl'>;

/** The file of a backup that says what is in it. */
export const MANIFEST = 'backup.json';

/** The folder of a backup with the uploaded files. */
export const FILES = 'files/';

export interface Manifest {
  /** Names of the migrations that had run. */
  migrations: string[];
}

export const dumpOf = (databaseUrl: string, owners: readonly TableOwner[]): Dump =>
  databaseUrl.startsWith('sqlite:') ? sqliteDump(databaseUrl) : postgresDump(databaseUrl, owners);

/** The folder of the uploaded files; undefined for a bucket, which is not part of a backup. */
export const filesFolder = ({ filesUrl }: Pick<Config, 'filesUrl'>): string | undefined =>
  filesUrl.startsWith('file:') ? resolve(filesUrl.slice('file:'.length)) : undefined;

/**
 * Writes the database and the uploaded files to one file while servers run. Everything that was acknowledged before the
 * start is in it, and so is every file to which its rows refer.
 *
 * @returns how many files are in it
 * @throws ConfigError when there is no database
 */
export async function backUp(path: string, config: Stored, owners: readonly TableOwner[]): Promise<number> {
  const dump = dumpOf(config.databaseUrl, owners);
  if (!(await dump.hasTables())) throw new ConfigError('DATABASE_URL: there is no database to back up');
  const folder = filesFolder(config);
  const added = new Set<string>();
  await withDatabase(config.databaseUrl, (database) =>
    writeArchive(path, async (archive) => {
      await archive.addText(MANIFEST, JSON.stringify({ migrations: await appliedMigrations(database) }));
      // Twice: a file that a row refers to in the dump was there when the first round began, or is new in the second.
      // Rounds before and after the dump are needed, because files are made before their rows and deleted after them.
      if (folder !== undefined) await addFiles(archive, folder, added);
      await addDatabase(archive, { dump, database, beside: path });
      if (folder !== undefined) await addFiles(archive, folder, added);
    }),
  );
  return added.size;
}

async function addDatabase(
  archive: Archive,
  { dump, database, beside }: { dump: Dump; database: Database; beside: string },
): Promise<void> {
  // Not in the folder for temporary files, which is often small and in memory.
  const folder = await mkdtemp(join(dirname(resolve(beside)), '.qiyue-'));
  try {
    const file = join(folder, dump.name);
    await dump.write(file, database);
    await archive.addFile(dump.name, file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param added the files that are in the archive already */
async function addFiles(archive: Archive, folder: string, added: Set<string>): Promise<void> {
  for (const path of await listFiles(folder)) {
    if (added.has(path)) continue;
    // A deleted file is not in the archive: no row referred to it any more.
    if (await archive.addFile(FILES + path, join(folder, path))) added.add(path);
  }
}

/** Paths below the folder of uploaded files, with `/`. */
export async function listFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.map((name) => name.replaceAll(sep, '/')).filter(isFilePath);
}
