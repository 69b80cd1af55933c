import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type Libsql from 'libsql';
import { ConfigError, OverloadError } from '../errors.ts';
import { isTurnOver, nextTurn } from '../turns.ts';
import { isFolder, makeFolder } from './make-folder.ts';

/** How long a query waits for the one connection, and a write for another process, before it fails. */
const BUSY_TIMEOUT_MS = 10_000;

/** Of these there may be hundreds, each with one process and few rows. */
const TEMPORARY = ['journal_mode = memory', 'synchronous = off', 'cache_size = -512'];

/** The name of a temporary database in its connection. */
const ATTACHED = 'attached';

/** Prepared statements kept per database. Only lists of varying length make more than these. */
const MAX_STATEMENTS = 300;

/**
 * Opens an SQLite file as a dialect for Kysely. Kysely's own SQLite driver is not used: it prepares every statement
 * anew, begins transactions in a way that lets two processes lock each other out, and blocks the event loop while it
 * waits for a lock.
 *
 * @param path a file, or `:memory:`
 * @param isTemporary whether the file need not survive the process, so that nothing waits for the disk. It is in a private
 *   folder and has all tables: new ones would be made in memory.
 * @throws ConfigError when the file cannot be opened or is not a database
 */
export async function sqliteDialect(path: string, isTemporary = false): Promise<Dialect> {
  const { default: LibsqlDatabase } = await import('libsql');
  if (!isTemporary && (await isFolder(path)))
    throw new ConfigError(`DATABASE_URL: ${path} is a folder; name a file in it, such as sqlite:${path}/qiyue.db`);
  let connection: SqliteConnection | undefined;
  try {
    // The file holds hashes and personal data: only this account may open it and its folder.
    if (path !== ':memory:' && !isTemporary) {
      await makeFolder(dirname(path), 0o700);
      await createPrivateFile(path);
    }
    connection = isTemporary
      ? new SqliteConnection(new LibsqlDatabase(':memory:'), path)
      : new SqliteConnection(new LibsqlDatabase(path));
    // FULL: an acknowledged write survives a loss of power. In WAL mode readers do not wait for the writer.
    const safety = isTemporary
      ? TEMPORARY.map((pragma) => `${ATTACHED}.${pragma}`)
      : ['journal_mode = wal', 'synchronous = full'];
    for (const pragma of [...safety, 'foreign_keys = on', 'busy_timeout = 0']) {
      await connection.execute(`pragma ${pragma}`);
    }
  } catch (error) {
    connection?.close();
    throw new ConfigError(`DATABASE_URL: the SQLite database ${path} cannot be used: ${(error as Error).message}`);
  }
  const driver = new SqliteDriver(connection);
  return {
    createAdapter: () => new TransactionalAdapter(),
    createDriver: () => driver,
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Makes the file, unless it exists. SQLite gives the mode of the file to those that it makes beside it: -wal and -shm. */
async function createPrivateFile(path: string): Promise<void> {
  await (await open(path, 'a', 0o600)).close();
}

/** Lets migrations run in a transaction, so that two processes can migrate at the same time. SQLite rolls back DDL. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** One connection, given to one query or transaction at a time, first come, first served. */
class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;
  readonly #waiting = new Set<() => void>();
  #taken = false;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    if (!this.#taken) {
      this.#taken = true;
      return this.#connection;
    }
    return new Promise((resolve, reject) => {
      const take = () => {
        clearTimeout(timer);
        this.#waiting.delete(take);
        resolve(this.#connection);
      };
      // A query on the database inside a transaction waits for that transaction; without this limit it would never end.
      const timer = setTimeout(() => {
        this.#waiting.delete(take);
        reject(new OverloadError('Is the database queried inside a transaction, not through it?'));
      }, BUSY_TIMEOUT_MS);
      this.#waiting.add(take);
    });
  }

  async releaseConnection(): Promise<void> {
    const [next] = this.#waiting;
    if (next) next();
    else this.#taken = false;
  }

  /** Immediate: a transaction that begins as a reader cannot become a writer after another process has written. */
  async beginTransaction(connection: SqliteConnection): Promise<void> {
    await connection.execute('begin immediate');
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.execute('commit');
  }

  /** After some errors, such as a full disk, SQLite has already rolled back. */
  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    if (connection.inTransaction) await connection.execute('rollback');
  }

  /** Waits for the query or transaction under way. */
  async destroy(): Promise<void> {
    await this.acquireConnection();
    this.#connection.close();
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #file: Libsql.Database;
  readonly #isAttached: boolean;
  readonly #statements = new Map<string, { statement: Libsql.Statement; returnsRows: boolean }>();

  /**
   * @param attached a file in place of the database's own. The driver closes files only when the statements are collected as
   *   garbage; an attached one is closed at once.
   */
  constructor(file: Libsql.Database, attached?: string) {
    this.#file = file;
    this.#isAttached = attached !== undefined;
    if (attached !== undefined) file.prepare(`attach ? as ${ATTACHED}`).run([attached]);
  }

  get inTransaction(): boolean {
    return this.#file.inTransaction;
  }

  async execute(text: string): Promise<void> {
    await this.#run(text, []);
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    for (const value of parameters) requireStorable(value);
    return (await this.#run(sql, parameters)) as QueryResult<Row>;
  }

  // biome-ignore lint/correctness/useYield: Kysely's interface has a generator, and nothing here streams
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Streaming is not supported: read in pages');
  }

  close(): void {
    this.#statements.clear();
    try {
      if (this.#isAttached) this.#file.exec(`detach ${ATTACHED}`);
    } finally {
      this.#file.close();
    }
  }

  /** Retries while another process holds the lock. Neither this nor a long row of queries blocks the event loop. */
  async #run(text: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    if (isTurnOver()) await nextTurn();
    const deadline = performance.now() + BUSY_TIMEOUT_MS;
    for (;;) {
      try {
        return this.#runOnce(text, parameters);
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw error;
      }
      await sleep(1 + Math.random() * 9);
    }
  }

  #runOnce(text: string, parameters: readonly unknown[]): QueryResult<unknown> {
    const { statement, returnsRows } = this.#prepare(text);
    // `run` and `get` would leave a statement that returns rows half read; the next commit would fail.
    if (returnsRows) return { rows: statement.all(parameters) };
    const { changes, lastInsertRowid } = statement.run(parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  /** Keeps prepared statements: preparing costs twice as much as reading a row by its key. */
  #prepare(text: string) {
    let prepared = this.#statements.get(text);
    if (prepared) {
      this.#statements.delete(text);
    } else {
      const statement = this.#file.prepare(text);
      prepared = { statement, returnsRows: statement.reader };
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined && this.#statements.size >= MAX_STATEMENTS) this.#statements.delete(oldest);
    }
    // A map keeps the order of insertion: the statement that was used last stands last.
    this.#statements.set(text, prepared);
    return prepared;
  }
}

/** Another process holds the lock, and the statement has done nothing. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

/** A string that the SQLite driver cannot store; PostgreSQL has an error code for it. */
export class UnstorableError extends TypeError {
  override name = 'UnstorableError';
}

/**
 * The driver aborts the process for booleans, and stores NaN as null and a string up to its first NUL. PostgreSQL does
 * not accept NUL either.
 *
 * @throws UnstorableError for a string with NUL, TypeError for other values that cannot be stored
 */
function requireStorable(value: unknown): void {
  if (typeof value === 'string' && value.includes('\0'))
    throw new UnstorableError('The database cannot store this string');
  const storable =
    value === null ||
    value instanceof Uint8Array ||
    typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isFinite(value)) ||
    typeof value === 'string';
  if (!storable) throw new TypeError(`The database cannot store this ${typeof value}`);
}
