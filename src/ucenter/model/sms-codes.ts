import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { TokenActor } from '../../oauth/tokens.ts';
import { equalSecrets, randomDigits, sha256 } from '../../secrets.ts';
import { Failure } from '../wire/errors.ts';
import { causedBy } from './records.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a code is good, and how many wrong guesses make it void. Facts, section 6. */
const LIFETIME = 5 * MINUTE;
const GUESSES = 5;

/** How long a proved number may be taken over into a profile. */
const PROOF = 10 * MINUTE;

/**
 * Sends a phone a new code; the one before is void. Pause and hourly limit are part of the update, so that of many
 * requests at once only as many succeed as may.
 *
 * @throws Failure
 */
export async function sendCode(
  phone: string,
  actor: TokenActor,
  { database, messages, config }: Context,
): Promise<void> {
  if (!messages.reaches('sms')) throw new Failure('发送失败');
  const code = randomDigits(6);
  const now = Date.now();
  const latest = now - limitOf(config, 'SMS_PAUSE') * 1000;
  const limit = limitOf(config, 'SMS_HOURLY_LIMIT');
  await transact(database, async (trx) => {
    await trx
      .insertInto('ucenter_sms_codes')
      .values({ phone, code_hash: null, proved_by: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const sent = await trx
      .updateTable('ucenter_sms_codes')
      .set(({ eb, case: when }) => ({
        code_hash: hashCode(phone, code),
        expires_at: now + LIFETIME,
        attempts: 0,
        sent_at: now,
        sent_in_hour: when()
          .when('hour_began_at', '<=', now - HOUR)
          .then(1)
          .else(eb('sent_in_hour', '+', 1))
          .end(),
        hour_began_at: when()
          .when('hour_began_at', '<=', now - HOUR)
          .then(now)
          .else(eb.ref('hour_began_at'))
          .end(),
      }))
      .where('phone', '=', phone)
      .where('sent_at', '<=', latest)
      .$if(limit > 0, (query) =>
        query.where(({ eb, or }) => or([eb('sent_in_hour', '<', limit), eb('hour_began_at', '<=', now - HOUR)])),
      )
      .executeTakeFirst();
    if (sent.numUpdatedRows === 0n) throw await refusal(trx, phone, latest, limit);
    const text = (digits: string) => `您好，您的验证码是：${digits}`;
    const messageId = await messages.enqueue(trx, {
      api: 'ucenter',
      channel: 'sms',
      to: phone,
      body: text(code),
      code,
    });
    await trx
      .insertInto('ucenter_sms_messages')
      .values({ ...causedBy(actor), phone, content: text('*'.repeat(code.length)), message_id: messageId })
      .execute();
  });
}

async function refusal(trx: Transaction, phone: string, latest: number, limit: number): Promise<Failure> {
  const { sent_at } = await trx
    .selectFrom('ucenter_sms_codes')
    .select('sent_at')
    .where('phone', '=', phone)
    .executeTakeFirstOrThrow();
  if (sent_at > latest) return new Failure('发送过于频繁，请稍后再试');
  return new Failure(`超过每小时${'零一二三四五六七八九十'[limit] ?? limit}次限制`);
}

/** Whether a code is right. Wrong guesses are counted for good, in the statement that compares. */
export async function guessCode(database: Database | Transaction, phone: string, code: string): Promise<boolean> {
  const hash = hashCode(phone, code);
  const known = await database
    .updateTable('ucenter_sms_codes')
    .set(({ eb, case: when }) => ({
      attempts: when()
        .when('code_hash', '=', hash)
        .then(eb.ref('attempts'))
        .else(eb('attempts', '+', 1))
        .end(),
    }))
    .where('phone', '=', phone)
    .where('attempts', '<', GUESSES)
    .where('expires_at', '>', Date.now())
    .where('code_hash', 'is not', null)
    .returning('code_hash')
    .executeTakeFirst();
  return known?.code_hash != null && equalSecrets(known.code_hash, hash);
}

/** Uses a right code up, together with what it is used for. False when somebody was faster or it was replaced. */
export async function useCode(trx: Transaction, phone: string, code: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('ucenter_sms_codes')
    .set({ code_hash: null, proved_by: null })
    .where('phone', '=', phone)
    .where('code_hash', '=', hashCode(phone, code))
    .where('attempts', '<', GUESSES)
    .where('expires_at', '>', Date.now())
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Notes that the phone belongs to whoever uses this token. */
export async function keepProof(database: Database, phone: string, actor: TokenActor): Promise<void> {
  await database
    .updateTable('ucenter_sms_codes')
    .set({ proved_by: proverOf(actor.clientId, actor.userId), proved_until: Date.now() + PROOF })
    .where('phone', '=', phone)
    .execute();
}

/**
 * Uses up the proof that a phone belongs to a user, and the code with it. It counts for the user who gave it, and for
 * all users of an app that gave it in its own name, for it knows whose phone it asked for.
 */
export async function useProof(trx: Transaction, phone: string, { clientId, userId }: TokenActor): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('ucenter_sms_codes')
    .set({ code_hash: null, proved_by: null })
    .where('phone', '=', phone)
    .where('proved_by', 'in', [proverOf(clientId, userId), proverOf(clientId, null)])
    .where('proved_until', '>', Date.now())
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

const proverOf = (clientId: string, userId: string | null) => `${clientId}:${userId ?? ''}`;

const hashCode = (phone: string, code: string) => sha256(`${phone}:${code}`);
