import { sql } from 'kysely';
import type { Transaction } from './open.ts';
import { engineOf } from './transact.ts';

/**
 * Inserts a row whose id somebody has chosen, in a table whose ids the database makes otherwise. Those that it makes
 * afterwards are larger: SQLite sees to that, and PostgreSQL is told while nobody else can take one.
 *
 * @param id less than what the column can hold, so that others can follow; undefined when the database makes it
 */
export async function insertWithId<Result>(
  trx: Transaction,
  table: 'gobelieve_apps' | 'ucenter_users',
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
