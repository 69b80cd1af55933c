import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { transact } from '../database/transact.ts';
import { type Actor, refuse, requireGroup, requireSelf, uidOf } from './access.ts';
import { groupTopic, publishAfter, userTopic } from './live.ts';
import { appendToMembers, batches, commands, type Ids, insertMessages, superQueue, takeIds } from './queue.ts';

/**
 * What happens to groups and their members, whoever asks for it: the app's server, or a device within its user's
 * rights. Each change tells the members in a group notification. Facts, sections 2 and 5.
 */

/** A member as callers write it. Name and picture are told and not kept. */
export type MemberEntry =
  | number
  | string
  | { uid: number | string; name?: string | undefined; avatar?: string | undefined };

export interface Person {
  uid: number;
  name?: string;
  avatar?: string;
}

/** Each person once; what is told of them is what stands first. */
export function toPeople(entries: readonly MemberEntry[]): Person[] {
  const people = new Map<number, Person>();
  for (const entry of entries) {
    const { uid, name, avatar } = typeof entry === 'object' ? entry : { uid: entry };
    const person = { uid: uidOf(uid), ...(name !== undefined && { name }), ...(avatar !== undefined && { avatar }) };
    if (!people.has(person.uid)) people.set(person.uid, person);
  }
  return [...people.values()];
}

/** @returns the id of the new group */
export async function createGroup(
  context: Context,
  actor: Actor,
  group: { master: number; name: string; super?: boolean; members?: readonly MemberEntry[] },
): Promise<number> {
  const { master, name } = group;
  const members = toPeople(group.members ?? []);
  requireSelf(actor, master);
  const { appid } = actor;
  return transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    const { id: gid } = await trx
      .insertInto('gobelieve_groups')
      .values({ app_id: appid, master, name, super: group.super ? 1 : 0, created_at: Date.now() })
      .returning('id')
      .executeTakeFirstOrThrow();
    await insertMembers(trx, appid, gid, members, ids.last);
    await notify(trx, appid, gid, ids, [{ create: { group_id: gid, master, name, members, timestamp: now() } }]);
    tellRegrouped(trx, context, appid, gid, ids, members);
    return gid;
  });
}

/** One of the two, by a member. */
export async function changeGroup(
  context: Context,
  actor: Actor,
  gid: number,
  changes: { name: string } | { notice: string },
): Promise<void> {
  const { appid } = actor;
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    await requireGroup(trx, actor, gid, 'members');
    await trx.updateTable('gobelieve_groups').set(changes).where('id', '=', gid).execute();
    const told = { group_id: gid, ...changes, timestamp: now() };
    await notify(trx, appid, gid, ids, ['name' in changes ? { update_name: told } : { update_notice: told }]);
    publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'queued', id: ids.last });
  });
}

/** By the master. What is in the members' queues stays; what a super group said goes with it. */
export async function dissolveGroup(context: Context, actor: Actor, gid: number): Promise<void> {
  const { appid } = actor;
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    const group = await requireGroup(trx, actor, gid, 'master');
    await notify(trx, appid, gid, ids, [{ disband: { group_id: gid, group_name: group.name, timestamp: now() } }]);
    await trx.deleteFrom('gobelieve_groups').where('id', '=', gid).execute();
    const said = trx.selectFrom('gobelieve_queue').where('app_id', '=', appid).where('owner', '=', superQueue(gid));
    await trx
      .deleteFrom('gobelieve_messages')
      .where('app_id', '=', appid)
      .where('id', 'in', said.select('id'))
      .execute();
    await trx.deleteFrom('gobelieve_queue').where('app_id', '=', appid).where('owner', '=', superQueue(gid)).execute();
    publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'regrouped', id: ids.last });
  });
}

/** Cannot be undone; a super group stays one. */
export async function upgradeGroup(context: Context, actor: Actor, gid: number): Promise<void> {
  const { appid } = actor;
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    const group = await requireGroup(trx, actor, gid, 'master');
    await trx.updateTable('gobelieve_groups').set({ super: 1 }).where('id', '=', gid).execute();
    const told = { group_id: gid, group_name: group.name, super: 1, timestamp: now() };
    await notify(trx, appid, gid, ids, [{ upgrade: told }]);
    publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'regrouped', id: ids.last });
  });
}

/** By a member, who is the inviter then. Who is a member already stays one, and nobody is told. */
export async function addMembers(
  context: Context,
  actor: Actor,
  gid: number,
  people: readonly Person[],
  inviter?: Person,
): Promise<void> {
  const { appid } = actor;
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid, Math.max(1, people.length));
    const group = await requireGroup(trx, actor, gid, 'members');
    const added = await insertMembers(trx, appid, gid, people, ids.last);
    const told = { group_id: gid, group_name: group.name, timestamp: now(), ...(inviter && { inviter }) };
    const notices = added.map(({ uid, ...profile }) => ({ add_member: { ...told, member_id: uid, ...profile } }));
    await notify(trx, appid, gid, ids, notices);
    tellRegrouped(trx, context, appid, gid, ids, added);
  });
}

/** By the master. Who is no member is passed over. */
export async function removeMembers(context: Context, actor: Actor, gid: number, people: readonly Person[]) {
  await takeOut(context, actor, gid, people, 'master');
}

/** A user leaves; the master too, and the group lives on with the same master. */
export async function leaveGroup(context: Context, actor: Actor, gid: number, uid: number): Promise<void> {
  requireSelf(actor, uid);
  await takeOut(context, actor, gid, [{ uid }], 'everybody');
}

/** Exactly one of these. `mute` is for the app's server: who was muted must not unmute himself. */
export interface MemberSettings {
  do_not_disturb?: boolean | undefined;
  nickname?: string | undefined;
  mute?: boolean | undefined;
}

/** A member's settings in one group. Throws 400 for who is no member. */
export async function changeMember(
  context: Context,
  actor: Actor,
  gid: number,
  uid: number,
  { do_not_disturb: quiet, nickname, mute }: MemberSettings,
): Promise<void> {
  requireSelf(actor, uid);
  const { appid } = actor;
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid);
    const group = await requireGroup(trx, actor, gid, 'everybody');
    const { numUpdatedRows } = await trx
      .updateTable('gobelieve_members')
      .set({
        ...(quiet !== undefined && { do_not_disturb: quiet ? 1 : 0 }),
        ...(nickname !== undefined && { nickname }),
        ...(mute !== undefined && { mute: mute ? 1 : 0 }),
      })
      .where('group_id', '=', gid)
      .where('uid', '=', uid)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw refuse('There is no such member');
    if (nickname === undefined) return;
    const told = { group_id: gid, group_name: group.name, member_id: uid, nickname, timestamp: now() };
    await notify(trx, appid, gid, ids, [{ update_member_nickname: told }]);
    publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'queued', id: ids.last });
  });
}

async function takeOut(
  context: Context,
  actor: Actor,
  gid: number,
  people: readonly Person[],
  allowed: 'everybody' | 'master',
): Promise<void> {
  const { appid } = actor;
  await transact(context.database, async (trx) => {
    const ids = await takeIds(trx, appid, people.length);
    const group = await requireGroup(trx, actor, gid, allowed);
    const removed: Person[] = [];
    for (const batch of batches(people)) {
      const uids = batch.map(({ uid }) => uid);
      const members = trx.selectFrom('gobelieve_members').select('uid').where('group_id', '=', gid);
      removed.push(...(await members.where('uid', 'in', uids).execute()));
    }
    const told = { group_id: gid, group_name: group.name, timestamp: now() };
    const notices = removed.map(({ uid }) => ({ quit_group: { ...told, member_id: uid } }));
    // While they still are members: they are told as well.
    await notify(trx, appid, gid, ids, notices);
    for (const batch of batches(removed)) {
      const uids = batch.map(({ uid }) => uid);
      await trx.deleteFrom('gobelieve_members').where('group_id', '=', gid).where('uid', 'in', uids).execute();
    }
    tellRegrouped(trx, context, appid, gid, ids, removed);
  });
}

/** @returns who was no member before */
async function insertMembers(
  trx: Transaction,
  appid: number,
  gid: number,
  people: readonly Person[],
  joinedId: number,
): Promise<Person[]> {
  const added = new Set<number>();
  for (const batch of batches(people)) {
    const rows = await trx
      .insertInto('gobelieve_members')
      .values(batch.map(({ uid }) => ({ group_id: gid, uid, app_id: appid, joined_id: joinedId })))
      .onConflict((conflict) => conflict.doNothing())
      .returning('uid')
      .execute();
    for (const { uid } of rows) added.add(uid);
  }
  return people.filter(({ uid }) => added.has(uid));
}

/**
 * Puts notices into all members' queues. Many at once are still one entry for each member: the cost is their sum and
 * not their product.
 */
async function notify(trx: Transaction, appid: number, gid: number, { first }: Ids, notices: readonly object[]) {
  if (notices.length === 0) return;
  const message = { command: commands.groupNotification, sender: null, receiver: gid };
  const messages = notices.map((notice) => ({ ...message, content: JSON.stringify(notice) }));
  await insertMessages(trx, appid, first, messages);
  await appendToMembers(trx, gid, { first, last: first + notices.length - 1 }, message);
}

/** Tells the group, and those who came or went, whose connections do not listen to the group yet or any more. */
function tellRegrouped(
  trx: Transaction,
  context: Context,
  appid: number,
  gid: number,
  { last }: Ids,
  people: readonly Person[],
): void {
  if (people.length === 0) return;
  publishAfter(trx, context, [groupTopic(appid, gid)], { kind: 'queued', id: last });
  const topics = people.map(({ uid }) => userTopic(appid, uid));
  publishAfter(trx, context, topics, { kind: 'regrouped', id: last });
}

/** In seconds. */
const now = () => Math.floor(Date.now() / 1000);
