import { randomHex } from '../../secrets.ts';
import { checkPassword, guard, guessKey, punish } from '../accounts.ts';
import { OAuthError } from '../errors.ts';
import type { PagesProfile } from '../profile.ts';
import { finishSecondStep, startSecondStep } from '../second-step.ts';
import { lockSignIns } from '../tokens.ts';
import type { Grant, Subject } from './grant.ts';

/**
 * RFC 6749 §4.3 with a second step: when two-step verification is on, the first request sends a code and is refused with
 * `otp_required`; the same request with `captcha` gets the token. A wrong password sends nothing.
 */
export const password: Grant = async ({ profile: anyProfile, client, body, context }) => {
  // Only APIs with accounts of their own and pages for them have this grant.
  const profile = anyProfile as PagesProfile;
  const account = await checkPassword(profile, body.username ?? '', body.password ?? '', client.id, context);
  if (account === undefined) throw new OAuthError('invalid_grant', 'The user name or the password is wrong');
  if (account.secondStep !== undefined) {
    const required = new OAuthError('otp_required', profile.secondStep?.description ?? '');
    if (!body.captcha) {
      await startSecondStep(profile, account, client.id, context);
      throw required;
    }
    const key = guessKey(profile, client.id, `${account.id}:code`);
    await guard(context, key);
    if ((await finishSecondStep(profile, { account, clientId: client.id }, body.captcha, context)) === undefined) {
      await punish(context, key);
      throw required;
    }
  }
  const subject: Subject = { userId: account.id, grantId: randomHex(16) };
  return {
    withRefreshToken: true,
    model: (trx) => ({
      // Again: the password may have been changed while it was looked at, which takes its time.
      async getUser() {
        await lockSignIns(trx, profile, account.id);
        const now = await profile.accounts.findById(trx, account.id);
        return now?.passwordHash === account.passwordHash ? subject : undefined;
      },
    }),
  };
};
