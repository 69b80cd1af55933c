import type { Context } from '../../context.ts';
import { limitGuesses } from '../../oauth/sign-in/guesses.ts';
import type { UserRow } from '../database/tables.ts';
import { profile } from '../profile.ts';
import { toSha1 } from './sign-ins.ts';
import { normalizeEmail } from './users.ts';

/** The accounts of a person: the agents with an e-mail address, each in another app (P-59). */

/** How many accounts with one e-mail address a sign-in tries. */
const MOST_ACCOUNTS = 10;

/**
 * Reads the accounts in the order in which a sign-in tries them: first that of an app, then those that own their app,
 * then the others.
 */
export const listAccounts = (
  email: string,
  appUuid: string | undefined,
  { database }: Pick<Context, 'database'>,
): Promise<UserRow[]> =>
  database
    .selectFrom('ppmessage_users as user')
    .innerJoin('ppmessage_apps as app', 'app.uuid', 'user.app_uuid')
    .selectAll('user')
    .where('user.user_email', '=', normalizeEmail(email))
    .where('user.is_service_user', '=', 1)
    .where('user.removed_at', 'is', null)
    .where('app.removed_at', 'is', null)
    .orderBy((row) =>
      row
        .case()
        .when('user.app_uuid', '=', appUuid ?? '')
        .then(0)
        .when('app.user_uuid', '=', row.ref('user.uuid'))
        .then(1)
        .else(2)
        .end(),
    )
    .orderBy('app.created_at')
    .orderBy('app.uuid')
    .limit(MOST_ACCOUNTS)
    .execute();

/**
 * Finds the first of these accounts with a password. It is one guess, which counts for the e-mail address over all keys
 * and apps: an owner of many apps has many keys, and each of them finds the account (P-53, P-59).
 *
 * @throws HttpError too_many_requests
 */
export async function findAccount(
  accounts: readonly UserRow[],
  { email, password, network }: { email: string; password: string; network: string },
  context: Context,
): Promise<UserRow | undefined> {
  // Where several people have the address, no network is known: one of them could guess the passwords of the others.
  const people = new Set(accounts.map(({ uuid }) => uuid));
  const userId = people.size === 1 ? accounts[0]?.uuid : undefined;
  const guess = { network, subject: `login * ${normalizeEmail(email)}`, userId };
  let found: UserRow | undefined;
  await limitGuesses(profile, guess, context, async () => {
    // Without an account it takes as long.
    for (const account of accounts.length > 0 ? accounts : [undefined]) {
      if (!(await context.passwords.verify(account?.password_hash, toSha1(password)))) continue;
      found = account;
      return true;
    }
    return false;
  });
  return found;
}
