import type { Database, Transaction } from '../../database/open.ts';
import { inSteps, STEP_ROWS } from '../../database/steps.ts';
import { transact } from '../../database/transact.ts';
import { groupQueue, superGroupQueue } from './queue-owners.ts';

/**
 * What is left of a dissolved group: its members, and as a super group its messages. There may be any number of them, so
 * they go in steps, and the group's row goes last.
 */

/** Two rows are changed for each member and each message, and one step can do both. */
const STEP_THINGS = STEP_ROWS / 4;

interface DissolvedGroup {
  appid: number;
  gid: number;
}

/**
 * Does one step in a transaction.
 *
 * @returns whether there may be more
 */
export async function emptyGroupOnce(trx: Transaction, { appid, gid }: DissolvedGroup): Promise<boolean> {
  const members = await trx
    .selectFrom('gobelieve_members')
    .select('uid')
    .where('group_id', '=', gid)
    .limit(STEP_THINGS)
    .execute();
  if (members.length > 0)
    await endMemberships(
      trx,
      { appid, gid },
      members.map(({ uid }) => uid),
    );
  if (members.length === STEP_THINGS) return true;
  const owner = superGroupQueue(gid);
  const entries = await trx
    .selectFrom('gobelieve_queue_entries')
    .select('id')
    .where('app_id', '=', appid)
    .where('owner', '=', owner)
    .limit(STEP_THINGS)
    .execute();
  const ids = entries.map(({ id }) => id);
  if (ids.length > 0) {
    await trx.deleteFrom('gobelieve_messages').where('app_id', '=', appid).where('id', 'in', ids).execute();
    await trx
      .deleteFrom('gobelieve_queue_entries')
      .where('app_id', '=', appid)
      .where('owner', '=', owner)
      .where('id', 'in', ids)
      .execute();
  }
  if (ids.length === STEP_THINGS) return true;
  await trx.deleteFrom('gobelieve_groups').where('id', '=', gid).execute();
  return false;
}

/** Members keep what they received: the last entry of the group's queue is the notification that it was dissolved. */
async function endMemberships(trx: Transaction, { appid, gid }: DissolvedGroup, uids: readonly number[]) {
  const { last } = await trx
    .selectFrom('gobelieve_queue_entries')
    .select(({ fn }) => fn.max('id').as('last'))
    .where('app_id', '=', appid)
    .where('owner', '=', groupQueue(gid))
    .executeTakeFirstOrThrow();
  await trx
    .updateTable('gobelieve_memberships')
    .set({ up_to_id: last })
    .where('app_id', '=', appid)
    .where('uid', 'in', uids)
    .where('group_id', '=', gid)
    .where('up_to_id', '=', Number.MAX_SAFE_INTEGER)
    .execute();
  await trx.deleteFrom('gobelieve_members').where('group_id', '=', gid).where('uid', 'in', uids).execute();
}

/** Deletes what is left of a dissolved group, in steps. */
export async function emptyGroup(database: Database, group: DissolvedGroup): Promise<void> {
  await inSteps(async () => Number(await transact(database, (trx) => emptyGroupOnce(trx, group))), 1);
}

/** Finishes dissolutions that were interrupted. @returns the number of groups */
export const emptyDissolvedGroups = (database: Database): Promise<number> =>
  inSteps(async (limit) => {
    const groups = await database
      .selectFrom('gobelieve_groups')
      .select(['app_id as appid', 'id as gid'])
      .where('is_dissolved', '=', 1)
      .limit(limit)
      .execute();
    for (const group of groups) await emptyGroup(database, group);
    return groups.length;
  });
