import type { Database, Transaction } from '../../database/open.ts';

/** Creates the store of an app. Throws a unique violation when the app has one. */
export const createStore = (database: Database | Transaction, { appid, name }: { appid: number; name: string }) =>
  database.insertInto('gobelieve_stores').values({ app_id: appid, name }).returning('id').executeTakeFirstOrThrow();

export async function findStoreId(database: Database | Transaction, appid: number): Promise<number | undefined> {
  const stores = database.selectFrom('gobelieve_stores').select('id').where('app_id', '=', appid);
  return (await stores.executeTakeFirst())?.id;
}
