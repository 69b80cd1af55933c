import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { giveDefaultRole } from './applications.ts';
import { throwTaken, UcenterError } from './errors.ts';
import { checkCode, useCode } from './sms-codes.ts';
import { prepareUser, requireFree } from './users.ts';

export interface NewRegistration {
  phone: string;
  password: string;
  code: string;
  /** The application that the user registers through. */
  clientId: string | undefined;
}

/**
 * Creates a user for a phone and uses up the phone's code, in one transaction (U-22).
 *
 * @returns the id, and the time of creation in milliseconds
 * @throws UcenterError taken, wrongCode
 */
export async function registerUser(
  { phone, password, code, clientId }: NewRegistration,
  context: Context,
): Promise<{ id: number; createdAt: number }> {
  const { clock, database } = context;
  await requireFree(database, 'phone', phone);
  if (!(await checkCode(database, phone, code, clock.now()))) throw new UcenterError('wrongCode', { field: 'code' });
  const row = await prepareUser({ username: phone, phone, password, clientId }, context);
  const id = await transact(database, async (trx) => {
    if (!(await useCode(trx, phone, code, clock.now()))) throw new UcenterError('wrongCode', { field: 'code' });
    const user = await trx.insertInto('ucenter_users').values(row).returning('id').executeTakeFirstOrThrow();
    await giveDefaultRole(trx, user.id);
    return user.id;
  }).catch(throwTaken('phone'));
  return { id, createdAt: row.created_at };
}
