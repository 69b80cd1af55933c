import type { Context } from '../../context.ts';
import { migrationNames } from '../../database/migrate.ts';
import { HttpError } from '../../errors.ts';
import { sha256 } from '../../secrets.ts';
import type { Moment } from './moments.ts';
import type { Parts } from './parts.ts';

/** Kept moments, under names. They are rows of the outside's database, and one space for all worlds (S-5). */

export interface Snapshot {
  name: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Whether it can be used: its tables are those of this version. */
  isCurrent: boolean;
}

export async function keepSnapshot(
  { clock, database }: Context,
  parts: Parts,
  name: string,
  moment: Moment,
): Promise<{ isNew: boolean; snapshot: Snapshot }> {
  const row = { tables_version: versionOf(parts), content: JSON.stringify(moment), created_at: clock.now() };
  const { numUpdatedRows } = await database
    .updateTable('sandbox_snapshots')
    .set(row)
    .where('name', '=', name)
    .executeTakeFirst();
  const snapshot = { name, createdAt: row.created_at, isCurrent: true };
  if (numUpdatedRows > 0n) return { isNew: false, snapshot };
  await database
    .insertInto('sandbox_snapshots')
    .values({ name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
  return { isNew: true, snapshot };
}

/** @throws HttpError conflict for one of older tables */
export async function findSnapshot({ database }: Context, parts: Parts, name: string): Promise<Moment | undefined> {
  const row = await database
    .selectFrom('sandbox_snapshots')
    .select(['tables_version', 'content'])
    .where('name', '=', name)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.tables_version !== versionOf(parts))
    throw new HttpError('conflict', `The snapshot ${name} is of another version of this program; make it anew`);
  return JSON.parse(row.content) as Moment;
}

/** By name. */
export async function listSnapshots({ database }: Context, parts: Parts): Promise<Snapshot[]> {
  const rows = await database
    .selectFrom('sandbox_snapshots')
    .select(['name', 'created_at', 'tables_version'])
    .orderBy('name')
    .execute();
  return rows.map(({ name, created_at, tables_version }) => ({
    name,
    createdAt: created_at,
    isCurrent: tables_version === versionOf(parts),
  }));
}

/** @returns whether there was such a snapshot */
export async function deleteSnapshot({ database }: Context, name: string): Promise<boolean> {
  const { numDeletedRows } = await database.deleteFrom('sandbox_snapshots').where('name', '=', name).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** What changes with every migration. */
const versionOf = ({ tableOwners }: Parts): string => sha256(migrationNames(tableOwners).join());
