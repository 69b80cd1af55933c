import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { guessKey, provePassword } from '../../oauth/accounts.ts';
import { endSignIns, type TokenActor } from '../../oauth/tokens.ts';
import { hashPassword } from '../../secrets.ts';
import { profile } from '../profile.ts';
import { Failure } from '../wire/errors.ts';
import { labelOf } from '../wire/field-errors.ts';
import { accept, type Operation } from '../wire/operation.ts';
import { requireUser } from './access.ts';
import { guessCode, useCode } from './sms-codes.ts';

/** Changes a password by the old one, or resets it by a code. Every other sign-in of the user ends with it. */
export const updatePassword: Operation<'updatePassword'> = async ({ body, actor }, context) => {
  const { password, old_password: old, phone, code } = body;
  if (old !== undefined) {
    if (phone !== undefined || code !== undefined) throw new Failure('原密码和验证码只能选一种', 'old_password');
    await change(actor, old, password, context);
  } else {
    if (phone === undefined) throw missing(code === undefined ? 'old_password' : 'phone');
    if (code === undefined) throw missing('code');
    await reset(phone, code, password, context);
  }
  return accept('修改成功', {});
};

const missing = (field: string) => new Failure(`${labelOf(field)} 不能为空。`, field);

async function change(actor: TokenActor, old: string, password: string, context: Context): Promise<void> {
  const id = requireUser(actor);
  const { database } = context;
  const { password_hash: known } = await database
    .selectFrom('ucenter_users')
    .select('password_hash')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const wrong = new Failure('原密码错误', 'old_password');
  if (!(await checkPassword(guessKey(profile, actor.clientId, String(id)), known, old, context))) throw wrong;
  const hash = await hashPassword(password);
  await transact(database, async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('ucenter_users')
      .set({ password_hash: hash, updated_at: Date.now() })
      .where('id', '=', id)
      .where('password_hash', '=', known)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw wrong;
    await endSignIns(trx, profile, String(id), Date.now(), actor.tokenId);
  });
}

async function reset(phone: string, code: string, password: string, { database }: Context): Promise<void> {
  const wrong = new Failure('验证码验证失败', 'code');
  if (!(await guessCode(database, phone, code))) throw wrong;
  const hash = await hashPassword(password);
  await transact(database, async (trx) => {
    const user = await trx
      .updateTable('ucenter_users')
      .set({ password_hash: hash, updated_at: Date.now() })
      .where('phone', '=', phone)
      .returning('id')
      .executeTakeFirst();
    if (user === undefined) throw new Failure('未找到该用户', 'phone');
    if (!(await useCode(trx, phone, code))) throw wrong;
    await endSignIns(trx, profile, String(user.id), Date.now());
  });
}
