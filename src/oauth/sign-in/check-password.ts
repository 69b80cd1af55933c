import type { Context } from '../../context.ts';
import type { Account, PagesProfile, Profile } from '../profile.ts';

/**
 * The account with this login and password, or undefined.
 *
 * @throws HttpError too_many_requests
 */
export async function authenticateUser(
  profile: PagesProfile,
  login: string,
  password: string,
  clientId: string,
  context: Context,
): Promise<Account | undefined> {
  const account = await profile.accounts.findByLogin(context.database, login);
  const key = guessKey(profile, clientId, account?.id ?? login.toLowerCase());
  return (await checkPassword(key, account?.passwordHash, password, context)) ? account : undefined;
}

/**
 * Whether a password is right. Without a hash (no such account) it is wrong and the check takes as long.
 *
 * @param key of `guessKey`: wrong passwords are counted for it
 * @throws HttpError too_many_requests
 */
export async function checkPassword(
  key: string,
  hash: string | null | undefined,
  password: string,
  context: Context,
): Promise<boolean> {
  // In turn: otherwise a burst of guesses is over before the limit has counted it.
  return context.limits.inTurn(key, async () => {
    await checkGuesses(context, key);
    const isRight = await context.passwords.verify(hash, password);
    if (isRight) await context.limits.reset(wrongGuesses(context), key);
    else await countWrongGuess(context, key);
    return isRight;
  });
}

/**
 * The key that wrong guesses are counted for: an account and the client. Guesses through one client do not lock the
 * user out of another.
 */
export const guessKey = (profile: Profile, clientId: string, account: string) =>
  `${profile.api}:${clientId}:${account}`;

/** @throws HttpError too_many_requests while the key is blocked for its wrong guesses */
export const checkGuesses = (context: Context, key: string) => context.limits.check(wrongGuesses(context), key);

/** @throws HttpError too_many_requests when this guess was one too many */
export const countWrongGuess = (context: Context, key: string) => context.limits.consume(wrongGuesses(context), key);

const wrongGuesses = ({ config }: Context) => ({
  name: 'wrong-guesses',
  points: config.wrongGuesses,
  seconds: 300,
  block: 60,
});
