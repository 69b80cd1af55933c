import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { refuse } from '../model/actors.ts';
import { findStoreId } from '../model/apps.ts';
import { isServerOf } from '../security.ts';
import type { Operation } from '../wire/operation.ts';
import { answer } from '../wire/views.ts';
import { createToken } from './tokens.ts';
import { saveUser } from './users.ts';

/** 2^40, where the numbers of customers begin; the migration says the same. */
export const FIRST_CLIENT_ID = 1_099_511_627_776;

export const authenticateCustomer: Operation<'authenticateCustomer'> = async ({ body, request }, context) => {
  const { appid, name, avatar, platform_id: platformId, device_id: deviceId } = body;
  const key = keyOf(body.customer_id);
  if (!(await isServerOf(appid, request, context))) await limitTries(context, request.address, appid, key);
  const { database } = context;
  const storeId = await findStoreId(database, appid);
  if (storeId === undefined) throw refuse('There is no such app, or it has no store');
  const profile = { ...(name !== undefined && { name }), ...(avatar !== undefined && { avatar }) };
  const { token, clientId } = await transact(database, async (trx) => {
    const clientId = (await findClientId(trx, appid, key)) ?? (await createClientId(trx, appid, key));
    await saveUser(trx, appid, clientId, profile);
    return { clientId, token: await createToken(trx, { appid, uid: clientId, platformId, deviceId }) };
  });
  return answer({ token, store_id: storeId, client_id: clientId });
};

export const registerCustomer: Operation<'registerCustomer'> = (input, context) => authenticateCustomer(input, context);

/** An integer is the same customer as its digits, and an empty text is none. */
const keyOf = (id: string | number | undefined): string | undefined =>
  id === undefined || id === '' ? undefined : String(id);

/** Whoever guesses a `customer_id` is that customer: facts, section 4, C13. Throws 429. */
async function limitTries({ limits, config }: Context, address: string, appid: number, key: string | undefined) {
  const points = limitOf(config, 'CUSTOMER_LIMIT');
  const perMinute = { seconds: 60, block: 60 };
  // Many visitors share an address, and who guesses has only a few.
  await limits.consume({ name: 'gobelieve-address', points: points * 10, ...perMinute }, address);
  if (key !== undefined) await limits.consume({ name: 'gobelieve-customer', points, ...perMinute }, `${appid}:${key}`);
}

async function findClientId(trx: Transaction, appid: number, key: string | undefined): Promise<number | undefined> {
  if (key === undefined) return undefined;
  const customer = await trx
    .selectFrom('gobelieve_customers')
    .select('client_id')
    .where('app_id', '=', appid)
    .where('customer_key', '=', key)
    .executeTakeFirst();
  return customer?.client_id;
}

/** A new number in the app, for ever this customer's. Numbers that a third party has used already are passed over. */
async function createClientId(trx: Transaction, appid: number, key: string | undefined): Promise<number> {
  for (;;) {
    const app = await trx
      .updateTable('gobelieve_apps')
      .set(({ eb }) => ({ last_client_id: eb('last_client_id', '+', 1) }))
      .where('id', '=', appid)
      .returning('last_client_id as id')
      .executeTakeFirstOrThrow();
    // The app's row is locked now, so that this is the only one; another may have been faster.
    const known = await findClientId(trx, appid, key);
    if (known !== undefined) return known;
    if (await isUsed(trx, appid, app.id)) continue;
    await trx
      .insertInto('gobelieve_customers')
      .values({ app_id: appid, client_id: app.id, customer_key: key ?? null, created_at: Date.now() })
      .execute();
    return app.id;
  }
}

async function isUsed(trx: Transaction, appid: number, uid: number): Promise<boolean> {
  const traces = await Promise.all([
    trx
      .selectFrom('gobelieve_users')
      .select('uid')
      .where('app_id', '=', appid)
      .where('uid', '=', uid)
      .limit(1)
      .execute(),
    trx
      .selectFrom('gobelieve_members')
      .select('uid')
      .where('app_id', '=', appid)
      .where('uid', '=', uid)
      .limit(1)
      .execute(),
    trx
      .selectFrom('gobelieve_queue')
      .select('id')
      .where('app_id', '=', appid)
      .where('owner', '=', uid)
      .limit(1)
      .execute(),
  ]);
  return traces.some((rows) => rows.length > 0);
}
