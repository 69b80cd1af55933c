import type { Database, Transaction } from '../../database/open.ts';

/** Creates the store of an app. Throws a unique violation when the app has one. */
export const createStore = (database: Database | Transaction, { appid, name }: { appid: number; name: string }) =>
  database.insertInto('gobelieve_stores').values({ app_id: appid, name }).returning('id').executeTakeFirstOrThrow();

export async function findStoreId(database: Database | Transaction, appid: number): Promise<number | undefined> {
  const stores = database.selectFrom('gobelieve_stores').select('id').where('app_id', '=', appid);
  return (await stores.executeTakeFirst())?.id;
}

/** The store where the customers of an app find supporters: its own, or that of its `kefu_appid` (G-73). */
export async function findStoreOfCustomers(
  database: Database | Transaction,
  appid: number,
): Promise<{ id: number; appid: number } | undefined> {
  return storeOfCustomers(database, appid).select(['store.id', 'store.app_id as appid']).executeTakeFirst();
}

/** The same as a query without columns. */
export const storeOfCustomers = (database: Database | Transaction, appid: number) =>
  database
    .selectFrom('gobelieve_apps as app')
    .innerJoin('gobelieve_stores as store', (join) =>
      join.on(({ eb, fn, ref }) => eb('store.app_id', '=', fn.coalesce(ref('app.kefu_appid'), ref('app.id')))),
    )
    .where('app.id', '=', appid);
