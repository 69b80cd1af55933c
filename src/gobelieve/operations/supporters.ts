import { randomInt } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { refuse } from '../model/actors.ts';
import { findStoreId } from '../model/apps.ts';
import { listOnline } from '../model/presence.ts';
import type { ClientActor, Operation } from '../wire/operation.ts';
import { answer } from '../wire/views.ts';
import { FIRST_CLIENT_ID } from './customers.ts';

export const getSupporter: Operation<'getSupporter'> = async ({ query, actor }, context) => {
  const { store_id: storeId = query.store ?? (await findStoreId(context.database, actor.appid)) } = query;
  if (storeId === undefined) throw refuse('Give store_id, for the app has no store');
  const supporters = await listSupporters(context.database, actor.appid, storeId);
  if (supporters.length === 0) throw refuse('There is no such store, or it has no supporters');
  const online = new Set(
    await listOnline(
      context.database,
      actor.appid,
      supporters.map(({ uid }) => uid),
    ),
  );
  const { uid, name, avatar } = await chooseSupporter(context, actor, supporters, online);
  return answer({ seller_id: uid, name, avatar, status: online.has(uid) ? 'online' : 'offline' });
};

interface Supporter {
  uid: number;
  name: string;
  avatar: string;
}

/**
 * Who looked after the user last; otherwise anybody who is on line; otherwise the first. The choice is remembered.
 * Facts, section 2, rule 15.
 */
async function chooseSupporter(
  { database }: Context,
  { appid, uid }: ClientActor,
  supporters: readonly Supporter[],
  online: ReadonlySet<number>,
): Promise<Supporter> {
  const remembered = await database
    .selectFrom('gobelieve_choices')
    .select('supporter_uid')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  const known = supporters.find((supporter) => supporter.uid === remembered?.supporter_uid);
  if (known !== undefined) return known;
  const candidates = supporters.filter((supporter) => online.has(supporter.uid));
  const chosen = (candidates[randomInt(Math.max(1, candidates.length))] ?? supporters[0]) as Supporter;
  // Of two requests at once the later one decides, and the next answer is its choice.
  await saveChoice(database, appid, uid, chosen.uid);
  return chosen;
}

const saveChoice = (database: Database, appid: number, uid: number, supporterUid: number) =>
  database
    .insertInto('gobelieve_choices')
    .values({ app_id: appid, uid, supporter_uid: supporterUid })
    .onConflict((conflict) => conflict.columns(['app_id', 'uid']).doUpdateSet({ supporter_uid: supporterUid }))
    .execute();

/** After a message between a customer and a supporter, that supporter looks after that customer. */
export async function rememberSupporter(trx: Transaction, appid: number, sender: number, receiver: number) {
  for (const [customer, supporter] of [
    [sender, receiver],
    [receiver, sender],
  ] as const) {
    // Nearly all messages end here, without a query.
    if (customer < FIRST_CLIENT_ID) continue;
    await trx
      .insertInto('gobelieve_choices')
      .columns(['app_id', 'uid', 'supporter_uid'])
      .expression(({ selectFrom }) =>
        selectFrom('gobelieve_supporters')
          .select(({ val }) => ['app_id', val(customer).as('uid'), 'uid as supporter_uid'])
          .where('app_id', '=', appid)
          .where('uid', '=', supporter),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['app_id', 'uid'])
          .doUpdateSet(({ ref }) => ({ supporter_uid: ref('excluded.supporter_uid') })),
      )
      .execute();
  }
}

/** Oldest first. */
const listSupporters = (database: Database, appid: number, storeId: number): Promise<Supporter[]> =>
  database
    .selectFrom('gobelieve_supporters')
    .select(['uid', 'name', 'avatar'])
    .where('store_id', '=', storeId)
    .where('app_id', '=', appid)
    .orderBy('created_at')
    .orderBy('uid')
    .execute();

export async function listSupporterUids(database: Database, appid: number, storeId: number): Promise<number[]> {
  return (await listSupporters(database, appid, storeId)).map(({ uid }) => uid);
}
