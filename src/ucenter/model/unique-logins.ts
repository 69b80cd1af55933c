import type { Database, Transaction } from '../../database/open.ts';
import { UcenterError } from './errors.ts';

/** A column by which a user signs in. */
export type LoginColumn = 'username' | 'email_key' | 'phone';

/** Such a user name is the user's own phone (U-28). */
export const isPhoneLike = (text: string): boolean => /^\d{11}$/.test(text);

/** Whether no user but `self` has this name, address or phone. */
export async function isFree(
  database: Database | Transaction,
  column: LoginColumn,
  value: string,
  self: number,
): Promise<boolean> {
  const other = await database
    .selectFrom('ucenter_users')
    .select('id')
    .where(column, '=', value)
    .where('id', '!=', self)
    .executeTakeFirst();
  return other === undefined;
}

/**
 * Checks that no other user has this name, address or phone. A name or address that its user may still take back counts
 * as that user's (U-48); a phone does not, because its next user has to prove it.
 *
 * @param self id of the user who may have it
 * @param now in milliseconds
 * @throws UcenterError taken
 */
export async function requireFree(
  database: Database | Transaction,
  column: LoginColumn,
  value: string,
  { self = 0, now }: { self?: number; now: number },
): Promise<void> {
  const isTaken =
    !(await isFree(database, column, value, self)) ||
    (column !== 'phone' && !isPhoneLike(value) && (await isKept(database, column, value, { self, now })));
  if (isTaken) throw new UcenterError('taken', { field: column === 'email_key' ? 'email' : column });
}

async function isKept(
  database: Database | Transaction,
  column: 'username' | 'email_key',
  value: string,
  { self, now }: { self: number; now: number },
): Promise<boolean> {
  const kept = await database
    .selectFrom('ucenter_account_links')
    .select('user_id')
    .where(column === 'username' ? 'old_username' : 'old_email_key', '=', value)
    .where('user_id', '!=', self)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return kept !== undefined;
}
