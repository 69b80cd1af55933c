import { mkdir } from 'node:fs/promises';
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
import { UnstorableError } from './transact.ts';

/** How long a query waits for the one connection, and a write for another process, before it fails, in ms. */
const PATIENCE = 10_000;

/** Prepared statements kept per database. Our code has fewer different ones, save lists of varying length. */
const STATEMENTS = 300;

/**
 * Opens an SQLite file as a dialect for Kysely. Kysely's own SQLite driver is not used because it prepares every
 * statement anew, begins transactions so that two processes can lock each other out, and waits for a lock with the
 * whole process standing still.
 *
 * @param path a file, or `:memory:`
 * @throws Error when the file cannot be opened or is no database
 */
export async function sqliteDialect(path: string): Promise<Dialect> {
  const { default: LibsqlDatabase } = await import('libsql');
  let connection: SqliteConnection | undefined;
  try {
    // The file holds hashes and personal data, so a folder that we make is ours alone.
    if (path !== ':memory:') await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    connection = new SqliteConnection(new LibsqlDatabase(path));
    // FULL, for an acknowledged write must outlive a loss of power; readers do not wait for the writer in WAL mode.
    for (const pragma of ['journal_mode = wal', 'synchronous = full', 'foreign_keys = on', 'busy_timeout = 0']) {
      await connection.execute(`pragma ${pragma}`);
    }
  } catch (error) {
    connection?.close();
    throw new Error(`The SQLite database ${path} cannot be used: ${(error as Error).message}`);
  }
  const driver = new SqliteDriver(connection);
  return {
    createAdapter: () => new TransactionalAdapter(),
    createDriver: () => driver,
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite does roll back changes of the schema, and in a transaction two processes can migrate at the same time. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** One connection, handed to one user at a time in the order they came. */
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
      // Without this limit a query on the database inside a transaction, which waits for itself, would hang for ever.
      const timer = setTimeout(() => {
        this.#waiting.delete(take);
        reject(new Error('The database was busy for too long. Does a transaction query the database beside itself?'));
      }, PATIENCE);
      this.#waiting.add(take);
    });
  }

  async releaseConnection(): Promise<void> {
    const [next] = this.#waiting;
    if (next) next();
    else this.#taken = false;
  }

  /** Immediate: a transaction that begins as a reader cannot become a writer once another process has written. */
  async beginTransaction(connection: SqliteConnection): Promise<void> {
    await connection.execute('begin immediate');
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.execute('commit');
  }

  /** After some errors, such as a full disk, SQLite has rolled back already. */
  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    if (connection.inTransaction) await connection.execute('rollback');
  }

  /** Waits for what is under way. */
  async destroy(): Promise<void> {
    await this.acquireConnection();
    this.#connection.close();
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #file: Libsql.Database;
  readonly #statements = new Map<string, { statement: Libsql.Statement; returnsRows: boolean }>();

  constructor(file: Libsql.Database) {
    this.#file = file;
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

  // biome-ignore lint/correctness/useYield: Kysely asks for a generator, and nothing here streams
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Streaming is not supported: read in pages');
  }

  close(): void {
    this.#statements.clear();
    this.#file.close();
  }

  /** Tries until another process has let go of the lock, while this process goes on with other work. */
  async #run(text: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      try {
        return this.#runOnce(text, parameters);
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) throw error;
      }
      await sleep(1 + Math.random() * 9);
    }
  }

  #runOnce(text: string, parameters: readonly unknown[]): QueryResult<unknown> {
    const { statement, returnsRows } = this.#prepare(text);
    // `run` and `get` would leave a statement that returns rows half read, and the next commit fails then.
    if (returnsRows) return { rows: statement.all(parameters) };
    const { changes, lastInsertRowid } = statement.run(parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  /** From the cache if possible: preparing costs twice as much as reading a row by its key. */
  #prepare(text: string) {
    let prepared = this.#statements.get(text);
    if (prepared) {
      this.#statements.delete(text);
    } else {
      const statement = this.#file.prepare(text);
      prepared = { statement, returnsRows: statement.reader };
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined && this.#statements.size >= STATEMENTS) this.#statements.delete(oldest);
    }
    // A map remembers the order of insertion, so the statement that was used last stands last.
    this.#statements.set(text, prepared);
    return prepared;
  }
}

/** Another process holds the lock, and the statement has done nothing. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

/**
 * Refuses what the driver would abort the process for (booleans) or store as something else (NaN as null, text up to
 * its first NUL). PostgreSQL refuses NUL as well.
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
