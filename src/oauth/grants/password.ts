import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { randomHex } from '../../secrets.ts';
import { OAuthError } from '../errors.ts';
import { type Account, type PagesProfile, requirePages } from '../profile.ts';
import { parseScope, requireGrantedScope } from '../scope.ts';
import { authenticateUser } from '../sign-in/check-password.ts';
import type { GuessOrigin } from '../sign-in/guesses.ts';
import { rememberNetwork } from '../sign-in/known-networks.ts';
import { finishSecondStep, startSecondStep } from '../sign-in/second-step.ts';
import { lockSignIns } from '../sign-in/sign-ins.ts';
import { issueToken } from '../tokens/issue-token.ts';
import type { Grant } from './grant.ts';

/** The resource owner password credentials grant (RFC 6749 §4.3) with two-step verification. */
export const passwordGrant: Grant = async ({ profile: anyProfile, client, parameters, network, context }) => {
  const profile = requirePages(anyProfile);
  const origin = { network, clientId: client.id };
  const { username = '', password = '', captcha } = parameters;
  // Before the transaction: a password check is slow.
  const account = await authenticateUser(profile, username, password, origin, context);
  if (account === undefined) throw new OAuthError('invalid_grant', 'The user name or the password is wrong');
  if (account.secondStep !== undefined) await checkSecondStep(profile, account, origin, captcha, context);

  return async (trx) => {
    await lockSignIns(trx, profile, account.id);
    await checkUnchangedPassword(trx, profile, account);
    await rememberNetwork(trx, profile, account.id, network, context.clock.now());
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
  origin: GuessOrigin & { clientId: string },
  captcha: string | undefined,
  context: Context,
): Promise<void> {
  const required = new OAuthError('otp_required', profile.secondStep?.description ?? '');
  if (!captcha) {
    if (account.secondStep !== undefined && !context.messages.reaches(account.secondStep.channel))
      throw new OAuthError('invalid_grant', 'This account signs in with a code, and the server cannot send one');
    await startSecondStep(profile, account, origin, context);
    throw required;
  }
  const key = { account, clientId: origin.clientId };
  if ((await finishSecondStep(profile, key, captcha, origin, context)) === undefined) throw required;
}

/** The password may have changed while it was checked. */
async function checkUnchangedPassword(trx: Transaction, profile: PagesProfile, account: Account): Promise<void> {
  const current = await profile.accounts.findById(trx, account.id);
  if (current?.passwordHash !== account.passwordHash)
    throw new OAuthError('invalid_grant', 'The user name or the password is wrong');
}
