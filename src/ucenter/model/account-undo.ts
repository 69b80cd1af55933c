import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { endSignIns } from '../../oauth/sign-in/sign-ins.ts';
import { sha256 } from '../../secrets.ts';
import type { UcenterAccountLinksTable } from '../database/tables.ts';
import { profile } from '../profile.ts';
import { isFree, type LoginColumn } from './unique-logins.ts';

/** A link of a notice, with the change that it undoes or confirms (U-48). */
export type AccountLink = Selectable<UcenterAccountLinksTable>;

/**
 * The link, as long as it can be used.
 *
 * @param now in milliseconds
 */
export const findAccountLink = (
  database: Database | Transaction,
  link: string,
  now: number,
): Promise<AccountLink | undefined> =>
  database
    .selectFrom('ucenter_account_links')
    .selectAll()
    .where('link_hash', '=', sha256(link))
    .where('expires_at', '>', now)
    .executeTakeFirst();

/** Whether the recipient of a link may declare a new phone or address to be the user's own. */
export const isConfirmable = ({ may_confirm, new_email, new_phone }: AccountLink): boolean =>
  may_confirm === 1 && (new_email !== null || new_phone !== null);

/**
 * Undoes a change and every later one, and ends all sign-ins of the user: the token that made them may be a thief's.
 *
 * @returns false when the link cannot be used
 */
export const undoAccountChange = (link: string, context: Context): Promise<boolean> =>
  withLink(link, context, async (trx, found, now) => {
    const id = found.user_id;
    const keeps = async (column: LoginColumn, value: string | null) =>
      value !== null && (await isFree(trx, column, value, id));
    const email = (await keeps('email_key', found.old_email_key)) ? found.old_email : null;
    await trx
      .updateTable('ucenter_users')
      .set({
        ...((await keeps('username', found.old_username)) && { username: found.old_username }),
        email,
        email_key: email === null ? null : found.old_email_key,
        email_trusted_at: found.old_email_trusted_at,
        // The next user of a phone may have registered it meanwhile.
        phone: (await keeps('phone', found.old_phone)) ? found.old_phone : null,
        phone_trusted_at: found.old_phone_trusted_at,
        updated_at: now,
      })
      .where('id', '=', id)
      .execute();
    await trx
      .deleteFrom('ucenter_account_links')
      .where('user_id', '=', id)
      .where('created_at', '>=', found.created_at)
      .execute();
    await endSignIns(trx, profile, String(id), now);
    return true;
  });

/**
 * Confirms a new phone or address, which is then trusted at once.
 *
 * @returns false when the link cannot be used for it
 */
export const confirmAccountChange = (link: string, context: Context): Promise<boolean> =>
  withLink(link, context, async (trx, found, now) => {
    if (!isConfirmable(found)) return false;
    const { user_id: id, new_phone: phone, new_email: email } = found;
    const trust = trx.updateTable('ucenter_users').where('id', '=', id);
    if (phone !== null) await trust.set({ phone_trusted_at: now }).where('phone', '=', phone).execute();
    if (email !== null) await trust.set({ email_trusted_at: now }).where('email', '=', email).execute();
    await trx.deleteFrom('ucenter_account_links').where('link_hash', '=', found.link_hash).execute();
    return true;
  });

/** Uses a link in a transaction, one change of the user at a time. */
async function withLink(
  link: string,
  { clock, database }: Context,
  use: (trx: Transaction, found: AccountLink, now: number) => Promise<boolean>,
): Promise<boolean> {
  const now = clock.now();
  const known = await findAccountLink(database, link, now);
  if (known === undefined) return false;
  return transact(database, async (trx) => {
    await lockInTransaction(trx, `ucenter_users:${known.user_id}`);
    // Read again: another request may have used it before the lock was free.
    const found = await findAccountLink(trx, link, now);
    return found !== undefined && use(trx, found, now);
  });
}
