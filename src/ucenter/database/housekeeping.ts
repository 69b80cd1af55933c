import type { Database } from '../../database/open.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Deletes SMS codes a day after they were sent, and links that have expired. */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const results = await Promise.all([
    database
      .deleteFrom('ucenter_sms_codes')
      .where('sent_at', '<', now - DAY_MS)
      .executeTakeFirst(),
    database.deleteFrom('ucenter_account_links').where('expires_at', '<=', now).executeTakeFirst(),
  ]);
  return results.reduce((total, { numDeletedRows }) => total + Number(numDeletedRows), 0);
}
