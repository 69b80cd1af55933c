import type { Database } from '../../database/open.ts';
import { type Actor, requireSelf } from './access.ts';
import { findClientId } from './customers.ts';
import { GobelieveError } from './errors.ts';
import { countUnacknowledged, newestQueuedId } from './queues.ts';

/** Offline messages: messages of others that a user has not acknowledged yet (G-36). */

/** Counting stops at this many of the newest entries. */
const COUNTED_ENTRIES = 1024;

export async function countOffline(database: Database, appid: number, uid: number): Promise<number> {
  const count = await countUnacknowledged(database, appid, uid, COUNTED_ENTRIES);
  return Math.min(count, COUNTED_ENTRIES);
}

/** The id up to which a user has acknowledged everything. */
export async function findAcknowledged(database: Database, appid: number, uid: number): Promise<number> {
  const user = await database
    .selectFrom('gobelieve_users')
    .select('acknowledged_id')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  return user?.acknowledged_id ?? 0;
}

/** Acknowledges everything up to `id`, but not more than the user's queue has. Acknowledged messages stay so. */
export async function acknowledge(
  database: Database,
  appid: number,
  uid: number,
  id = Number.MAX_SAFE_INTEGER,
): Promise<void> {
  const newest = await newestQueuedId(database, appid, uid, id);
  if (newest !== undefined) await moveAcknowledged(database, appid, uid, newest);
}

/** Acknowledges everything up to an id that is in the user's queue. */
export async function moveAcknowledged(database: Database, appid: number, uid: number, newest: number): Promise<void> {
  await database
    .insertInto('gobelieve_users')
    .values({ app_id: appid, uid, acknowledged_id: newest })
    .onConflict((conflict) =>
      conflict
        .columns(['app_id', 'uid'])
        .doUpdateSet({ acknowledged_id: newest })
        .where('gobelieve_users.acknowledged_id', '<', newest),
    )
    .execute();
}

/**
 * The user whose offline messages a request is about: a customer, a user, or the user of the device (G-37).
 *
 * @throws GobelieveError missingQueueOwner, unknownCustomer, differentUsers, and notSelf when a device names another user
 */
export async function requireQueueOwner(
  database: Database,
  actor: Actor,
  { customerKey, uid }: { customerKey?: string | undefined; uid?: number | undefined },
): Promise<number> {
  if (customerKey === undefined) {
    const owner = uid ?? actor.uid;
    if (owner === undefined) throw new GobelieveError('missingQueueOwner');
    requireSelf(actor, owner);
    return owner;
  }
  const clientId = await findClientId(database, actor.appid, customerKey);
  // A device gets the same error for an unknown customer as for any other: it must not learn which customers exist.
  if (clientId === undefined && actor.uid === undefined) throw new GobelieveError('unknownCustomer');
  if (uid !== undefined && uid !== clientId) throw new GobelieveError('differentUsers');
  const owner = clientId ?? 0;
  requireSelf(actor, owner);
  return owner;
}
