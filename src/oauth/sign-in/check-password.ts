import type { Context } from '../../context.ts';
import type { Account, PagesProfile, Profile } from '../profile.ts';
import { type Guess, type GuessOrigin, limitGuesses } from './guesses.ts';

/**
 * The account with this login and password, or undefined.
 *
 * @throws HttpError too_many_requests
 */
export async function authenticateUser(
  profile: PagesProfile,
  login: string,
  password: string,
  origin: GuessOrigin,
  context: Context,
): Promise<Account | undefined> {
  const account = await profile.accounts.findByLogin(context.database, login);
  // The login and not the account: an unknown one has no other key, and the limit would reveal which accounts exist.
  const guess = { ...origin, subject: `login ${login.trim().toLowerCase()}`, userId: account?.id };
  return (await checkPassword(profile, guess, account?.passwordHash, password, context)) ? account : undefined;
}

/**
 * Whether a password is right. Without a hash (no such account) it is wrong and the check takes as long.
 *
 * @throws HttpError too_many_requests
 */
export const checkPassword = (
  profile: Profile,
  guess: Guess,
  hash: string | null | undefined,
  password: string,
  context: Context,
): Promise<boolean> => limitGuesses(profile, guess, context, () => context.passwords.verify(hash, password));
