import { type RawBuilder, sql } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { inSteps, STEP_ROWS } from '../../database/steps.ts';
import { transact } from '../../database/transact.ts';
import { dropFiles } from '../../files/files.ts';
import { emptyDeletedProjects } from './empty-project.ts';

/**
 * Deletes forms that expired, and files that were not attached in time or are attached no longer (T-48). Finishes the
 * deletion of projects.
 */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  await emptyDeletedProjects(database, now);
  return deleteAttfiles(database, sql<boolean>`target_id is null and expires_at < ${now}`, now);
}

/** A file has up to three versions, and each of the four is also dropped. */
const STEP_FILES = Math.floor(STEP_ROWS / 8);

/**
 * Deletes files with their versions, in steps.
 *
 * @param where the condition of the rows
 */
export const deleteAttfiles = (database: Database, where: RawBuilder<boolean>, now: number): Promise<number> =>
  inSteps(
    (limit) =>
      transact(database, async (trx) => {
        const found = await trx.selectFrom('tower_attfiles').select('id').where(where).limit(limit).execute();
        if (found.length === 0) return 0;
        const ids = found.map(({ id }) => id);
        const versions = await trx
          .deleteFrom('tower_attfile_versions')
          .where('attfile_id', 'in', ids)
          .returning('file_id')
          .execute();
        const files = await trx
          .deleteFrom('tower_attfiles')
          .where('id', 'in', ids)
          .returning(['file_id', 'team_id', 'byte_size'])
          .execute();
        await giveRoomBack(trx, files);
        const keys = [...versions, ...files].flatMap(({ file_id }) => file_id ?? []);
        await dropFiles(trx, keys, now);
        return found.length;
      }),
    STEP_FILES,
  );

async function giveRoomBack(trx: Transaction, files: readonly { team_id: string; byte_size: number }[]): Promise<void> {
  const freed = new Map<string, number>();
  for (const { team_id, byte_size } of files) freed.set(team_id, (freed.get(team_id) ?? 0) + byte_size);
  // In one order, so that two that wait for each other's teams cannot happen.
  for (const [id, bytes] of [...freed].sort(([a], [b]) => (a < b ? -1 : 1)))
    await trx
      .updateTable('tower_teams')
      .set(({ eb }) => ({ attfile_bytes: eb('attfile_bytes', '-', bytes) }))
      .where('id', '=', id)
      .execute();
}
