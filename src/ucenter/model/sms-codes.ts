import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { equalSecrets, randomDigits, sha256 } from '../../secrets.ts';
import { UcenterError } from './errors.ts';
import { recordColumns } from './records.ts';

/** SMS codes. A phone has one code for all purposes (U-34). U-35 has its lifetime, wrong guesses and limits. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LIFETIME_MS = 5 * MINUTE_MS;
const MAX_WRONG_GUESSES = 5;

/** How long a verified phone can be put into a profile (U-25). */
const VERIFICATION_LIFETIME_MS = 10 * MINUTE_MS;

/**
 * Sends a phone a new code and voids the previous one. Pause and hourly limit are conditions of the update, so that
 * concurrent requests cannot exceed them.
 *
 * @throws UcenterError undeliverable, tooSoon, tooOften
 */
export async function sendCode(
  phone: string,
  actor: TokenActor,
  { clock, config, database, messages }: Context,
): Promise<void> {
  if (!messages.reaches('sms')) throw new UcenterError('undeliverable');
  const code = randomDigits(6);
  const now = clock.now();
  const pauseBegan = now - limitOf(config, 'SMS_PAUSE') * 1000;
  const limit = limitOf(config, 'SMS_HOURLY_LIMIT');
  await transact(database, async (trx) => {
    await trx
      .insertInto('ucenter_sms_codes')
      .values({ phone, code_hash: null, verified_by: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { numUpdatedRows } = await trx
      .updateTable('ucenter_sms_codes')
      .set(({ eb, case: when }) => ({
        code_hash: hashCode(phone, code),
        expires_at: now + LIFETIME_MS,
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
    const text = (digits: string) => `您好，您的验证码是：${digits}`;
    const message_id = await messages.enqueue(trx, {
      api: 'ucenter',
      channel: 'sms',
      to: phone,
      body: text(code),
      code,
    });
    await trx
      .insertInto('ucenter_sms_messages')
      .values({ ...recordColumns(actor, now), phone, content: text('*'.repeat(code.length)), message_id })
      .execute();
  });
}

async function sentAt(trx: Transaction, phone: string): Promise<number> {
  const { sent_at } = await trx
    .selectFrom('ucenter_sms_codes')
    .select('sent_at')
    .where('phone', '=', phone)
    .executeTakeFirstOrThrow();
  return sent_at;
}

/**
 * Whether a code is right. Does not use the code up. The statement that compares also counts a wrong guess, so call this
 * outside of transactions that can fail: a rollback would undo the count.
 *
 * @param now in milliseconds
 */
export async function checkCode(database: Database, phone: string, code: string, now: number): Promise<boolean> {
  const hash = hashCode(phone, code);
  const known = await database
    .updateTable('ucenter_sms_codes')
    .set(({ eb, case: when }) => ({
      wrong_guesses: when()
        .when('code_hash', '=', hash)
        .then(eb.ref('wrong_guesses'))
        .else(eb('wrong_guesses', '+', 1))
        .end(),
    }))
    .where('phone', '=', phone)
    .where('wrong_guesses', '<', MAX_WRONG_GUESSES)
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
export async function useCode(trx: Transaction, phone: string, code: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('ucenter_sms_codes')
    .set({ code_hash: null, verified_by: null })
    .where('phone', '=', phone)
    .where('code_hash', '=', hashCode(phone, code))
    .where('wrong_guesses', '<', MAX_WRONG_GUESSES)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Checks a code without using it up and records that the caller has verified the phone.
 *
 * @throws UcenterError mismatch
 */
export async function verifyCode(
  phone: string,
  code: string,
  { clientId, userId }: TokenActor,
  { clock, database }: Context,
): Promise<void> {
  const now = clock.now();
  if (!(await checkCode(database, phone, code, now))) throw new UcenterError('mismatch');
  await database
    .updateTable('ucenter_sms_codes')
    .set({ verified_by: verifierOf(clientId, userId), verified_until: now + VERIFICATION_LIFETIME_MS })
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
  { clientId, userId }: TokenActor,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('ucenter_sms_codes')
    .set({ code_hash: null, verified_by: null })
    .where('phone', '=', phone)
    .where('verified_by', 'in', [verifierOf(clientId, userId), verifierOf(clientId, null)])
    .where('verified_until', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

const verifierOf = (clientId: string, userId: string | null) => `${clientId}:${userId ?? ''}`;

const hashCode = (phone: string, code: string) => sha256(`${phone}:${code}`);
