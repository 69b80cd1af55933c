import type { Database, Transaction } from '../../database/open.ts';
import { GobelieveError } from './errors.ts';

/** Authorization rules (G-18): what a device may do with other users and with groups. */

/** The third party's own server. It may act for every user of its app. */
export interface ServerActor {
  appid: number;
  uid?: undefined;
}

/** A user's device. It may do what its user may do. */
export interface ClientActor {
  appid: number;
  uid: number;
  /** The kind of device that the token was granted to, if the grant named it. */
  platformId?: number | null;
}

export type Actor = ServerActor | ClientActor;

/** @throws GobelieveError notSelf when a device names another user than its own */
export function requireSelf({ uid }: Actor, wanted: number): void {
  if (uid !== undefined && uid !== wanted) throw new GobelieveError('notSelf');
}

/** The users who may do something with a group. The app's server always may. */
export type Allowed = 'everyone' | 'members' | 'master';

export type Group = Awaited<ReturnType<typeof requireGroup>>;

/**
 * Finds a group of the actor's app.
 *
 * @throws GobelieveError unknownGroup, also for a group of another app (G-9); notMember or notMaster for a user who is not
 *   allowed
 */
export async function requireGroup(
  database: Database | Transaction,
  { appid, uid }: Actor,
  gid: number,
  allowed: Allowed,
) {
  const found = await database
    .selectFrom('gobelieve_groups as group')
    .leftJoin('gobelieve_members as member', (join) =>
      join.onRef('member.group_id', '=', 'group.id').on('member.uid', '=', uid ?? null),
    )
    .select(['group.id', 'group.master', 'group.name', 'group.notice', 'group.super', 'member.uid as member'])
    .where('group.id', '=', gid)
    .where('group.app_id', '=', appid)
    .where('group.is_dissolved', '=', 0)
    .executeTakeFirst();
  if (found === undefined) throw new GobelieveError('unknownGroup');
  const { member, ...group } = found;
  if (uid === undefined || uid === group.master || allowed === 'everyone') return group;
  if (allowed === 'master') throw new GobelieveError('notMaster');
  if (member === null) throw new GobelieveError('notMember');
  return group;
}
