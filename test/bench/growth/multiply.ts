import { sql } from 'kysely';
import { type Database, openDatabase } from '../../../src/database/open.ts';
import { engineOf } from '../../../src/database/transact.ts';

/** Copies of one row of a table. */
export interface Copies {
  table: string;
  rows: number;
  /** Which row is copied; any without it. */
  like?: string;
  /** SQL of the columns that differ, with `n` as the number of the copy, from 1; undefined for a generated id. */
  set: Record<string, string | undefined>;
}

/** SQL that differs between the engines. */
export interface Dialect {
  /** A text of 32 digits from a number. */
  digits(n: string): string;
  /** A UUID from a number. */
  uuid(n: string): string;
}

const dialects: Record<'sqlite' | 'postgres', Dialect> = {
  sqlite: {
    digits: (n) => `printf('7%031d', ${n})`,
    uuid: (n) => `printf('70000000-0000-4000-8000-%012d', ${n})`,
  },
  postgres: {
    digits: (n) => `'7' || lpad(cast(${n} as text), 31, '0')`,
    uuid: (n) => `'70000000-0000-4000-8000-' || lpad(cast(${n} as text), 12, '0')`,
  },
};

/** Fills tables without checks of foreign keys, and lets PostgreSQL count afterwards, as it does by itself in time. */
export async function fillTables(url: string, list: (dialect: Dialect) => Promise<readonly Copies[]>): Promise<void> {
  const pool = await openDatabase(url);
  const engine = engineOf(pool);
  await pool.connection().execute(async (database) => {
    const quick = engine === 'sqlite' ? ['foreign_keys = off', 'synchronous = off'].map((one) => `pragma ${one}`) : [];
    for (const statement of engine === 'sqlite' ? quick : ['set session_replication_role = replica'])
      await sql.raw(statement).execute(database);
    for (const copies of await list(dialects[engine])) await multiply(database, copies);
    for (const statement of engine === 'sqlite'
      ? ['pragma wal_checkpoint(truncate)']
      : ['vacuum analyze', 'checkpoint'])
      await sql.raw(statement).execute(database);
  });
  await pool.destroy();
}

async function multiply(database: Database, { table, rows, like = 'true', set }: Copies): Promise<void> {
  const { rows: found } = await sql
    .raw<Record<string, unknown>>(`select * from ${table} where ${like} limit 1`)
    .execute(database);
  const [row] = found;
  if (row === undefined) throw new Error(`${table} has no row where ${like}`);
  const wrong = Object.keys(set).filter((column) => !(column in row));
  if (wrong.length > 0) throw new Error(`${table} has no ${wrong.join(', ')}`);
  const columns = Object.keys(row).filter((column) => !(column in set) || set[column] !== undefined);
  const values = columns.map((column) => set[column] ?? `seed."${column}"`);
  await sql
    .raw(
      `insert into ${table} (${columns.map((column) => `"${column}"`).join(', ')})
      with recursive numbers(n) as (select cast(1 as bigint) union all select n + 1 from numbers where n < ${rows})
      select ${values.join(', ')} from numbers cross join (select * from ${table} where ${like} limit 1) as seed`,
    )
    .execute(database);
}
