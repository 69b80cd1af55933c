import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import { togetherIn } from '../../database/together.ts';
import { getOwnApp } from '../model/apps.ts';
import { assignWaitingCustomers, findOwnConversation } from '../model/assignment.ts';
import { type Caller, keyIn } from '../model/callers.ts';
import { changesOf } from '../model/changes.ts';
import { requireConversation } from '../model/conversations.ts';
import { requireCustomer } from '../model/customers.ts';
import { PpmessageError } from '../model/errors.ts';
import {
  addToGroup,
  findGroupConversation,
  listGroupCards,
  listGroups,
  listUsersOutside,
  pageGroupCards,
  removeFromGroup,
  requireGroup,
  requireGroups,
} from '../model/groups.ts';
import type { Page } from '../model/pages.ts';
import { Assigner, toAlgorithm } from '../model/route-policies.ts';
import { requireUsers } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toPage, toPageInfo } from '../wire/paging.ts';
import { toGroup, toUserCard, toUserRecord } from '../wire/views.ts';

export const createOrgGroup: ApiOperation<'createOrgGroup'> = async ({ body, actor }, { clock, database }) => {
  const now = clock.now();
  const group = await database
    .insertInto('ppmessage_groups')
    .values({
      uuid: randomUUID(),
      app_uuid: actor.appUuid,
      group_name: body.group_name,
      group_desc: body.group_desc,
      group_icon: body.group_icon ?? null,
      is_distributor: body.is_distributor ? 1 : 0,
      group_route_algorithm: toAlgorithm(body.group_route_algorithm),
      group_visible_for_ppcom: body.group_visible_for_ppcom === false ? 0 : 1,
      group_visible_order_for_ppcom: body.group_visible_order_for_ppcom ?? null,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toGroup(group);
};

export const listAppOrgGroups: ApiOperation<'listAppOrgGroups'> = async ({ actor }, context) => ({
  list: await showGroups(actor, context),
});

async function showGroups(actor: Caller, context: Context) {
  const groups = await listGroups(actor, context);
  return groups.map(({ user_count, conversation_uuid, ...group }) => ({
    ...toGroup(group),
    user_count: user_count ?? 0,
    conversation_uuid,
  }));
}

export const pageOrgGroups: ApiOperation<'pageOrgGroups'> = async ({ body, actor }, context) =>
  pageOf(await showGroups(actor, context), toPage(body, actor));

export const pageOrgGroupUsers: ApiOperation<'pageOrgGroupUsers'> = async ({ body, actor }, context) => {
  const page = toPage(body, actor);
  const [, { list, total }] = await togetherIn(context, (view) => [
    requireGroup(body.group_uuid, actor, view),
    pageGroupCards(keyIn(actor, body.group_uuid), page, view),
  ]);
  return { list: list.map(toUserCard), ...toPageInfo(list, total, page) };
};

/** A page of a short list that was read as a whole. */
function pageOf<Item>(all: readonly Item[], page: Page) {
  const list = all.slice(page.offset * page.size, (page.offset + 1) * page.size);
  return { list, ...toPageInfo(list, all.length, page) };
}

export const getOrgGroupDetail: ApiOperation<'getOrgGroupDetail'> = async ({ body, actor }, context) => {
  const [group, conversation] = await togetherIn(context, (view) => [
    requireGroup(body.group_uuid, actor, view),
    findGroupConversation(body.group_uuid, actor, view),
  ]);
  return { ...toGroup(group), group_uuid: group.uuid, conversation_uuid: conversation?.uuid ?? null };
};

export const updateOrgGroup: ApiOperation<'updateOrgGroup'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  const { group_route_algorithm: algorithm } = body;
  const changes = {
    ...changesOf(body, [
      'group_name',
      'group_desc',
      'group_icon',
      'is_distributor',
      'group_visible_for_ppcom',
      'group_visible_order_for_ppcom',
    ]),
    ...(algorithm !== undefined && { group_route_algorithm: toAlgorithm(algorithm) }),
  };
  const updated = await context.database
    .updateTable('ppmessage_groups')
    .set({ ...changes, updated_at: Object.keys(changes).length > 0 ? context.clock.now() : group.updated_at })
    .where('uuid', '=', group.uuid)
    .returningAll()
    .executeTakeFirst();
  if (algorithm !== undefined) await assignWaitingCustomers(actor.appUuid, context);
  return { ...toGroup(updated ?? group), group_uuid: group.uuid };
};

export const removeOrgGroup: ApiOperation<'removeOrgGroup'> = async ({ body, actor }, context) => {
  const groups = await requireGroups([body.group_uuid].flat(), actor, context);
  const uuids = groups.map(({ uuid }) => uuid);
  await context.database.deleteFrom('ppmessage_groups').where('uuid', 'in', uuids).execute();
};

export const addOrgGroupUsers: ApiOperation<'addOrgGroupUsers'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  await addToGroup(group, await requireUsers(body.user_list, actor, context), context);
  await assignWaitingCustomers(actor.appUuid, context);
};

export const removeOrgGroupUsers: ApiOperation<'removeOrgGroupUsers'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  await removeFromGroup(group, body.user_list, context);
};

export const listOrgGroupUsers: ApiOperation<'listOrgGroupUsers'> = async ({ body, actor }, context) => {
  const [, cards] = await togetherIn(context, (view) => [
    requireGroup(body.group_uuid, actor, view),
    listGroupCards(keyIn(actor, body.group_uuid), view),
  ]);
  return { list: cards.map(toUserCard) };
};

export const listUngroupedUsers: ApiOperation<'listUngroupedUsers'> = async ({ body, actor }, context) => {
  const { group_uuid: uuid } = body;
  const [, users] = await togetherIn(context, (view) => [
    uuid === undefined ? Promise.resolve(undefined) : requireGroup(uuid, actor, view),
    listUsersOutside(uuid, actor, view),
  ]);
  return { list: users.map(toUserRecord) };
};

export const getOrgGroupConversation: ApiOperation<'getOrgGroupConversation'> = async ({ body, actor }, context) => {
  const [, , found] = await togetherIn(context, (view) => [
    requireCustomer(body.user_uuid, actor, view),
    requireGroup(body.group_uuid, actor, view),
    findOwnConversation(keyIn(actor, body.user_uuid), keyIn(actor, body.group_uuid), view),
  ]);
  if (found === undefined) throw new PpmessageError('noSuchConversation');
  return { conversation_uuid: found.conversation.uuid };
};

export const selectGroupUsers: ApiOperation<'selectGroupUsers'> = async ({ body, actor }, context) => {
  const { clock, database } = context;
  const [group, conversation, app] = await togetherIn(context, (view) => [
    requireGroup(body.group_uuid, actor, view),
    requireConversation(body.conversation_uuid, actor, view),
    getOwnApp(actor, view),
  ]);
  if (conversation.conversation_type === 'S2S') throw new PpmessageError('wrongConversationType');
  if (conversation.group_uuid === group.uuid) throw new PpmessageError('groupInConversation');
  const assigner = new Assigner(database, app, clock.now());
  return { list: (await assigner.choose(group)).map(({ uuid }) => uuid) };
};
