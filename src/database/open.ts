import { type Dialect, Kysely, type Transaction as KyselyTransaction, sql } from 'kysely';
import { ConfigError } from '../errors.ts';
import { postgresDialect } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** An open database of either engine. A function that only queries takes `Database | Transaction`. */
export type Database = Kysely<Tables>;

/** The argument of `transact`'s work. Inside, every query must go through it and none through the database. */
export type Transaction = KyselyTransaction<Tables>;

/**
 * Opens a database; the tables are made by `migrateDatabase`. Close it with `destroy()`.
 *
 * @param url `sqlite:<path>` (the folder is made when it is missing), `sqlite::memory:`, or
 *   `postgres://user:password@host:port/name`
 * @param timeoutMs for one query of PostgreSQL; no limit without it
 * @throws ConfigError when the URL has another form, the file is not a database or the server cannot be used; its message is
 *   for people and never holds the password
 */
export async function openDatabase(url: string, timeoutMs = 0): Promise<Database> {
  const scheme = /^([a-z]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'sqlite') return connect(await sqliteDialect(sqlitePath(url)));
  if (scheme === 'postgres' || scheme === 'postgresql') return connect(await postgresDialect(url, timeoutMs));
  const found = scheme === undefined ? 'it has no scheme' : `its scheme is "${scheme}:"`;
  throw new ConfigError(
    `DATABASE_URL: expected sqlite:<path> or postgres://user:password@host:port/name, but ${found}`,
  );
}

/** Queries once: `destroy()` does not close a database that was never queried. */
async function connect(dialect: Dialect): Promise<Database> {
  const database = new Kysely<Tables>({ dialect });
  await sql`select 1`.execute(database);
  return database;
}

/** `sqlite:a.db` and `sqlite://a.db` name a.db in the current folder, `sqlite:/a.db` and `sqlite:///a.db` in the root. */
function sqlitePath(url: string): string {
  const path = url.slice('sqlite:'.length).replace(/^\/\//, '');
  if (path === '') throw new ConfigError('DATABASE_URL names no file: write sqlite:<path>');
  return path;
}
