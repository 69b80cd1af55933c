import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { equalSecrets, randomDigits, randomHex, sha256 } from '../../secrets.ts';
import type { OauthSecondStepsTable } from '../database/tables.ts';
import type { Account, PagesProfile } from '../profile.ts';
import { type GuessOrigin, limitGuesses } from './guesses.ts';
import { isKnownNetwork } from './known-networks.ts';

const CODE_LIFETIME_MS = 10 * 60_000;
const ATTEMPTS = 5;

/** Stands for the client in the second step of a sign-in in a browser. */
const BROWSER = '';

/** Names a pending second step: by its challenge in a browser, otherwise by account and client. */
export type SecondStepKey = { challenge: string } | { account: Account; clientId: string };

/**
 * Sends a code to an account. It invalidates the previous code for the same account and client, or for browsers.
 *
 * @returns the challenge, which proves that the browser sent the right password
 * @throws HttpError too_many_requests
 */
export async function startSecondStep(
  profile: PagesProfile,
  account: Account,
  { network, clientId = BROWSER }: GuessOrigin,
  context: Context,
): Promise<string> {
  const { secondStep } = account;
  if (secondStep === undefined || profile.secondStep === undefined)
    throw new Error(`${profile.api}: the account has no second step`);
  const { message } = profile.secondStep;
  const { limits, config } = context;
  // Codes are limited over all clients, but those of a stranger do not keep the user from signing in as before.
  const isKnown = await isKnownNetwork(context.database, profile, account.id, network);
  await limits.consume(
    { name: 'second-step', points: config.wrongGuesses, seconds: 600, block: 60 },
    `${profile.api} ${account.id} ${isKnown ? network : ''}`,
  );
  const challenge = randomHex(32);
  const code = randomDigits(6);
  const now = context.clock.now();
  const { api } = profile;
  await transact(context.database, async (trx) => {
    await trx
      .deleteFrom('oauth_second_steps')
      .where('api', '=', api)
      .where('user_id', '=', account.id)
      .where('client_id', '=', clientId)
      .execute();
    await trx
      .insertInto('oauth_second_steps')
      .values({
        id_hash: sha256(challenge),
        api,
        user_id: account.id,
        client_id: clientId,
        code_hash: hashCode(sha256(challenge), code),
        created_at: now,
        expires_at: now + CODE_LIFETIME_MS,
      })
      .execute();
    await context.messages.enqueue(trx, { api, ...secondStep, body: message(code), code });
  });
  return challenge;
}

/**
 * Consumes a code. It works once, for ten minutes and five attempts, and wrong ones are limited as wrong passwords are.
 * Attempts are counted outside any transaction, so a failed request does not give one back.
 *
 * @returns the id of the user that the code was sent to, or undefined when it is wrong or no longer valid
 * @throws HttpError too_many_requests
 */
export async function finishSecondStep(
  profile: PagesProfile,
  key: SecondStepKey,
  code: string,
  origin: GuessOrigin,
  context: Context,
): Promise<string | undefined> {
  const step = await findSecondStep(profile, key, context);
  const subject = `code ${step?.user_id ?? ('challenge' in key ? key.challenge : key.account.id)}`;
  const guess = { ...origin, subject, userId: step?.user_id };
  const isRight = await limitGuesses(
    profile,
    guess,
    context,
    async () => step !== undefined && consume(step, code, context),
  );
  return isRight ? step?.user_id : undefined;
}

function findSecondStep({ api }: PagesProfile, key: SecondStepKey, { clock, database }: Context) {
  const pending = database
    .selectFrom('oauth_second_steps')
    .selectAll()
    .where('api', '=', api)
    .where('expires_at', '>', clock.now())
    .where('consumed_at', 'is', null);
  const named =
    'challenge' in key
      ? pending.where('id_hash', '=', sha256(key.challenge))
      : pending.where('user_id', '=', key.account.id).where('client_id', '=', key.clientId);
  return named.executeTakeFirst();
}

/** Counts an attempt, and consumes the code when it is right. */
async function consume(
  step: Pick<OauthSecondStepsTable, 'id_hash' | 'code_hash'>,
  code: string,
  { clock, database }: Context,
): Promise<boolean> {
  const counted = await database
    .updateTable('oauth_second_steps')
    .set((row) => ({ attempts: row('attempts', '+', 1) }))
    .where('id_hash', '=', step.id_hash)
    .where('attempts', '<', ATTEMPTS)
    .where('consumed_at', 'is', null)
    .executeTakeFirst();
  if (counted.numUpdatedRows === 0n || !equalSecrets(step.code_hash, hashCode(step.id_hash, code.trim()))) return false;
  const consumed = await database
    .updateTable('oauth_second_steps')
    .set({ consumed_at: clock.now() })
    .where('id_hash', '=', step.id_hash)
    .where('consumed_at', 'is', null)
    .executeTakeFirst();
  return consumed.numUpdatedRows > 0n;
}

// Salted with the hash of the challenge: six digits alone are quickly found by trying all of them.
const hashCode = (salt: string, code: string) => sha256(`${salt}:${code}`);
