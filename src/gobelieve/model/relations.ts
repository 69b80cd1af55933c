import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { GobelieveRelationsTable } from '../database/tables.ts';
import type { AppOptions } from './app-options.ts';
import { batches } from './batches.ts';
import type { ErrorName } from './errors.ts';

/**
 * Friends and blacklists of users. They count for what devices send, if the app has the checks (G-71). The app's own
 * server may send anything (G-29).
 */

export type RelationKind = GobelieveRelationsTable['kind'];

/**
 * Checks peer messages that come from devices.
 *
 * @returns for each message why it is refused: notFriend when the receiver is no friend of the sender, notFriendOfReceiver
 *   when the sender is none of the receiver's, blocked when the sender is on the receiver's blacklist
 */
export async function findRefusals(
  database: Database | Transaction,
  appid: number,
  { friendCheck, blacklistCheck }: Pick<AppOptions, 'friendCheck' | 'blacklistCheck'>,
  messages: readonly { sender: number; receiver: number }[],
): Promise<(ErrorName | undefined)[]> {
  if (messages.length === 0 || !(friendCheck || blacklistCheck)) return messages.map(() => undefined);
  const uids = [...new Set(messages.flatMap(({ sender, receiver }) => [sender, receiver]))];
  const rows = await database
    .selectFrom('gobelieve_relations')
    .select(['uid', 'kind', 'other_uid'])
    .where('app_id', '=', appid)
    .where('uid', 'in', uids)
    .where('other_uid', 'in', uids)
    .execute();
  const relations = new Set(rows.map(({ uid, kind, other_uid }) => `${uid} ${kind} ${other_uid}`));
  return messages.map(({ sender, receiver }) => {
    // A message to oneself needs no friend.
    if (sender === receiver) return undefined;
    if (friendCheck && !relations.has(`${sender} friend ${receiver}`)) return 'notFriend';
    if (friendCheck && !relations.has(`${receiver} friend ${sender}`)) return 'notFriendOfReceiver';
    return blacklistCheck && relations.has(`${receiver} blocked ${sender}`) ? 'blocked' : undefined;
  });
}

export interface Relations {
  uid: number;
  kind: RelationKind;
  others: readonly number[];
}

/** Adds relations of a user. Friends are friends of each other. */
export const addRelations = (database: Database, appid: number, { uid, kind, others }: Relations): Promise<void> =>
  transact(database, async (trx) => {
    const own = others.map((other) => ({ app_id: appid, uid, kind, other_uid: other }));
    const mutual =
      kind === 'friend' ? others.map((other) => ({ app_id: appid, uid: other, kind, other_uid: uid })) : [];
    for (const batch of batches([...own, ...mutual]))
      await trx
        .insertInto('gobelieve_relations')
        .values(batch)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  });

/**
 * Removes relations of a user, only on the user's side: a former friend still has the user as a friend.
 *
 * @returns how many there were
 */
export const removeRelations = (database: Database, appid: number, { uid, kind, others }: Relations): Promise<number> =>
  transact(database, async (trx) => {
    let removed = 0n;
    for (const batch of batches(others)) {
      const { numDeletedRows } = await trx
        .deleteFrom('gobelieve_relations')
        .where('app_id', '=', appid)
        .where('uid', '=', uid)
        .where('kind', '=', kind)
        .where('other_uid', 'in', batch)
        .executeTakeFirst();
      removed += numDeletedRows;
    }
    return Number(removed);
  });

export const listRelations = (database: Database, appid: number, { uid, kind }: Omit<Relations, 'others'>) =>
  database
    .selectFrom('gobelieve_relations')
    .select('other_uid')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .where('kind', '=', kind)
    .orderBy('other_uid')
    .execute();
