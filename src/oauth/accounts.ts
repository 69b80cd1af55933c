import type { Context } from '../context.ts';
import { verifyPassword } from '../secrets.ts';
import type { Account, Profile } from './profile.ts';

/**
 * The account with this login and password, or `undefined`. Wrong passwords are counted for the account and the client
 * they came through, so that guesses made through one application do not lock people out of another.
 *
 * @throws HttpError too_many_requests
 */
export async function checkPassword(
  profile: Profile,
  login: string,
  password: string,
  clientId: string,
  context: Context,
): Promise<Account | undefined> {
  const account = await profile.accounts.findByLogin(context.database, login);
  const key = guessKey(profile, clientId, account?.id ?? login.toLowerCase());
  await guard(context, key);
  if (await verifyPassword(account?.passwordHash, password)) {
    await context.limits.reset(wrongGuesses(context), key);
    return account;
  }
  await punish(context, key);
  return undefined;
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
