import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { randomHex } from '../../secrets.ts';
import { OAuthError } from '../errors.ts';
import { type Account, type PagesProfile, requirePages } from '../profile.ts';
import { parseScope, requireGrantedScope } from '../scope.ts';
import { authenticateUser, checkGuesses, countWrongGuess, guessKey } from '../sign-in/check-password.ts';
import { finishSecondStep, startSecondStep } from '../sign-in/second-step.ts';
import { lockSignIns } from '../sign-in/sign-ins.ts';
import { issueToken } from '../tokens/issue-token.ts';
import type { Grant } from './grant.ts';

/** The resource owner password credentials grant (RFC 6749 §4.3) with two-step verification. */
export const passwordGrant: Grant = async ({ profile: anyProfile, client, parameters, context }) => {
  const profile = requirePages(anyProfile);
  const { username = '', password = '', captcha } = parameters;
  // Before the transaction: a password check is slow.
  const account = await authenticateUser(profile, username, password, client.id, context);
  if (account === undefined) throw new OAuthError('invalid_grant', 'The user name or the password is wrong');
  if (account.secondStep !== undefined) await checkSecondStep(profile, account, client.id, captcha, context);

  return async (trx) => {
    await lockSignIns(trx, profile, account.id);
    await checkUnchangedPassword(trx, profile, account);
    const scope = requireGrantedScope(profile, client, parseScope(parameters.scope));
    return issueToken(trx, profile, context.clock.now(), {
      client,
      userId: account.id,
      grantId: randomHex(16),
      scope,
      withRefreshToken: true,
    });
  };
};

/**
 * Two-step verification: the first request sends a code to the user and fails with `otp_required`; the same request with
 * the code in `captcha` succeeds.
 */
async function checkSecondStep(
  profile: PagesProfile,
  account: Account,
  clientId: string,
  captcha: string | undefined,
  context: Context,
): Promise<void> {
  const required = new OAuthError('otp_required', profile.secondStep?.description ?? '');
  if (!captcha) {
    await startSecondStep(profile, account, clientId, context);
    throw required;
  }
  const key = guessKey(profile, clientId, `${account.id}:code`);
  await checkGuesses(context, key);
  if ((await finishSecondStep(profile, { account, clientId }, captcha, context)) === undefined) {
    await countWrongGuess(context, key);
    throw required;
  }
}

/** The password may have changed while it was checked. */
async function checkUnchangedPassword(trx: Transaction, profile: PagesProfile, account: Account): Promise<void> {
  const current = await profile.accounts.findById(trx, account.id);
  if (current?.passwordHash !== account.passwordHash)
    throw new OAuthError('invalid_grant', 'The user name or the password is wrong');
}
