import type { Context } from '../context.ts';
import { verifyPassword } from '../secrets.ts';
import type { Account, PagesProfile, Profile } from './profile.ts';

/** The account with this login and password, or `undefined`. Throws and counts as `provePassword` does. */
export async function checkPassword(
  profile: PagesProfile,
  login: string,
  password: string,
  clientId: string,
  context: Context,
): Promise<Account | undefined> {
  const account = await profile.accounts.findByLogin(context.database, login);
  const key = guessKey(profile, clientId, account?.id ?? login.toLowerCase());
  return (await provePassword(key, account?.passwordHash, password, context)) ? account : undefined;
}

/**
 * Whether a password is right; without a hash (nobody has this login) it takes as long and is not. Wrong passwords are
 * counted for the account and the client they came through, so that guesses made through one application do not lock
 * people out of another.
 *
 * @param key from `guessKey`
 * @throws HttpError too_many_requests
 */
export async function provePassword(
  key: string,
  hash: string | null | undefined,
  password: string,
  context: Context,
): Promise<boolean> {
  // In turn, so that guesses that come all at once meet the limit as others do.
  return context.limits.inTurn(key, async () => {
    await guard(context, key);
    const right = await verifyPassword(hash, password);
    if (right) await context.limits.reset(wrongGuesses(context), key);
    else await punish(context, key);
    return right;
  });
}

export const guessKey = (profile: Profile, clientId: string, account: string) =>
  `${profile.api}:${clientId}:${account}`;

const wrongGuesses = ({ config }: Context) => ({
  name: 'wrong-guesses',
  points: config.wrongGuesses,
  seconds: 300,
  block: 60,
});

/** Throws 429 while the key has to pause for its wrong guesses. */
export const guard = (context: Context, key: string) => context.limits.check(wrongGuesses(context), key);

/** Counts a wrong guess. */
export const punish = (context: Context, key: string) => context.limits.consume(wrongGuesses(context), key);
