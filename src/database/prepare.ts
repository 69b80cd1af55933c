import type { CompiledQuery } from 'kysely';
import type { Database, Transaction } from './open.ts';
import { engineOf } from './transact.ts';

/** Takes the place of a value while a statement is compiled. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement that is built and compiled once, for those that nearly every request needs: building one takes as long as
 * reading a row.
 *
 * @param build must use the values as values of the query and for nothing else, because it gets placeholders
 */
export function prepare<Values extends object, Row>(
  build: (database: Database | Transaction, values: Values) => { compile(): CompiledQuery<Row> },
): (database: Database | Transaction, values: Values) => Promise<Row[]> {
  const compiled: Partial<Record<'sqlite' | 'postgres', CompiledQuery<Row>>> = {};
  return async (database, values) => {
    const engine = engineOf(database);
    compiled[engine] ??= build(database, placeholders as Values).compile();
    const query = compiled[engine];
    const parameters = query.parameters.map((value) =>
      value instanceof Placeholder ? values[value.name as keyof Values] : value,
    );
    return (await database.executeQuery<Row>({ ...query, parameters })).rows;
  };
}

const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) });
