import { randomInt } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import type { ClientActor } from './access.ts';
import { FIRST_CLIENT_ID } from './customers.ts';
import { GobelieveError } from './errors.ts';
import type { NewMessage } from './message-store.ts';
import { livingNodes } from './presence.ts';
import { findStoreOfCustomers, storeOfCustomers } from './stores.ts';

export interface Supporter {
  uid: number;
  name: string;
  avatar: string;
}

export interface FoundSupporter extends Supporter {
  isOnline: boolean;
}

export interface NewSupporter {
  appid: number;
  storeId: number;
  uid: number;
  name: string;
  avatar?: string;
}

/** Makes a user of the app a supporter of its store. */
export async function addSupporter(
  database: Database | Transaction,
  { appid, storeId, uid, name, avatar = '' }: NewSupporter,
  now: number,
): Promise<void> {
  await database
    .insertInto('gobelieve_supporters')
    .values({ app_id: appid, store_id: storeId, uid, name, avatar, created_at: now })
    .execute();
}

/**
 * Chooses the supporter of a user in a store, by default that of the app's customers (G-43, G-73): the one chosen before,
 * otherwise a random one who is online, otherwise the first. Stores the choice.
 *
 * @throws GobelieveError noStoreId, noSupporter
 */
export async function chooseSupporter(
  context: Pick<Context, 'database' | 'clock'>,
  { appid, uid }: ClientActor,
  givenStoreId: number | undefined,
): Promise<FoundSupporter> {
  const { database } = context;
  const [store, supporters, lastUid] = await together(database, (view) => [
    findStoreOfCustomers(view, appid),
    listSupporters({ ...context, database: view }, appid, givenStoreId),
    findChosenSupporter(view, appid, uid),
  ]);
  if (store === undefined && givenStoreId === undefined) throw new GobelieveError('noStoreId');
  const [first] = supporters;
  if (first === undefined) throw new GobelieveError('noSupporter');
  const last = supporters.find((supporter) => supporter.uid === lastUid);
  if (last !== undefined) return last;
  const candidates = supporters.filter(({ isOnline }) => isOnline);
  const chosen = candidates[randomInt(Math.max(1, candidates.length))] ?? first;
  // Of two requests at once the later choice is stored. Every later request returns it.
  await saveChoice(database, appid, uid, chosen.uid);
  return chosen;
}

async function findChosenSupporter(database: Database, appid: number, uid: number): Promise<number | undefined> {
  const choice = await database
    .selectFrom('gobelieve_chosen_supporters')
    .select('supporter_uid')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  return choice?.supporter_uid;
}

const saveChoice = (database: Database, appid: number, uid: number, supporterUid: number) =>
  database
    .insertInto('gobelieve_chosen_supporters')
    .values({ app_id: appid, uid, supporter_uid: supporterUid })
    .onConflict((conflict) => conflict.columns(['app_id', 'uid']).doUpdateSet({ supporter_uid: supporterUid }))
    .execute();

/**
 * Makes the supporter of a message between a customer and a supporter, sent by either, the chosen one. The supporter is
 * one of the app that serves the customers of the customer's app (G-73).
 *
 * @param appid of the sender
 */
export async function chooseSupporterOfMessage(
  trx: Transaction,
  appid: number,
  { sender, receiver, receiverAppid = appid }: NewMessage,
): Promise<void> {
  const [from, to] = [
    { appid, uid: sender as number },
    { appid: receiverAppid, uid: receiver },
  ];
  for (const [customer, supporter] of [
    [from, to],
    [to, from],
  ] as const) {
    // Nearly all messages end here, without a query.
    if (customer.uid < FIRST_CLIENT_ID && appid === receiverAppid) continue;
    await trx
      .insertInto('gobelieve_chosen_supporters')
      .columns(['app_id', 'uid', 'supporter_uid'])
      .expression(({ selectFrom }) =>
        selectFrom('gobelieve_supporters as supporter')
          .innerJoin('gobelieve_apps as app', (join) =>
            join.on(({ eb, fn, ref }) =>
              eb('supporter.app_id', '=', fn.coalesce(ref('app.kefu_appid'), ref('app.id'))),
            ),
          )
          .select(({ val }) => ['app.id as app_id', val(customer.uid).as('uid'), 'supporter.uid as supporter_uid'])
          .where('app.id', '=', customer.appid)
          .where('supporter.app_id', '=', supporter.appid)
          .where('supporter.uid', '=', supporter.uid),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['app_id', 'uid'])
          .doUpdateSet(({ ref }) => ({ supporter_uid: ref('excluded.supporter_uid') })),
      )
      .execute();
  }
}

/** The supporters of a store, by default that of the app's customers, oldest first. */
async function listSupporters(
  context: Pick<Context, 'database' | 'clock'>,
  appid: number,
  storeId: number | undefined,
): Promise<FoundSupporter[]> {
  const { database } = context;
  const store = storeOfCustomers(database, appid);
  const supporters = await database
    .selectFrom('gobelieve_supporters as supporter')
    .select(['supporter.uid', 'supporter.name', 'supporter.avatar'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('gobelieve_connections as connection')
          .select('connection.uid')
          .whereRef('connection.app_id', '=', 'supporter.app_id')
          .whereRef('connection.uid', '=', 'supporter.uid')
          .where('connection.node', 'in', livingNodes(context)),
      ).as('isOnline'),
    )
    .where('supporter.store_id', '=', storeId ?? store.select('store.id'))
    .where('supporter.app_id', '=', ({ fn, val }) => fn.coalesce(store.select('store.app_id'), val(appid)))
    .orderBy('supporter.created_at')
    .orderBy('supporter.uid')
    .execute();
  return supporters.map((supporter) => ({ ...supporter, isOnline: Boolean(supporter.isOnline) }));
}

/** The supporters of a store whom users of an app can meet: the store is of this app, or of the one that serves it. */
export const listServing = (database: Database, appid: number, storeId: number): Promise<ClientActor[]> =>
  database
    .selectFrom('gobelieve_apps as app')
    .innerJoin('gobelieve_supporters as supporter', (join) =>
      join.on(({ eb, or, ref }) =>
        or([eb('supporter.app_id', '=', ref('app.id')), eb('supporter.app_id', '=', ref('app.kefu_appid'))]),
      ),
    )
    .select(['supporter.app_id as appid', 'supporter.uid'])
    .where('app.id', '=', appid)
    .where('supporter.store_id', '=', storeId)
    .execute();

/** Whether a user is a supporter of the app, and the store where the user serves or is served; 0 for none. */
export async function findDesk(
  database: Database,
  { appid, uid }: ClientActor,
): Promise<{ isSupporter: boolean; storeId: number }> {
  const supporter = await database
    .selectFrom('gobelieve_supporters')
    .select('store_id')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  if (supporter !== undefined) return { isSupporter: true, storeId: supporter.store_id };
  return { isSupporter: false, storeId: (await findStoreOfCustomers(database, appid))?.id ?? 0 };
}
