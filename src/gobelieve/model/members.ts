import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import type { ValuesOrQuery } from '../../database/together.ts';
import { type Actor, requireSelf } from './access.ts';
import { batches } from './batches.ts';
import { GobelieveError } from './errors.ts';
import { changeGroup, type GroupChange, publishChange, queueNotifications } from './group-changes.ts';
import { beginMemberships, endMemberships } from './memberships.ts';

/** A user who joins a group or invites others. Name and avatar are not stored; notifications carry them. */
export interface UserProfile {
  uid: number;
  name?: string;
  avatar?: string;
}

/** Adds members, if the actor is a member. Present members stay, without a notification (G-23). */
export const addMembers = (
  context: Context,
  actor: Actor,
  gid: number,
  users: readonly UserProfile[],
  inviter?: UserProfile,
): Promise<void> =>
  changeGroup(context, actor, { gid, allowed: 'members', notifications: users.length }, async (change, group) => {
    const { timestamp } = change;
    const added = await insertMembers(change, users);
    const common = { group_id: gid, group_name: group.name, timestamp, ...(inviter && { inviter }) };
    await queueNotifications(
      change,
      added.map(({ uid, ...profile }) => ({ add_member: { ...common, member_id: uid, ...profile } })),
    );
    publishChange(change, 'queued', added);
  });

/** Removes members, if the actor is the master. Other users are skipped (G-23). */
export const removeMembers = (context: Context, actor: Actor, gid: number, uids: readonly number[]): Promise<void> =>
  changeGroup(context, actor, { gid, allowed: 'master', notifications: uids.length }, (change, group) =>
    deleteMembers(change, group.name, uids),
  );

/**
 * Ends the membership of one user. The group keeps its master, also when the master leaves (G-17).
 *
 * @throws GobelieveError notSelf when a device names another user
 */
export async function leaveGroup(context: Context, actor: Actor, gid: number, uid: number): Promise<void> {
  requireSelf(actor, uid);
  await changeGroup(context, actor, { gid, allowed: 'everyone' }, (change, group) =>
    deleteMembers(change, group.name, [uid]),
  );
}

/** The settings of a member: a request changes exactly one (G-24). */
export interface MemberSettings {
  doNotDisturb?: boolean | undefined;
  nickname?: string | undefined;
  /** Only the app's server sets it: muted members must not unmute themselves. */
  mute?: boolean | undefined;
}

/**
 * Changes a member's settings in one group.
 *
 * @throws GobelieveError unknownMember, and notSelf when a device names another user
 */
export async function updateMember(
  context: Context,
  actor: Actor,
  gid: number,
  uid: number,
  { doNotDisturb, nickname, mute }: MemberSettings,
): Promise<void> {
  requireSelf(actor, uid);
  await changeGroup(context, actor, { gid, allowed: 'everyone' }, async (change, group) => {
    const { trx, timestamp } = change;
    const { numUpdatedRows } = await trx
      .updateTable('gobelieve_members')
      .set({
        ...(doNotDisturb !== undefined && { do_not_disturb: doNotDisturb ? 1 : 0 }),
        ...(nickname !== undefined && { nickname }),
        ...(mute !== undefined && { mute: mute ? 1 : 0 }),
      })
      .where('group_id', '=', gid)
      .where('uid', '=', uid)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new GobelieveError('unknownMember');
    if (nickname === undefined) return;
    const fields = { group_id: gid, group_name: group.name, member_id: uid, nickname, timestamp };
    await queueNotifications(change, [{ update_member_nickname: fields }]);
    publishChange(change, 'queued');
  });
}

export interface Member {
  group_id: number;
  uid: number;
  /** The user's own name; null for a user who never had one. */
  name: string | null;
  nickname: string;
  do_not_disturb: 0 | 1;
}

/** The members of groups, by group id. */
export async function listMembers(database: Database, gids: ValuesOrQuery<number>): Promise<Map<number, Member[]>> {
  const rows = await database
    .selectFrom('gobelieve_members as member')
    .leftJoin('gobelieve_users as user', (join) =>
      join.onRef('user.app_id', '=', 'member.app_id').onRef('user.uid', '=', 'member.uid'),
    )
    .select(['member.group_id', 'member.uid', 'member.nickname', 'member.do_not_disturb', 'user.name'])
    .where('member.group_id', 'in', gids)
    .orderBy('member.group_id')
    .orderBy('member.uid')
    .execute();
  const members = new Map<number, Member[]>();
  for (const row of rows) {
    const ofGroup = members.get(row.group_id);
    if (ofGroup === undefined) members.set(row.group_id, [row]);
    else ofGroup.push(row);
  }
  return members;
}

/** Inserts members and returns the new ones. */
export async function insertMembers(change: GroupChange, users: readonly UserProfile[]): Promise<UserProfile[]> {
  const { trx, appid, gid } = change;
  const added = new Set<number>();
  for (const batch of batches(users)) {
    const rows = await trx
      .insertInto('gobelieve_members')
      .values(batch.map(({ uid }) => ({ group_id: gid, uid, app_id: appid })))
      .onConflict((conflict) => conflict.doNothing())
      .returning('uid')
      .execute();
    for (const { uid } of rows) added.add(uid);
  }
  await beginMemberships(trx, change, [...added]);
  return users.filter(({ uid }) => added.has(uid));
}

async function deleteMembers(change: GroupChange, groupName: string, uids: readonly number[]): Promise<void> {
  const { trx, gid, timestamp } = change;
  const removed: number[] = [];
  for (const batch of batches(uids)) {
    const members = trx.deleteFrom('gobelieve_members').where('group_id', '=', gid).where('uid', 'in', batch);
    for (const { uid } of await members.returning('uid').execute()) removed.push(uid);
  }
  removed.sort((one, other) => one - other);
  // The removed members get the notification too.
  await endMemberships(trx, change, removed);
  const common = { group_id: gid, group_name: groupName, timestamp };
  await queueNotifications(
    change,
    removed.map((uid) => ({ quit_group: { ...common, member_id: uid } })),
  );
  publishChange(
    change,
    'queued',
    removed.map((uid) => ({ uid })),
  );
}
