import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { OverloadError } from '../errors.ts';
import type { Database, Transaction } from './open.ts';
import { engineOf, transact } from './transact.ts';

/** All rows of some tables, in a form that both engines read and write: they store the same types. */
export interface Contents {
  /** By table, its rows as a JSON array of objects. */
  tables: Record<string, string>;
  /** By table, the last id that the database has made. */
  counters: Record<string, number>;
}

/** @param prefixes of the names of the tables, such as `tower_` */
export async function readContents(database: Database, prefixes: readonly string[]): Promise<Contents> {
  return transact(database, async (trx) => {
    if (engineOf(trx) === 'postgres') await sql`set transaction isolation level repeatable read`.execute(trx);
    const tables: Contents['tables'] = {};
    for (const table of await listTables(trx, prefixes)) tables[table] = await readRows(trx, table);
    return { tables, counters: await readCounters(trx, Object.keys(tables)) };
  });
}

/**
 * Replaces all rows of some tables, in one transaction.
 *
 * @param prefixes of the names of the tables; those that the contents do not have become empty
 * @throws OverloadError when others keep PostgreSQL's tables locked
 */
export async function writeContents(
  database: Database,
  { tables, counters }: Contents,
  prefixes: readonly string[],
): Promise<void> {
  const write = async (trx: Transaction) => {
    const all = await listTables(trx, prefixes);
    await empty(trx, all);
    for (const table of all) {
      const rows = tables[table];
      if (rows !== undefined && rows !== '[]') await insertRows(trx, table, rows);
    }
    await writeCounters(trx, all, counters);
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transact(database, write);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (attempt === MAX_ATTEMPTS) throw new OverloadError(error);
    }
    await sleep(Math.random() * LOCK_TIMEOUT_MS);
  }
}

/** PostgreSQL finds a deadlock after a second. A wait for all tables ends before, and is tried again. */
const LOCK_TIMEOUT_MS = 100;
const MAX_ATTEMPTS = 50;

/** PostgreSQL's lock_not_available. */
const isLockTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '55P03';

/** Tables by name, each after those that its rows refer to. */
async function listTables(trx: Transaction, prefixes: readonly string[]): Promise<string[]> {
  const isSqlite = engineOf(trx) === 'sqlite';
  const { rows } = await (isSqlite
    ? sql<{ name: string }>`select name from pragma_table_list where type = 'table' order by name`
    : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema() order by 1`
  ).execute(trx);
  const names = rows.map(({ name }) => name).filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
  // SQLite checks references at the commit.
  return isSqlite ? names : sortByReferences(names, await listReferences(trx));
}

async function listReferences(trx: Transaction): Promise<{ child: string; parent: string }[]> {
  const { rows } = await sql<{ child: string; parent: string }>`
    select child.relname as child, parent.relname as parent from pg_constraint reference
    join pg_class child on child.oid = reference.conrelid join pg_class parent on parent.oid = reference.confrelid
    where reference.contype = 'f' and reference.connamespace = current_schema()::regnamespace`.execute(trx);
  return rows;
}

function sortByReferences(
  names: readonly string[],
  references: readonly { child: string; parent: string }[],
): string[] {
  const sorted = new Set<string>();
  const visit = (name: string, above: readonly string[]) => {
    if (sorted.has(name) || above.includes(name)) return;
    for (const { child, parent } of references) if (child === name) visit(parent, [...above, name]);
    sorted.add(name);
  };
  for (const name of names) visit(name, []);
  return [...sorted].filter((name) => names.includes(name));
}

async function listColumns(trx: Transaction, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from pragma_table_info(${table})`.execute(trx);
  return rows.map(({ name }) => name);
}

async function readRows(trx: Transaction, table: string): Promise<string> {
  const name = sql.table(table);
  if (engineOf(trx) === 'postgres') {
    const { rows } = await sql<{ list: string | null }>`select json_agg(row)::text as list from ${name} row`.execute(
      trx,
    );
    return rows[0]?.list ?? '[]';
  }
  const members = (await listColumns(trx, table)).flatMap((column) => [sql.lit(column), sql.ref(column)]);
  const { rows } = await sql<{ list: string }>`
    select json_group_array(json_object(${sql.join(members)})) as list from ${name}`.execute(trx);
  return rows[0]?.list ?? '[]';
}

async function insertRows(trx: Transaction, table: string, rows: string): Promise<void> {
  const name = sql.table(table);
  if (engineOf(trx) === 'postgres') {
    await sql`insert into ${name} overriding system value select * from json_populate_recordset(null::${name}, ${rows}::json)`.execute(
      trx,
    );
    return;
  }
  const columns = await listColumns(trx, table);
  const values = columns.map((column) => sql`value ->> ${sql.lit(`$."${column}"`)}`);
  const list = sql.join(columns.map((column) => sql.ref(column)));
  await sql`insert into ${name} (${list}) select ${sql.join(values)} from json_each(${rows})`.execute(trx);
}

async function empty(trx: Transaction, tables: readonly string[]): Promise<void> {
  if (engineOf(trx) === 'postgres') {
    const list = sql.join(tables.map((table) => sql.table(table)));
    await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT_MS)}`.execute(trx);
    await sql`lock table ${list} in access exclusive mode`.execute(trx);
    await sql`set local lock_timeout = 0`.execute(trx);
    await sql`truncate ${list}`.execute(trx);
    return;
  }
  await sql`pragma defer_foreign_keys = on`.execute(trx);
  for (const table of tables) await sql`delete from ${sql.table(table)}`.execute(trx);
}

/** PostgreSQL's counters, by table: its columns named `id` that the database fills. */
async function listCounters(trx: Transaction, tables: readonly string[]): Promise<{ name: string; counter: string }[]> {
  const { rows } = await sql<{ name: string; counter: string | null }>`
    select table_name as name, pg_get_serial_sequence(quote_ident(table_name), column_name) as counter
    from information_schema.columns
    where table_schema = current_schema() and column_name = 'id' and table_name in (${sql.join(tables)})`.execute(trx);
  return rows.flatMap(({ name, counter }) => (counter === null ? [] : [{ name, counter }]));
}

async function readCounters(trx: Transaction, tables: readonly string[]): Promise<Record<string, number>> {
  if (engineOf(trx) === 'sqlite') {
    const { rows } = await sql<{ name: string; seq: number }>`select name, seq from sqlite_sequence`.execute(trx);
    return Object.fromEntries(rows.filter(({ name }) => tables.includes(name)).map(({ name, seq }) => [name, seq]));
  }
  const counters: Record<string, number> = {};
  for (const { name, counter } of await listCounters(trx, tables)) {
    const { rows } = await sql<{ last: number }>`
      select case when is_called then last_value else last_value - 1 end as last from ${sql.raw(counter)}`.execute(trx);
    counters[name] = rows[0]?.last ?? 0;
  }
  return counters;
}

async function writeCounters(
  trx: Transaction,
  tables: readonly string[],
  counters: Readonly<Record<string, number>>,
): Promise<void> {
  if (engineOf(trx) === 'postgres') {
    for (const { name, counter } of await listCounters(trx, tables))
      await sql`select setval(${counter}, ${(counters[name] ?? 0) + 1}, false)`.execute(trx);
    return;
  }
  await sql`delete from sqlite_sequence where name in (${sql.join(tables)})`.execute(trx);
  for (const [name, last] of Object.entries(counters))
    await sql`insert into sqlite_sequence (name, seq) values (${name}, ${last})`.execute(trx);
}
