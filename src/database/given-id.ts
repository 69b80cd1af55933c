import { sql } from 'kysely';
import type { Transaction } from './open.ts';
import type { Tables } from './tables.ts';
import { engineOf } from './transact.ts';

/**
 * Inserts a row with a given id into a table whose ids the database usually makes. Ids that the database makes later are
 * larger: SQLite guarantees that, and for PostgreSQL the sequence is moved under a lock.
 *
 * @param id less than the largest value of the column; undefined when the database makes it
 */
export async function insertWithId<Result>(
  trx: Transaction,
  table: keyof Tables,
  id: number | undefined,
  insert: () => Promise<Result>,
): Promise<Result> {
  if (id === undefined || engineOf(trx) === 'sqlite') return insert();
  await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(trx);
  const result = await insert();
  const counter = sql`pg_get_serial_sequence(${table}, 'id')`;
  await sql`select setval(${counter}, greatest(${id}::bigint + 1, nextval(${counter})), false)`.execute(trx);
  return result;
}
