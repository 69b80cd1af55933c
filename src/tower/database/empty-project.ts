import { sql } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { inSteps, STEP_ROWS } from '../../database/steps.ts';

const tables = [
  'tower_todolists',
  'tower_todos',
  'tower_comments',
  'tower_topics',
  'tower_uploads',
  'tower_time_logs',
] as const;

/** Rows of each table that one transaction deletes. */
const ROWS_OF_TABLE = Math.floor(STEP_ROWS / tables.length);

/**
 * Deletes up to some rows of each table of a deleted project, and notes when none is left.
 *
 * @returns whether there is more to delete
 */
export async function emptyProjectOnce(db: Database | Transaction, projectId: string, now: number): Promise<boolean> {
  let isMore = false;
  for (const table of tables) {
    const { numUpdatedRows } = await db
      .updateTable(table)
      .set({ is_active: 0, updated_at: now })
      .where(
        sql<boolean>`id in (select id from ${sql.table(table)}
          where project_id = ${projectId} and is_active = 1 limit ${ROWS_OF_TABLE})`,
      )
      .executeTakeFirst();
    isMore ||= Number(numUpdatedRows) === ROWS_OF_TABLE;
  }
  if (!isMore) await db.updateTable('tower_projects').set({ is_emptied: 1 }).where('id', '=', projectId).execute();
  return isMore;
}

/** Deletes what is left in a deleted project, in steps. */
export const emptyProject = async (database: Database, projectId: string, now: number): Promise<void> => {
  await inSteps(async () => Number(await emptyProjectOnce(database, projectId, now)), 1);
};

/** Finishes deletions that were interrupted. @returns the number of projects */
export const emptyDeletedProjects = (database: Database, now: number): Promise<number> =>
  inSteps(async (limit) => {
    const projects = await database
      .selectFrom('tower_projects')
      .select('id')
      .where('is_active', '=', 0)
      .where('is_emptied', '=', 0)
      .limit(limit)
      .execute();
    for (const { id } of projects) await emptyProject(database, id, now);
    return projects.length;
  });
