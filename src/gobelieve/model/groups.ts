import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { emptyGroup, emptyGroupOnce } from '../database/empty-group.ts';
import { type Actor, type ClientActor, requireSelf } from './access.ts';
import { changeGroup, publishChange, queueNotifications, toGroupChange } from './group-changes.ts';
import { insertMembers, listMembers, type Member, type UserProfile } from './members.ts';
import { takeIds } from './message-store.ts';

export interface NewGroup {
  master: number;
  name: string;
  isSuper: boolean;
  /** The master is a member only when listed here (G-17). */
  members: readonly UserProfile[];
}

/**
 * Creates a group and returns its id.
 *
 * @throws GobelieveError notSelf when a device names another user as the master
 */
export async function createGroup(context: Context, actor: Actor, group: NewGroup): Promise<number> {
  requireSelf(actor, group.master);
  return transact(context.database, (trx) => insertGroup(context, trx, actor.appid, group));
}

/** Creates a group in a transaction, and returns its id. */
export async function insertGroup(
  context: Context,
  trx: Transaction,
  appid: number,
  { master, name, isSuper, members }: NewGroup,
): Promise<number> {
  const ids = await takeIds(trx, appid);
  const { id: gid } = await trx
    .insertInto('gobelieve_groups')
    .values({ app_id: appid, master, name, super: isSuper ? 1 : 0, created_at: context.clock.now() })
    .returning('id')
    .executeTakeFirstOrThrow();
  const change = toGroupChange(context, trx, appid, gid, ids);
  await insertMembers(change, members);
  const { timestamp } = change;
  await queueNotifications(change, [{ create: { group_id: gid, master, name, members, timestamp } }]);
  publishChange(change, 'queued', members);
  return gid;
}

/** Changes the name or the notice, if the actor is a member. */
export const updateGroup = (
  context: Context,
  actor: Actor,
  gid: number,
  changed: { name: string } | { notice: string },
): Promise<void> =>
  changeGroup(context, actor, { gid, allowed: 'members' }, async (change) => {
    await change.trx.updateTable('gobelieve_groups').set(changed).where('id', '=', gid).execute();
    const fields = { group_id: gid, ...changed, timestamp: change.timestamp };
    await queueNotifications(change, ['name' in changed ? { update_name: fields } : { update_notice: fields }]);
    publishChange(change, 'queued');
  });

/**
 * Deletes a group, if the actor is the master. Messages in the members' queues stay; those in a super group's queue are
 * deleted. Of a large group most goes in steps after the group itself, so that no other message of the app waits for
 * long; when these are interrupted, housekeeping goes on.
 */
export async function dissolveGroup(context: Context, actor: Actor, gid: number): Promise<void> {
  const { appid } = actor;
  let isMore = false;
  await changeGroup(context, actor, { gid, allowed: 'master' }, async (change, group) => {
    const { trx, timestamp } = change;
    await queueNotifications(change, [{ disband: { group_id: gid, group_name: group.name, timestamp } }]);
    await trx.updateTable('gobelieve_groups').set({ is_dissolved: 1 }).where('id', '=', gid).execute();
    isMore = await emptyGroupOnce(trx, { appid, gid });
    publishChange(change, 'regrouped');
  });
  if (isMore) await emptyGroup(context.database, { appid, gid });
}

/** Makes a group a super group, for ever. A super group stays unchanged (G-25). */
export const upgradeGroup = (context: Context, actor: Actor, gid: number): Promise<void> =>
  changeGroup(context, actor, { gid, allowed: 'master' }, async (change, group) => {
    const { trx, timestamp } = change;
    await trx.updateTable('gobelieve_groups').set({ super: 1 }).where('id', '=', gid).execute();
    await queueNotifications(change, [{ upgrade: { group_id: gid, group_name: group.name, super: 1, timestamp } }]);
    publishChange(change, 'regrouped');
  });

/** The groups that a user is a member of, each with the user's own `do_not_disturb`. */
export const listGroupsOf = (database: Database, user: ClientActor) =>
  groupsOf(database, user)
    .select(['group.id', 'group.master', 'group.name', 'group.notice', 'group.super', 'own.do_not_disturb'])
    .orderBy('group.id')
    .execute();

/** The members of all groups of a user, by group id. */
export const listMembersOfGroupsOf = (database: Database, user: ClientActor): Promise<Map<number, Member[]>> =>
  listMembers(database, groupsOf(database, user).select('group.id'));

const groupsOf = (database: Database, { appid, uid }: ClientActor) =>
  database
    .selectFrom('gobelieve_members as own')
    .innerJoin('gobelieve_groups as group', 'group.id', 'own.group_id')
    .where('own.app_id', '=', appid)
    .where('own.uid', '=', uid)
    .where('group.is_dissolved', '=', 0);
