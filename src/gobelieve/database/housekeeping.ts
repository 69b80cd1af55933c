import type { Database } from '../../database/open.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Deletes connections of supporters a day after their lease ended: their node has crashed. */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const { numDeletedRows } = await database
    .deleteFrom('gobelieve_supporter_connections')
    .where('expires_at', '<', now - DAY_MS)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
