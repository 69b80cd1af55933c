import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { giveDefaultRole } from './applications.ts';
import { throwTaken, UcenterError } from './errors.ts';
import { checkCode, useCode } from './sms-codes.ts';
import { requireFree } from './unique-logins.ts';
import { prepareUser } from './users.ts';

export interface NewRegistration {
  phone: string;
  password: string;
  code: string;
  /** The caller: a token tells the application that the user registers through. */
  by: TokenActor | { network: string };
}

/**
 * Creates a user for a phone and uses up the phone's code, in one transaction (U-22).
 *
 * @returns the id, and the time of creation in milliseconds
 * @throws HttpError too_many_requests
 * @throws UcenterError wrongCode, taken; with a wrong code it does not tell whether the phone is taken
 */
export async function registerUser(
  { phone, password, code, by }: NewRegistration,
  context: Context,
): Promise<{ id: number; createdAt: number }> {
  const { clock, database } = context;
  if ('network' in by) await limitRegistrations(by.network, context);
  if (!(await checkCode({ phone, code }, by, context))) throw new UcenterError('wrongCode', { field: 'code' });
  await requireFree(database, 'phone', phone, { now: clock.now() });
  const clientId = 'network' in by ? undefined : by.clientId;
  const row = await prepareUser({ username: phone, phone, password, clientId }, context);
  const id = await transact(database, async (trx) => {
    if (!(await useCode(trx, { phone, code }, clock.now()))) throw new UcenterError('wrongCode', { field: 'code' });
    const user = await trx.insertInto('ucenter_users').values(row).returning('id').executeTakeFirstOrThrow();
    await giveDefaultRole(trx, user.id);
    return user.id;
  }).catch(throwTaken('phone'));
  return { id, createdAt: row.created_at };
}

/** Without a token anybody can register, as often as one network may. */
async function limitRegistrations(network: string, { config, limits }: Context): Promise<void> {
  const points = limitOf(config, 'REGISTRATION_HOURLY_LIMIT');
  if (points === 0) return;
  await limits.consume({ name: 'ucenter-registrations', points, seconds: 3600, block: 0 }, network);
}
