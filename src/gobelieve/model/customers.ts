import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { GobelieveError } from './errors.ts';
import { findStoreOfCustomers } from './stores.ts';
import { createToken } from './tokens.ts';
import { saveUser } from './users.ts';

/**
 * Customers: visitors of a third party, who are anonymous or have a key that the third party chooses (`customer_id`).
 * Each is a user of the app. The `client_id` is the uid, and never that of an ordinary user (G-40).
 */

/** 2^40. Every `client_id` is larger; the migration has the same number. */
export const FIRST_CLIENT_ID = 1_099_511_627_776;

export interface CustomerVisit {
  appid: number;
  /** Absent for an anonymous visitor. */
  key: string | undefined;
  name: string | undefined;
  avatar: string | undefined;
  platformId: number | undefined;
  deviceId: string | undefined;
  /** Random by default. */
  token?: string;
}

/**
 * Grants a customer a token, and creates the customer at the first visit. Given names and avatars replace the old ones.
 *
 * @throws GobelieveError noStore
 */
export async function authenticateCustomer(
  { database, clock }: Pick<Context, 'database' | 'clock'>,
  { appid, key, name, avatar, platformId, deviceId, token: given }: CustomerVisit,
): Promise<{ token: string; storeId: number; clientId: number }> {
  const store = await findStoreOfCustomers(database, appid);
  if (store === undefined) throw new GobelieveError('noStore');
  const profile = { ...(name !== undefined && { name }), ...(avatar !== undefined && { avatar }) };
  return transact(database, async (trx) => {
    const clientId =
      (key === undefined ? undefined : await findClientId(trx, appid, key)) ??
      (await createClientId(trx, appid, key, clock.now()));
    await saveUser(trx, appid, clientId, profile);
    const token = await createToken(trx, { appid, uid: clientId, platformId, deviceId }, clock.now(), given);
    return { token, storeId: store.id, clientId };
  });
}

/**
 * Counts one request for a token. Attempts are limited because a caller who guesses a `customer_id` gets the token of that
 * customer (G-39).
 *
 * @throws HttpError too_many_requests
 */
export async function limitAttempts(
  { limits, config }: Context,
  network: string,
  appid: number,
  key: string | undefined,
): Promise<void> {
  const points = limitOf(config, 'CUSTOMER_LIMIT');
  const perMinute = { seconds: 60, block: 60 };
  // Many visitors share one network, but an attacker has only a few of them.
  await limits.consume({ name: 'gobelieve-address', points: points * 10, ...perMinute }, network);
  if (key !== undefined) await limits.consume({ name: 'gobelieve-customer', points, ...perMinute }, `${appid}:${key}`);
}

export async function findClientId(
  database: Database | Transaction,
  appid: number,
  key: string,
): Promise<number | undefined> {
  const customer = await database
    .selectFrom('gobelieve_customers')
    .select('client_id')
    .where('app_id', '=', appid)
    .where('customer_key', '=', key)
    .executeTakeFirst();
  return customer?.client_id;
}

/** Creates a customer under the next number that no user of the app has. @throws GobelieveError noStore without the app */
export async function createClientId(
  trx: Transaction,
  appid: number,
  key: string | undefined,
  now: number,
): Promise<number> {
  for (;;) {
    const app = await trx
      .updateTable('gobelieve_apps')
      .set(({ eb }) => ({ last_client_id: eb('last_client_id', '+', 1) }))
      .where('id', '=', appid)
      .returning('last_client_id as id')
      .executeTakeFirstOrThrow(() => new GobelieveError('noStore'));
    // The app's row is locked from here on. Another request may have created the same customer just before.
    const existing = key === undefined ? undefined : await findClientId(trx, appid, key);
    if (existing !== undefined) return existing;
    if (await isUsed(trx, appid, app.id)) continue;
    await trx
      .insertInto('gobelieve_customers')
      .values({ app_id: appid, client_id: app.id, customer_key: key ?? null, created_at: now })
      .execute();
    return app.id;
  }
}

/** Whether an ordinary user of the app has this uid: there is a row of the user, a membership or a queue. */
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
      .selectFrom('gobelieve_memberships')
      .select('uid')
      .where('app_id', '=', appid)
      .where('uid', '=', uid)
      .limit(1)
      .execute(),
    trx
      .selectFrom('gobelieve_queue_entries')
      .select('id')
      .where('app_id', '=', appid)
      .where('owner', '=', uid)
      .limit(1)
      .execute(),
  ]);
  return traces.some((rows) => rows.length > 0);
}
