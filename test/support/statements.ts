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

const tallies = new AsyncLocalStorage<Tally>();

/** Counts at the drivers, so that nothing between an operation and the database can hide a statement. */
class Tally implements Statements {
  readonly texts: string[] = [];
  roundTrips = 0;
  #answered = 0;

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

/** Does some work and counts its statements, on every database. */
export async function count(work: () => unknown): Promise<Statements> {
  countPostgres();
  countSqlite();
  const tally = new Tally();
  await tallies.run(tally, work);
  return tally;
}

const isBegin = (text: string) => /^(begin|start transaction)/i.test(text);
export const countTransactions = ({ texts }: Statements) => texts.filter(isBegin).length;

function countPostgres() {
  const prototype = pg.Client.prototype as unknown as { query(...parameters: unknown[]): unknown; isCounted?: boolean };
  if (prototype.isCounted) return;
  prototype.isCounted = true;
  const { query } = prototype;
  prototype.query = function (this: unknown, ...parameters: unknown[]) {
    const [first] = parameters;
    const answered = tallies.getStore()?.send(typeof first === 'string' ? first : (first as { text: string }).text);
    const result = query.apply(this, parameters);
    if (answered !== undefined && result instanceof Promise) result.then(answered, answered);
    return result;
  };
}

function countSqlite() {
  const prototype = Libsql.prototype as unknown as { prepare(text: string): Libsql.Statement; isCounted?: boolean };
  if (prototype.isCounted) return;
  prototype.isCounted = true;
  const { prepare } = prototype;
  prototype.prepare = function (this: unknown, text: string) {
    const statement = prepare.call(this, text);
    for (const name of ['all', 'run', 'get'] as const) {
      const method = statement[name] as (...parameters: unknown[]) => unknown;
      Object.defineProperty(statement, name, {
        value(...parameters: unknown[]) {
          tallies.getStore()?.send(text)();
          return method.apply(statement, parameters);
        },
      });
    }
    return statement;
  };
}
