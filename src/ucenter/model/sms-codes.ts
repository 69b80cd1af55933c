import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { equalSecrets, randomDigits, sha256 } from '../../secrets.ts';
import { UcenterError } from './errors.ts';
import { type Guesser, guesserKey, limitGuesses } from './guesses.ts';
import { consumeQuota } from './quotas.ts';
import { recordColumns } from './records.ts';

/** SMS codes. A phone has one code at a time (U-34). U-35 has its lifetime, wrong guesses and limits. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LIFETIME_MS = 5 * MINUTE_MS;

/** Wrong guesses that one caller has for a code. */
const MAX_OWN_GUESSES = 5;

/** A code is void at this weight of wrong guesses: five of the caller who had it sent, or a hundred of others. */
const MAX_WEIGHT = 100;
const WEIGHT_OF_SENDER = MAX_WEIGHT / MAX_OWN_GUESSES;

/** How long a verified phone can be put into a profile (U-25). */
const VERIFICATION_LIFETIME_MS = 10 * MINUTE_MS;

/** A code with a purpose serves for nothing else; one without serves for all but these (U-47). */
export type Purpose = 'reset_password';

/** What a caller shows. */
interface ShownCode {
  phone: string;
  code: string;
  purpose?: Purpose | undefined;
}

/** The user reads what a code does before passing it on. */
const toText = (digits: string, purpose: Purpose | undefined): string =>
  purpose === undefined
    ? `您好，您的验证码是：${digits}`
    : `您正在重置 UCenter 的密码，验证码是：${digits}。请不要告诉任何人；不是本人操作请忽略。`;

/**
 * Sends a phone a new code and voids the previous one. Pause and hourly limit are conditions of the update, so that
 * concurrent requests cannot exceed them.
 *
 * @throws UcenterError undeliverable, tooMany, tooManyToday, tooSoon, tooOften
 */
export async function sendCode(
  { phone, purpose }: Omit<ShownCode, 'code'>,
  actor: TokenActor,
  context: Context,
): Promise<void> {
  const { clock, config, database, messages } = context;
  if (!messages.reaches('sms')) throw new UcenterError('undeliverable');
  await consumeQuota('sms', actor, context);
  const code = randomDigits(6);
  const now = clock.now();
  const pauseBegan = now - limitOf(config, 'SMS_PAUSE') * 1000;
  const limit = limitOf(config, 'SMS_HOURLY_LIMIT');
  await transact(database, async (trx) => {
    await trx
      .insertInto('ucenter_sms_codes')
      .values({ phone, code_hash: null, sent_by: null, verified_by: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { numUpdatedRows } = await trx
      .updateTable('ucenter_sms_codes')
      .set(({ eb, case: when }) => ({
        code_hash: hashCode({ phone, code, purpose }),
        expires_at: now + LIFETIME_MS,
        sent_by: guesserKey(actor),
        wrong_guesses: 0,
        sent_at: now,
        sent_in_hour: when()
          .when('hour_began_at', '<=', now - HOUR_MS)
          .then(1)
          .else(eb('sent_in_hour', '+', 1))
          .end(),
        hour_began_at: when()
          .when('hour_began_at', '<=', now - HOUR_MS)
          .then(now)
          .else(eb.ref('hour_began_at'))
          .end(),
      }))
      .where('phone', '=', phone)
      .where('sent_at', '<=', pauseBegan)
      .$if(limit > 0, (query) =>
        query.where(({ eb, or }) => or([eb('sent_in_hour', '<', limit), eb('hour_began_at', '<=', now - HOUR_MS)])),
      )
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      const isPaused = (await sentAt(trx, phone)) > pauseBegan;
      throw isPaused ? new UcenterError('tooSoon') : new UcenterError('tooOften', { limit });
    }
    await trx.deleteFrom('ucenter_sms_guesses').where('phone', '=', phone).execute();
    const message_id = await messages.enqueue(trx, {
      api: 'ucenter',
      channel: 'sms',
      to: phone,
      body: toText(code, purpose),
      code,
    });
    await trx
      .insertInto('ucenter_sms_messages')
      .values({ ...recordColumns(actor, now), phone, content: toText('*'.repeat(code.length), purpose), message_id })
      .execute();
  });
}

async function sentAt(trx: Transaction, phone: string): Promise<number> {
  const { sent_at } = await trx
    .selectFrom('ucenter_sms_codes')
    .select('sent_at')
    .where('phone', '=', phone)
    // Housekeeping may have deleted the row since the insert.
    .executeTakeFirstOrThrow(() => new UcenterError('tooSoon'));
  return sent_at;
}

/**
 * Whether a code is right. Does not use the code up. Wrong guesses are counted for the caller, so that those of strangers
 * do not void the code. Call this outside of transactions that can fail: a rollback would undo the count.
 *
 * @throws HttpError too_many_requests
 */
export const checkCode = (shown: ShownCode, guesser: Guesser, context: Context): Promise<boolean> =>
  limitGuesses(guesser, context, async () => {
    const { clock, database } = context;
    const key = guesserKey(guesser);
    if (!(await takeGuess(database, shown.phone, key))) return false;
    const isRight = await compareCode(database, shown, key, clock.now());
    if (isRight) await returnGuess(database, shown.phone, key);
    return isRight;
  });

/** Takes one of the caller's guesses before the comparison, so that concurrent ones cannot exceed them. */
async function takeGuess(database: Database, phone: string, guesser: string): Promise<boolean> {
  const taken = await database
    .insertInto('ucenter_sms_guesses')
    .columns(['phone', 'guesser', 'guesses'])
    .expression(({ selectFrom, val }) =>
      selectFrom('ucenter_sms_codes')
        .select(['phone', val(guesser).as('guesser'), val(1).as('guesses')])
        .where('phone', '=', phone),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['phone', 'guesser'])
        .doUpdateSet(({ eb }) => ({ guesses: eb('ucenter_sms_guesses.guesses', '+', 1) }))
        .where('ucenter_sms_guesses.guesses', '<', MAX_OWN_GUESSES),
    )
    .returning('guesses')
    .executeTakeFirst();
  return taken !== undefined;
}

const returnGuess = (database: Database, phone: string, guesser: string) =>
  database
    .updateTable('ucenter_sms_guesses')
    .set(({ eb }) => ({ guesses: eb('guesses', '-', 1) }))
    .where('phone', '=', phone)
    .where('guesser', '=', guesser)
    .execute();

/** Compares a code with the phone's, and adds to its weight when they differ. */
async function compareCode(database: Database, shown: ShownCode, guesser: string, now: number): Promise<boolean> {
  const hash = hashCode(shown);
  const known = await database
    .updateTable('ucenter_sms_codes')
    .set(({ eb, case: when }) => ({
      wrong_guesses: when()
        .when('code_hash', '=', hash)
        .then(eb.ref('wrong_guesses'))
        .when('sent_by', '=', guesser)
        .then(eb('wrong_guesses', '+', WEIGHT_OF_SENDER))
        .else(eb('wrong_guesses', '+', 1))
        .end(),
    }))
    .where('phone', '=', shown.phone)
    .where('wrong_guesses', '<', MAX_WEIGHT)
    .where('expires_at', '>', now)
    .where('code_hash', 'is not', null)
    .returning('code_hash')
    .executeTakeFirst();
  return known?.code_hash != null && equalSecrets(known.code_hash, hash);
}

/**
 * Uses a right code up, in the transaction that it allows.
 *
 * @param now in milliseconds
 * @returns false when a concurrent request has used or replaced the code
 */
export async function useCode(trx: Transaction, shown: ShownCode, now: number): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('ucenter_sms_codes')
    .set({ code_hash: null, verified_by: null })
    .where('phone', '=', shown.phone)
    .where('code_hash', '=', hashCode(shown))
    .where('wrong_guesses', '<', MAX_WEIGHT)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Checks a code without using it up and records that the caller has verified the phone.
 *
 * @throws HttpError too_many_requests
 * @throws UcenterError mismatch
 */
export async function verifyCode(phone: string, code: string, actor: TokenActor, context: Context): Promise<void> {
  const { clock, database } = context;
  if (!(await checkCode({ phone, code }, actor, context))) throw new UcenterError('mismatch');
  await database
    .updateTable('ucenter_sms_codes')
    .set({ verified_by: guesserKey(actor), verified_until: clock.now() + VERIFICATION_LIFETIME_MS })
    .where('phone', '=', phone)
    .execute();
}

/**
 * Uses up the verification of a phone, and the code with it. A verification by a user's token counts for that user, one
 * by an application's own token for every user of the application (U-25).
 *
 * @param now in milliseconds
 * @returns false when there is no verification
 */
export async function useVerification(
  trx: Transaction,
  phone: string,
  actor: TokenActor,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('ucenter_sms_codes')
    .set({ code_hash: null, verified_by: null })
    .where('phone', '=', phone)
    .where('verified_by', 'in', [guesserKey(actor), guesserKey({ ...actor, userId: null })])
    .where('verified_until', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The purpose is a part: a code of another purpose is a wrong one. */
const hashCode = ({ phone, code, purpose }: ShownCode) =>
  sha256(purpose === undefined ? `${phone}:${code}` : `${phone}:${code}:${purpose}`);
