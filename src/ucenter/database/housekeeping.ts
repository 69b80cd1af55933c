import type { Database } from '../../database/open.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Deletes SMS codes a day after they were sent. */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const { numDeletedRows } = await database
    .deleteFrom('ucenter_sms_codes')
    .where('sent_at', '<', now - DAY_MS)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
