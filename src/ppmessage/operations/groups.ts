import { randomUUID } from 'node:crypto';
import { changesOf } from '../model/changes.ts';
import {
  addToGroup,
  findGroupConversation,
  listGroups,
  listGroupUsers,
  listUsersOutside,
  removeFromGroup,
  requireGroup,
  requireGroups,
} from '../model/groups.ts';
import { withCards } from '../model/user-cards.ts';
import { requireUsers } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
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
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toGroup(group);
};

export const listAppOrgGroups: ApiOperation<'listAppOrgGroups'> = async ({ actor }, context) => {
  const groups = await listGroups(actor, context);
  return {
    list: groups.map(({ user_count, conversation_uuid, ...group }) => ({
      ...toGroup(group),
      user_count: user_count ?? 0,
      conversation_uuid,
    })),
  };
};

export const getOrgGroupDetail: ApiOperation<'getOrgGroupDetail'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  const conversation = await findGroupConversation(group, actor, context);
  return { ...toGroup(group), group_uuid: group.uuid, conversation_uuid: conversation?.uuid ?? null };
};

export const updateOrgGroup: ApiOperation<'updateOrgGroup'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  const changes = changesOf(body, ['group_name', 'group_desc', 'group_icon', 'is_distributor']);
  const updated = await context.database
    .updateTable('ppmessage_groups')
    .set({ ...changes, updated_at: Object.keys(changes).length > 0 ? context.clock.now() : group.updated_at })
    .where('uuid', '=', group.uuid)
    .returningAll()
    .executeTakeFirst();
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
};

export const removeOrgGroupUsers: ApiOperation<'removeOrgGroupUsers'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  await removeFromGroup(group, body.user_list, context);
};

export const listOrgGroupUsers: ApiOperation<'listOrgGroupUsers'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  const users = await listGroupUsers(group, context);
  return { list: (await withCards(users, context)).map(toUserCard) };
};

export const listUngroupedUsers: ApiOperation<'listUngroupedUsers'> = async ({ body, actor }, context) => {
  const { group_uuid: uuid } = body;
  const group = uuid === undefined ? undefined : await requireGroup(uuid, actor, context);
  return { list: (await listUsersOutside(group, actor, context)).map(toUserRecord) };
};
