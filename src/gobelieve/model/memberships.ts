import type { Database, Transaction } from '../../database/open.ts';
import { batches } from './batches.ts';
import type { IdRange } from './message-store.ts';

/** Memberships as spans of message ids: they tell which entries of a group's queues belong to a user. */

/** The end of a membership that lasts. */
const OPEN = Number.MAX_SAFE_INTEGER;

export interface Membership {
  gid: number;
  after: number;
  upTo: number;
  /** Whether the user is a member of a super group now. */
  isSuper: boolean;
}

/** The memberships of a user that reach beyond the id `after`. */
export async function listMemberships(
  database: Database,
  appid: number,
  uid: number,
  after: number,
): Promise<Membership[]> {
  const rows = await database
    .selectFrom('gobelieve_memberships as membership')
    .leftJoin('gobelieve_groups as group', (join) =>
      join
        .onRef('group.id', '=', 'membership.group_id')
        .on('group.super', '=', 1)
        .on('group.is_dissolved', '=', 0)
        .on('membership.up_to_id', '=', OPEN),
    )
    .select(['membership.group_id', 'membership.after_id', 'membership.up_to_id', 'group.super'])
    .where('membership.app_id', '=', appid)
    .where('membership.uid', '=', uid)
    .where('membership.up_to_id', '>', after)
    .execute();
  return rows.map(({ group_id, after_id, up_to_id, super: isSuper }) => ({
    gid: group_id,
    after: after_id,
    upTo: up_to_id,
    isSuper: isSuper === 1,
  }));
}

/** Begins memberships before the messages `ids` of the same change, so that new members see these. */
export async function beginMemberships(
  trx: Transaction,
  { appid, gid, ids }: { appid: number; gid: number; ids: IdRange },
  uids: readonly number[],
): Promise<void> {
  const rows = uids.map((uid) => ({ app_id: appid, uid, group_id: gid, after_id: ids.first - 1, up_to_id: OPEN }));
  for (const batch of batches(rows)) await trx.insertInto('gobelieve_memberships').values(batch).execute();
}

/** Ends memberships after the messages `ids` of the same change: removed members see these too. */
export async function endMemberships(
  trx: Transaction,
  { appid, gid, ids }: { appid: number; gid: number; ids: IdRange },
  uids: readonly number[],
): Promise<void> {
  for (const batch of batches(uids)) {
    await trx
      .updateTable('gobelieve_memberships')
      .set({ up_to_id: ids.last })
      .where('app_id', '=', appid)
      .where('uid', 'in', batch)
      .where('group_id', '=', gid)
      .where('up_to_id', '=', OPEN)
      .execute();
  }
}
