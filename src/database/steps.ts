import { setTimeout as sleep } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './open.ts';
import type { Tables } from './tables.ts';

/** Rows that one transaction changes at most where any number may have to be changed: its locks last for milliseconds. */
export const STEP_ROWS = 500;

/** Between two steps, for the writers that have waited meanwhile. */
const PAUSE_MS = 5;

/**
 * Repeats a step until it finds less to do than it may.
 *
 * @param step does up to `limit` things, and returns how many it did
 * @returns how many things were done
 */
export async function inSteps(step: (limit: number) => Promise<number>, limit = STEP_ROWS): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await step(limit);
    total += count;
    if (count < limit) return total;
    await sleep(PAUSE_MS);
  }
}

/**
 * Deletes any number of rows, in steps. Rows that a foreign key deletes with them do not count: delete them first where
 * one row can have many.
 *
 * @param key the columns that identify a row
 * @param where the condition of the rows, with an index for it
 * @returns how many rows were deleted
 */
export const deleteInSteps = <Table extends keyof Tables & string>(
  database: Database,
  table: Table,
  key: readonly (keyof Tables[Table] & string)[],
  where: RawBuilder<unknown>,
): Promise<number> =>
  inSteps(async (limit) => {
    const columns = sql.join(key.map((column) => sql.ref(column)));
    const found = sql`select ${columns} from ${sql.table(table)} where ${where} limit ${limit}`;
    const { numAffectedRows = 0n } =
      await sql`delete from ${sql.table(table)} where (${columns}) in (${found})`.execute(database);
    return Number(numAffectedRows);
  });
