import type { Database } from '../../database/open.ts';
import { superGroupQueue } from '../database/queue-owners.ts';
import { listMemberships } from './memberships.ts';
import { newestIdInGroup, partsOf, type QueuedMessage, readNewest, readQueueParts } from './queues.ts';

/** Reading queues for the devices of a user, from the position that a device has reached (G-58, G-59). */

/** Messages read at once. Each may be long. */
const PAGE_MESSAGES = 100;

/** The messages of a user's queue after an id, oldest first. */
export async function* readQueueAfter(
  database: Database,
  appid: number,
  uid: number,
  after: number,
): AsyncGenerator<QueuedMessage> {
  const memberships = await listMemberships(database, appid, uid, after);
  for (let position: number | undefined = after; position !== undefined; ) {
    const reached: number = position;
    const parts = partsOf(uid, memberships).map((part) => ({ ...part, after: Math.max(part.after, reached) }));
    const { messages, last } = await readQueueParts(database, appid, parts, PAGE_MESSAGES);
    yield* messages;
    position = last;
  }
}

/** A user's membership in a super group. */
export interface GroupPosition {
  /** The member sees messages with larger ids. */
  joinedId: number;
  /** The devices have everything up to it; 0 for a member who has just joined. */
  syncedId: number;
}

/** @returns undefined for a user who is no member, and for an unknown group */
export async function findGroupPosition(
  database: Database,
  appid: number,
  uid: number,
  gid: number,
): Promise<GroupPosition | undefined> {
  const member = await database
    .selectFrom('gobelieve_members as member')
    .innerJoin('gobelieve_groups as group', 'group.id', 'member.group_id')
    .select('member.synced_id')
    .where('member.group_id', '=', gid)
    .where('member.uid', '=', uid)
    .where('member.app_id', '=', appid)
    .where('group.is_dissolved', '=', 0)
    .executeTakeFirst();
  if (member === undefined) return undefined;
  const open = await listMemberships(database, appid, uid, Number.MAX_SAFE_INTEGER - 1);
  const joinedId = open.find((membership) => membership.gid === gid)?.after ?? 0;
  return { joinedId, syncedId: member.synced_id };
}

/** A device gets at most this many messages of a super group in a sync. */
const MAX_GROUP_MESSAGES = 100;

/** The newest messages of a super group's queue with ids after `after` and up to `upTo`, oldest first. */
export const readGroupAfter = (
  database: Database,
  appid: number,
  gid: number,
  { after, upTo }: { after: number; upTo: number },
): Promise<QueuedMessage[]> =>
  readNewest(database, appid, { owner: superGroupQueue(gid), after, upTo }, MAX_GROUP_MESSAGES);

/** Moves the member's position in a super group forward, but not beyond its newest message. */
export async function acknowledgeGroup(
  database: Database,
  appid: number,
  uid: number,
  { gid, key }: { gid: number; key: number },
): Promise<void> {
  const reached = await newestIdInGroup(database, appid, gid, key);
  await database
    .updateTable('gobelieve_members')
    .set({ synced_id: reached })
    .where('group_id', '=', gid)
    .where('uid', '=', uid)
    .where('app_id', '=', appid)
    .where('synced_id', '<', reached)
    .execute();
}
