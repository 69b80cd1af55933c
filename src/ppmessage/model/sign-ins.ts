import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { checkPassword } from '../../oauth/sign-in/check-password.ts';
import type { GuessOrigin } from '../../oauth/sign-in/guesses.ts';
import { lockSignIns } from '../../oauth/sign-in/sign-ins.ts';
import { sha1 } from '../../secrets.ts';
import type { UserRow } from '../database/tables.ts';
import { profile } from '../profile.ts';

/** Passwords, and the tokens and codes of sign-ins. */

/** Hashes a password for storage. The text of a password and its SHA-1 in hex are the same password (P-27). */
export const hashUserPassword = (password: string, { passwords }: Pick<Context, 'passwords'>): Promise<string> =>
  passwords.hash(toSha1(password));

/** An empty password stays empty: it is not the password of any user. */
export const toSha1 = (password: string) =>
  /^([0-9a-f]{40})?$/i.test(password) ? password.toLowerCase() : sha1(password);

/**
 * Whether a password is the user's. Counts wrong ones. Without a user it takes as long and returns false.
 *
 * @param guess.subject what wrong passwords are counted for
 * @throws HttpError too_many_requests
 */
export const isPasswordOf = (
  user: Pick<UserRow, 'uuid' | 'password_hash'> | undefined,
  { password, ...guess }: GuessOrigin & { subject: string; password: string },
  context: Context,
) => checkPassword(profile, { ...guess, userId: user?.uuid }, user?.password_hash, toSha1(password), context);

/** Ends one token: its program has logged out. Its mark still tells the level (P-60). */
export async function endToken(database: Database | Transaction, tokenId: string): Promise<void> {
  await database.deleteFrom('oauth_tokens').where('api', '=', profile.api).where('id', '=', tokenId).execute();
}

/** Deletes the tokens and codes that a user has in an app, except one token. */
export async function endSignIns(
  trx: Transaction,
  user: Pick<UserRow, 'app_uuid' | 'uuid'>,
  keepTokenId?: string,
): Promise<void> {
  await lockSignIns(trx, profile, user.uuid);
  const keys = trx.selectFrom('ppmessage_keys').select('api_key').where('app_uuid', '=', user.app_uuid);
  await trx
    .deleteFrom('oauth_tokens')
    .where('api', '=', profile.api)
    .where('user_id', '=', user.uuid)
    .where(({ and, or, eb }) =>
      or([eb('owner_id', '=', user.app_uuid), and([eb('owner_id', 'is', null), eb('client_id', 'in', keys)])]),
    )
    .$if(keepTokenId !== undefined, (query) => query.where('id', '!=', keepTokenId as string))
    .execute();
  await trx
    .deleteFrom('oauth_codes')
    .where('api', '=', profile.api)
    .where('user_id', '=', user.uuid)
    .where('client_id', 'in', keys)
    .execute();
}
