import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { randomHex } from '../../secrets.ts';
import { hashSecret } from '../security.ts';

/** Apps, stores and supporters: what the original's web pages made and its API only reads. */

export interface NewApp {
  /** The next one when absent. */
  id?: number | undefined;
  name: string;
  secret?: string | undefined;
}

/** The row of a new app, and its secret. Apart from the insert because hashing is slow and has no place in a transaction. */
export async function prepareApp({ id, name, secret = randomHex(16) }: NewApp) {
  const row = { ...(id !== undefined && { id }), name, secret_hash: await hashSecret(secret), created_at: Date.now() };
  return { row, secret };
}

/** Opens the help desk of an app, which has at most one. */
export const createStore = (database: Database | Transaction, { appid, name }: { appid: number; name: string }) =>
  database.insertInto('gobelieve_stores').values({ app_id: appid, name }).returning('id').executeTakeFirstOrThrow();

export async function findStoreId(database: Database | Transaction, appid: number): Promise<number | undefined> {
  const stores = database.selectFrom('gobelieve_stores').select('id').where('app_id', '=', appid);
  return (await stores.executeTakeFirst())?.id;
}

/** Makes a user of the app a supporter of its store. */
export async function addSupporter(
  database: Database | Transaction,
  {
    appid,
    storeId,
    uid,
    name,
    avatar = '',
  }: { appid: number; storeId: number; uid: number; name: string; avatar?: string },
) {
  await database
    .insertInto('gobelieve_supporters')
    .values({ app_id: appid, store_id: storeId, uid, name, avatar, created_at: Date.now() })
    .execute();
}

export async function hasApp(database: Database | Transaction, appid: number): Promise<boolean> {
  const app = await database.selectFrom('gobelieve_apps').select('id').where('id', '=', appid).executeTakeFirst();
  return app !== undefined;
}

/** With everything that belongs to it; files, which belong to nobody, stay. False when there was none. */
export const deleteApp = (database: Database, appid: number): Promise<boolean> =>
  transact(database, async (trx) => {
    const { numDeletedRows } = await trx.deleteFrom('gobelieve_apps').where('id', '=', appid).executeTakeFirst();
    for (const table of ['gobelieve_messages', 'gobelieve_queue'] as const)
      await trx.deleteFrom(table).where('app_id', '=', appid).execute();
    return numDeletedRows > 0n;
  });
