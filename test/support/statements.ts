import { AsyncLocalStorage } from 'node:async_hooks';
import Libsql from 'libsql';
import pg from 'pg';

/** What some work sent to the database. */
export interface Statements {
  /** The statements in their order, also those that begin and end transactions. */
  texts: string[];
  /** How many times it waited for the database: statements that are under way together count once. */
  roundTrips: number;
}

/**
 * Decides about a statement: the rows or the error that take the place of its result, so that it is not sent, or a text to
 * be sent in place of it. Undefined leaves it as it is.
 */
export type Replace = (text: string) => object[] | Error | string | undefined;

const tallies = new AsyncLocalStorage<Tally>();

/** Counts at the drivers, so that nothing between an operation and the database can hide a statement. */
class Tally implements Statements {
  readonly texts: string[] = [];
  roundTrips = 0;
  readonly replace: Replace;
  #answered = 0;

  constructor(replace: Replace) {
    this.replace = replace;
  }

  /** The statement waits for everything that was answered before it was sent. */
  send(text: string): () => void {
    this.texts.push(text);
    const trip = this.#answered + 1;
    this.roundTrips = Math.max(this.roundTrips, trip);
    return () => {
      this.#answered = Math.max(this.#answered, trip);
    };
  }
}

let underWay = 0;

/** Does some work and counts its statements, on every database. @param replace replaces some of them */
export async function count(work: () => unknown, replace: Replace = () => undefined): Promise<Statements> {
  const tally = new Tally(replace);
  underWay += 1;
  try {
    await tallies.run(tally, work);
  } finally {
    underWay -= 1;
    // While it is enabled, every promise is slower, also in other test files.
    if (underWay === 0) tallies.disable();
  }
  return tally;
}

export const countTransactions = ({ texts }: Statements): number => texts.filter((text) => /^begin/i.test(text)).length;

/** Whether a statement changes data, or begins a transaction. */
export const isWrite = (text: string): boolean => /^(begin|insert|update|delete)/i.test(text);

/** How often the most frequent statement was sent. Locks do not count. */
export function mostRepeated({ texts }: Statements): number {
  const counts = new Map<string, number>();
  for (const text of texts) if (!text.includes('advisory')) counts.set(text, (counts.get(text) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function countPostgres() {
  const prototype = pg.Client.prototype as unknown as { query(...parameters: unknown[]): unknown };
  const { query } = prototype;
  prototype.query = function (this: unknown, ...parameters: unknown[]) {
    const [first] = parameters;
    const text = typeof first === 'string' ? first : (first as { text: string }).text;
    const tally = tallies.getStore();
    const answered = tally?.send(text);
    const other = tally?.replace(text);
    const replaced = async (rows: object[] | Error) => {
      if (rows instanceof Error) throw rows;
      return { command: commandOf(text), rowCount: rows.length, rows };
    };
    const result =
      typeof other === 'object' ? replaced(other) : query.apply(this, other === undefined ? parameters : [other]);
    if (answered !== undefined && result instanceof Promise) result.then(answered, answered);
    return result;
  };
}

/** As PostgreSQL names it in its answer. */
const commandOf = (text: string) => text.split(' ', 1)[0]?.toUpperCase();

function countSqlite() {
  const prototype = Libsql.prototype as unknown as { prepare(text: string): Libsql.Statement };
  const { prepare } = prototype;
  prototype.prepare = function (this: unknown, text: string) {
    const statement = prepare.call(this, text);
    const run = (other: string) => prepare.call(this, other).run([]);
    for (const name of ['all', 'run', 'get'] as const) {
      const method = statement[name] as (...parameters: unknown[]) => unknown;
      Object.defineProperty(statement, name, {
        // `watch-transactions.ts` replaces it too.
        writable: true,
        value(...parameters: unknown[]) {
          const tally = tallies.getStore();
          tally?.send(text)();
          const other = tally?.replace(text);
          if (typeof other === 'string') return run(other);
          if (other === undefined) return method.apply(statement, parameters);
          if (other instanceof Error) throw other;
          return name === 'all' ? other : { changes: other.length, lastInsertRowid: 0 };
        },
      });
    }
    return statement;
  };
}

// At once: SQLite's driver keeps the statements that it has prepared before.
countPostgres();
countSqlite();
