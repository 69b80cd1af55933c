import { chmod, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { sql } from 'kysely';
import { sqlitePath, withDatabase } from '../database/open.ts';
import { ConfigError } from '../errors.ts';
import { flushFolder } from '../files/folder.ts';
import type { Dump } from './dump.ts';

export function sqliteDump(databaseUrl: string): Dump {
  const path = sqlitePath(databaseUrl);
  if (path === ':memory:') throw new ConfigError('DATABASE_URL: a database in memory cannot be backed up or restored');

  const exists = async () => (await stat(path).catch(() => undefined)) !== undefined;

  return {
    name: 'database.sqlite',
    folder: dirname(resolve(path)),

    async write(file, database) {
      await sql`vacuum into ${file}`.execute(database);
    },

    hasTables: exists,

    async replace(file) {
      await requireSound(file);
      if (await exists()) await requireUnused(databaseUrl, path);
      for (const ending of ['-wal', '-shm']) await rm(path + ending, { force: true });
      await chmod(file, 0o600);
      await rename(file, path);
      await flushFolder(dirname(path));
    },
  };
}

/** Reads the whole file: a damaged one must not replace the database. */
async function requireSound(file: string): Promise<void> {
  await withDatabase(`sqlite:${file}`, async (database) => {
    const { rows } = await sql<{ quick_check: string }>`pragma quick_check`.execute(database);
    if (rows[0]?.quick_check !== 'ok')
      throw new Error(`The database in the backup is damaged: ${rows[0]?.quick_check}`);
  });
}

/**
 * Requires that no other program has opened the file, and empties its write-ahead log, which would otherwise be read as
 * a part of the new file.
 *
 * @throws ConfigError
 */
async function requireUnused(databaseUrl: string, path: string): Promise<void> {
  try {
    await withDatabase(databaseUrl, async (database) => {
      await sql`pragma locking_mode = exclusive`.execute(database);
      await sql`begin exclusive`.execute(database);
      await sql`commit`.execute(database);
      await sql`pragma wal_checkpoint(truncate)`.execute(database);
    });
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error;
    throw new ConfigError(`DATABASE_URL: ${path} is in use: stop the server first`);
  }
}
