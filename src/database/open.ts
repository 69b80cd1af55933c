import {
  type Dialect,
  Kysely,
  type Transaction as KyselyTransaction,
  PostgresDialect,
  type PostgresPool,
  sql,
} from 'kysely';
import { ConfigError } from '../errors.ts';
import { type ConnectionLimits, limitConnections } from './limit-connections.ts';
import { connectPostgres } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** An open database of either engine. A function that only queries takes `Database | Transaction`. */
export type Database = Kysely<Tables>;

/** The argument of `transact`'s work. Inside, every query must go through it and none through the database. */
export type Transaction = KyselyTransaction<Tables>;

/** Most are for PostgreSQL: SQLite has one connection. */
export interface DatabaseOptions {
  /** How long one query may take. No limit without it. */
  timeoutMs?: number;
  /** How many connections there may be. */
  connections?: number;
  /** How many queries and transactions may wait for a connection. */
  maxWaiting?: number;
  /** Of SQLite: whether the file, which has all tables, need not survive the process. */
  isTemporary?: boolean;
}

/**
 * Opens a database; the tables are made by `migrateDatabase`. Close it with `destroy()`.
 *
 * @param url `sqlite:<path>` (the folder is made when it is missing), `sqlite::memory:`, or
 *   `postgres://user:password@host:port/name`
 * @throws ConfigError when the URL has another form, the file is not a database or the server cannot be used; its message is
 *   for people and never holds the password
 */
export async function openDatabase(
  url: string,
  { timeoutMs = 0, connections = 10, maxWaiting = 1000, isTemporary = false }: DatabaseOptions = {},
): Promise<Database> {
  const scheme = /^([a-z]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'sqlite') return connect(await sqliteDialect(sqlitePath(url), isTemporary));
  if (scheme === 'postgres' || scheme === 'postgresql') {
    const connected = await connectPostgres(url, timeoutMs, connections);
    const pool = limitConnections(connected, { most: connections, maxWaiting });
    const database = await connect(new PostgresDialect({ pool }));
    const most = Math.max(1, connections - CONNECTIONS_FOR_OTHERS);
    shares.set(database, { pool, most, maxWaiting, views: new Map() });
    return database;
  }
  const found = scheme === undefined ? 'it has no scheme' : `its scheme is "${scheme}:"`;
  throw new ConfigError(
    `DATABASE_URL: expected sqlite:<path> or postgres://user:password@host:port/name, but ${found}`,
  );
}

/** How many connections one share leaves to the others. */
const CONNECTIONS_FOR_OTHERS = 2;

const shares = new WeakMap<Database, { pool: PostgresPool; views: Map<string, Database> } & ConnectionLimits>();

/**
 * A view of the database whose queries never use all of its connections: when they wait for a locked table, others go on.
 * The view is closed with the database.
 *
 * @param name of the share; the same name gets the same view
 */
export function shareOf(database: Database, name: string): Database {
  const share = shares.get(database);
  if (share === undefined) return database;
  const { pool, views, ...limits } = share;
  const view =
    views.get(name) ?? new Kysely<Tables>({ dialect: new PostgresDialect({ pool: limitConnections(pool, limits) }) });
  views.set(name, view);
  return view;
}

/**
 * The same open database as another object, for data that are all new: what the program remembers of rows, it remembers by
 * the object. Either of the two closes both.
 */
export async function renewDatabase(database: Database): Promise<Database> {
  const renewed = await connect(dialects.get(database) as Dialect);
  const share = shares.get(database);
  if (share !== undefined) shares.set(renewed, { ...share, views: new Map() });
  return renewed;
}

const dialects = new WeakMap<Database, Dialect>();

/** Opens a database for some work and closes it. The errors are those of `openDatabase` and of the work. */
export async function withDatabase<Result>(
  url: string,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(url);
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}

/** Queries once: `destroy()` does not close a database that was never queried. */
async function connect(dialect: Dialect): Promise<Database> {
  const database = new Kysely<Tables>({ dialect });
  dialects.set(database, dialect);
  await sql`select 1`.execute(database);
  return database;
}

/**
 * The file of an SQLite database. `sqlite:a.db` and `sqlite://a.db` name a.db in the current folder, `sqlite:/a.db` and
 * `sqlite:///a.db` in the root.
 *
 * @throws ConfigError when the URL names none
 */
export function sqlitePath(url: string): string {
  const path = url.slice('sqlite:'.length).replace(/^\/\//, '');
  if (path === '') throw new ConfigError('DATABASE_URL names no file: write sqlite:<path>');
  return path;
}
