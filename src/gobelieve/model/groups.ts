import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { type Actor, refuse, requireGroup, requireSelf, uidOf } from './actors.ts';
import { groupTopic, publishAfter, userTopic } from './bus-events.ts';
import {
  appendToMembers,
  batches,
  commands,
  deleteQueue,
  type Ids,
  insertMessages,
  superQueue,
  takeIds,
} from './queues.ts';

/**
 * What happens to groups and their members, whoever asks for it: the app's server, or a device within its user's
 * rights. Each change tells the members in a group notification. Facts, sections 2 and 5.
 */

/** A member as callers write it. Name and picture are told and not kept. */
export type MemberEntry =
  | number
  | string
  | { uid: number | string; name?: string | undefined; avatar?: string | undefined };

/** A boolean as callers write it. */
type Switch = boolean | 0 | 1;

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
  group: { master: number; name: string; super?: Switch; members?: readonly MemberEntry[] },
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
    const scene = { context, trx, appid, gid, ids };
    await insertMembers(scene, members);
    await notify(scene, [{ create: { group_id: gid, master, name, members, timestamp: now() } }]);
    tell(scene, 'queued', members);
    return gid;
  });
}

/** One of the two, by a member. */
export const changeGroup = (
  context: Context,
  actor: Actor,
  gid: number,
  changes: { name: string } | { notice: string },
): Promise<void> =>
  change(context, actor, gid, 'members', async (scene) => {
    await scene.trx.updateTable('gobelieve_groups').set(changes).where('id', '=', gid).execute();
    const told = { group_id: gid, ...changes, timestamp: now() };
    await notify(scene, ['name' in changes ? { update_name: told } : { update_notice: told }]);
    tell(scene, 'queued');
  });

/** By the master. What is in the members' queues stays; what a super group said goes with it. */
export const dissolveGroup = (context: Context, actor: Actor, gid: number): Promise<void> =>
  change(context, actor, gid, 'master', async (scene) => {
    const { trx, appid, group } = scene;
    await notify(scene, [{ disband: { group_id: gid, group_name: group.name, timestamp: now() } }]);
    await trx.deleteFrom('gobelieve_groups').where('id', '=', gid).execute();
    await deleteQueue(trx, appid, superQueue(gid));
    tell(scene, 'regrouped');
  });

/** Cannot be undone; a super group stays one. */
export const upgradeGroup = (context: Context, actor: Actor, gid: number): Promise<void> =>
  change(context, actor, gid, 'master', async (scene) => {
    await scene.trx.updateTable('gobelieve_groups').set({ super: 1 }).where('id', '=', gid).execute();
    const told = { group_id: gid, group_name: scene.group.name, super: 1, timestamp: now() };
    await notify(scene, [{ upgrade: told }]);
    tell(scene, 'regrouped');
  });

/** By a member, who is the inviter then. Who is a member already stays one, and nobody is told. */
export async function addMembers(
  context: Context,
  actor: Actor,
  gid: number,
  people: readonly Person[],
  inviter?: Person,
): Promise<void> {
  const add = async (scene: Change) => {
    const added = await insertMembers(scene, people);
    const told = { group_id: gid, group_name: scene.group.name, timestamp: now(), ...(inviter && { inviter }) };
    const notices = added.map(({ uid, ...profile }) => ({ add_member: { ...told, member_id: uid, ...profile } }));
    await notify(scene, notices);
    tell(scene, 'queued', added);
  };
  await change(context, actor, gid, 'members', add, people.length);
}

/** By the master. Who is no member is passed over. */
export async function removeMembers(context: Context, actor: Actor, gid: number, people: readonly Person[]) {
  await change(context, actor, gid, 'master', (scene) => takeOut(scene, people), people.length);
}

/** A user leaves; the master too, and the group lives on with the same master. */
export async function leaveGroup(context: Context, actor: Actor, gid: number, uid: number): Promise<void> {
  requireSelf(actor, uid);
  await change(context, actor, gid, 'everybody', (scene) => takeOut(scene, [{ uid }]));
}

/** Exactly one of these. `mute` is for the app's server: who was muted must not unmute himself. */
export interface MemberSettings {
  do_not_disturb?: Switch | undefined;
  nickname?: string | undefined;
  mute?: Switch | undefined;
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
  await change(context, actor, gid, 'everybody', async (scene) => {
    const { numUpdatedRows } = await scene.trx
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
    const told = { group_id: gid, group_name: scene.group.name, member_id: uid, nickname, timestamp: now() };
    await notify(scene, [{ update_member_nickname: told }]);
    tell(scene, 'queued');
  });
}

/** Where a change happens. */
interface Scene {
  context: Context;
  trx: Transaction;
  appid: number;
  gid: number;
  ids: Ids;
}

type Change = Scene & { group: Awaited<ReturnType<typeof requireGroup>> };

/** In one transaction, and in order with everything else that happens in the app; see `takeIds`. */
const change = (
  context: Context,
  actor: Actor,
  gid: number,
  allowed: Parameters<typeof requireGroup>[3],
  work: (scene: Change) => Promise<void>,
  notices = 1,
): Promise<void> =>
  transact(context.database, async (trx) => {
    const ids = await takeIds(trx, actor.appid, Math.max(1, notices));
    const group = await requireGroup(trx, actor, gid, allowed);
    await work({ context, trx, appid: actor.appid, gid, ids, group });
  });

async function takeOut(scene: Change, people: readonly Person[]): Promise<void> {
  const { trx, gid, group } = scene;
  const removed: Person[] = [];
  for (const batch of batches(people)) {
    const uids = batch.map(({ uid }) => uid);
    const members = trx.selectFrom('gobelieve_members').select('uid').where('group_id', '=', gid);
    removed.push(...(await members.where('uid', 'in', uids).execute()));
  }
  const told = { group_id: gid, group_name: group.name, timestamp: now() };
  // While they still are members: they are told as well.
  await notify(
    scene,
    removed.map(({ uid }) => ({ quit_group: { ...told, member_id: uid } })),
  );
  for (const batch of batches(removed)) {
    const uids = batch.map(({ uid }) => uid);
    await trx.deleteFrom('gobelieve_members').where('group_id', '=', gid).where('uid', 'in', uids).execute();
  }
  tell(scene, 'queued', removed);
}

/** @returns who was no member before */
async function insertMembers({ trx, appid, gid, ids }: Scene, people: readonly Person[]): Promise<Person[]> {
  const added = new Set<number>();
  for (const batch of batches(people)) {
    const rows = await trx
      .insertInto('gobelieve_members')
      .values(batch.map(({ uid }) => ({ group_id: gid, uid, app_id: appid, joined_id: ids.last })))
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
async function notify({ trx, appid, gid, ids: { first } }: Scene, notices: readonly object[]): Promise<void> {
  if (notices.length === 0) return;
  const message = { command: commands.groupNotification, sender: null, receiver: gid };
  const messages = notices.map((notice) => ({ ...message, content: JSON.stringify(notice) }));
  await insertMessages(trx, appid, first, messages);
  await appendToMembers(trx, gid, { first, last: first + notices.length - 1 }, message);
}

/**
 * Tells the connections of the members, and of those who came or went: they do not listen to the group yet, or should
 * not any more.
 */
function tell({ context, trx, appid, gid, ids }: Scene, kind: 'queued' | 'regrouped', moved: readonly Person[] = []) {
  publishAfter(trx, context, [groupTopic(appid, gid)], { kind, id: ids.last });
  const topics = moved.map(({ uid }) => userTopic(appid, uid));
  publishAfter(trx, context, topics, { kind: 'regrouped', id: ids.last });
}

/** In seconds. */
const now = () => Math.floor(Date.now() / 1000);
