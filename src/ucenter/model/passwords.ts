import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { checkPassword } from '../../oauth/sign-in/check-password.ts';
import { endSignIns } from '../../oauth/sign-in/sign-ins.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { profile } from '../profile.ts';
import { requireUserId } from './access.ts';
import { UcenterError } from './errors.ts';
import { checkCode, useCode } from './sms-codes.ts';

/**
 * Changes the password of the token's user and ends every other sign-in of that user (U-29).
 *
 * @param fields.network where the request comes from, for the limit of wrong passwords
 * @throws HttpError forbidden, too_many_requests
 * @throws UcenterError wrongPassword, invalidToken
 */
export async function changePassword(
  actor: TokenActor,
  { oldPassword, password, network }: { oldPassword: string; password: string; network: string },
  context: Context,
): Promise<void> {
  const id = requireUserId(actor);
  const { clock, database, passwords } = context;
  const { password_hash: oldHash } = await database
    .selectFrom('ucenter_users')
    .select('password_hash')
    .where('id', '=', id)
    .executeTakeFirstOrThrow(() => new UcenterError('invalidToken'));
  const wrong = new UcenterError('wrongPassword', { field: 'old_password' });
  const guess = { subject: `user ${id}`, userId: String(id), network, clientId: actor.clientId };
  if (!(await checkPassword(profile, guess, oldHash, oldPassword, context))) throw wrong;
  const hash = await passwords.hash(password);
  await transact(database, async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('ucenter_users')
      .set({ password_hash: hash, updated_at: clock.now() })
      .where('id', '=', id)
      .where('password_hash', '=', oldHash)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw wrong;
    await endSignIns(trx, profile, String(id), clock.now(), actor.tokenId);
  });
}

/**
 * Sets the password of the user with this phone, by a code that was sent to reset it. Uses the code up and ends every
 * sign-in of the user (U-29, U-47, U-48).
 *
 * @throws HttpError too_many_requests
 * @throws UcenterError wrongCode, unknownUser, phoneTooNew
 */
export async function resetPassword(
  actor: TokenActor,
  { phone, code, password }: { phone: string; code: string; password: string },
  context: Context,
): Promise<void> {
  const { clock, database, passwords } = context;
  const wrong = new UcenterError('wrongCode', { field: 'code' });
  const shown = { phone, code, purpose: 'reset_password' } as const;
  if (!(await checkCode(shown, actor, context))) throw wrong;
  const hash = await passwords.hash(password);
  await transact(database, async (trx) => {
    const user = await trx
      .updateTable('ucenter_users')
      .set({ password_hash: hash, updated_at: clock.now() })
      .where('phone', '=', phone)
      .returning(['id', 'phone_trusted_at'])
      .executeTakeFirst();
    if (user === undefined) throw new UcenterError('unknownUser', { field: 'phone' });
    if (user.phone_trusted_at > clock.now()) throw new UcenterError('phoneTooNew', { field: 'phone' });
    if (!(await useCode(trx, shown, clock.now()))) throw wrong;
    await endSignIns(trx, profile, String(user.id), clock.now());
  });
}
