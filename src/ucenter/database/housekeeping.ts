import { sql } from 'kysely';
import type { Database } from '../../database/open.ts';
import { deleteInSteps } from '../../database/steps.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Deletes SMS codes a day after they were sent, and links that have expired. */
export async function deleteExpired(database: Database, now: number): Promise<number> {
  const codes = await deleteInSteps(database, 'ucenter_sms_codes', ['phone'], sql`sent_at < ${now - DAY_MS}`);
  const links = await deleteInSteps(database, 'ucenter_account_links', ['link_hash'], sql`expires_at <= ${now}`);
  return codes + links;
}
