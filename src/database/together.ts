import {
  type ConnectionProvider,
  type DatabaseConnection,
  Kysely,
  type KyselyProps,
  type OperandExpression,
  Transaction,
} from 'kysely';
import type { Database, Transaction as DatabaseTransaction } from './open.ts';
import type { Tables } from './tables.ts';

/**
 * Runs queries that need no result of each other. They share one connection, and PostgreSQL gets all of them at once, so
 * that the caller waits for one round trip. When one fails, the error is that of the first in their order.
 *
 * @param queries make one promise for each query, or for a function with one query, of the database that they get; what
 *   may throw comes before the first promise
 */
export function together<const Results extends readonly unknown[]>(
  database: Database | DatabaseTransaction,
  queries: (database: Database) => { [Index in keyof Results]: Promise<Results[Index]> },
): Promise<Results> {
  const executor = database.getExecutor();
  return executor.provideConnection(async (connection) => {
    const props = { ...unused, executor: executor.withConnectionProvider(new SharedConnection(connection)) };
    const view = database.isTransaction ? new Transaction<Tables>(props) : new Kysely<Tables>(props);
    const outcomes = await Promise.allSettled(queries(view));
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    }) as unknown as Results;
  });
}

/** Like `together`, for functions that find the database in their context. */
export const togetherIn = <View extends { database: Database }, const Results extends readonly unknown[]>(
  context: View,
  queries: (view: View) => { [Index in keyof Results]: Promise<Results[Index]> },
): Promise<Results> => together(context.database, (database) => queries({ ...context, database }));

/**
 * The values that rows are looked up by: a list, or a query that selects them. With the query, rows are read together with
 * those that name them, not after them.
 */
export type ValuesOrQuery<Value> = readonly Value[] | OperandExpression<Value>;

/** Whether a list is empty, for which PostgreSQL has no `in`. */
export const isEmpty = (values: ValuesOrQuery<unknown>): boolean => Array.isArray(values) && values.length === 0;

/** Kysely's own provider makes queries wait for each other. */
class SharedConnection implements ConnectionProvider {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  provideConnection<Result>(consumer: (connection: DatabaseConnection) => Promise<Result>): Promise<Result> {
    return consumer(this.#connection);
  }
}

/** Queries need the executor alone; the rest is for transactions, which do not begin here. */
const unused = { config: {}, dialect: {}, driver: {} } as Pick<KyselyProps, 'config' | 'dialect' | 'driver'>;
