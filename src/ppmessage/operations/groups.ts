import { randomUUID } from 'node:crypto';
import { transact } from '../../database/transact.ts';
import { requireGroup, requireUsers } from '../model/callers.ts';
import { changesOf } from '../model/changes.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { requirePresent, withCards } from '../model/users.ts';
import { nextPosition } from '../model/messages.ts';
import { toGroup, toUserCard, toUserRecord } from '../wire/views.ts';

export const createOrgGroup: ApiOperation<'createOrgGroup'> = async ({ body, actor }, { database }) => {
  const now = Date.now();
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

export const listAppOrgGroups: ApiOperation<'listAppOrgGroups'> = async ({ actor }, { database }) => {
  const groups = await database
    .selectFrom('ppmessage_groups as group')
    .selectAll('group')
    .select((row) => [
      row
        .selectFrom('ppmessage_group_members as member')
        .select((count) => count.fn.countAll<number>().as('users'))
        .whereRef('member.group_uuid', '=', 'group.uuid')
        .as('user_count'),
      row
        .selectFrom('ppmessage_conversations as conversation')
        .select('conversation.uuid')
        .whereRef('conversation.group_uuid', '=', 'group.uuid')
        .where('conversation.user_uuid', '=', actor.userUuid)
        .orderBy('conversation.seq', 'desc')
        .limit(1)
        .as('conversation_uuid'),
    ])
    .where('group.app_uuid', '=', actor.appUuid)
    .orderBy('group.created_at')
    .orderBy('group.uuid')
    .execute();
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
  const conversation = await context.database
    .selectFrom('ppmessage_conversations')
    .select('uuid')
    .where('group_uuid', '=', group.uuid)
    .where('user_uuid', '=', actor.userUuid)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { ...toGroup(group), group_uuid: group.uuid, conversation_uuid: conversation?.uuid ?? null };
};

export const updateOrgGroup: ApiOperation<'updateOrgGroup'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  const changes = changesOf(body, ['group_name', 'group_desc', 'group_icon', 'is_distributor']);
  const updated = await context.database
    .updateTable('ppmessage_groups')
    .set({ ...changes, updated_at: Object.keys(changes).length > 0 ? Date.now() : group.updated_at })
    .where('uuid', '=', group.uuid)
    .returningAll()
    .executeTakeFirst();
  return { ...toGroup(updated ?? group), group_uuid: group.uuid };
};

export const removeOrgGroup: ApiOperation<'removeOrgGroup'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  await context.database.deleteFrom('ppmessage_groups').where('uuid', '=', group.uuid).execute();
};

/** All of them or none. */
export const addOrgGroupUsers: ApiOperation<'addOrgGroupUsers'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  const users = await requireUsers(body.user_list, actor, context);
  if (users.some((user) => user.is_service_user === 0)) throw new PpmessageError(20, 'Only agents can be in a group');
  if (users.length === 0) return;
  const created_at = Date.now();
  await transact(context.database, async (trx) => {
    await nextPosition(trx, actor.appUuid);
    await requirePresent(trx, actor.appUuid, users);
    await trx
      .insertInto('ppmessage_group_members')
      .values(users.map(({ uuid, app_uuid }) => ({ group_uuid: group.uuid, app_uuid, user_uuid: uuid, created_at })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
};

export const removeOrgGroupUsers: ApiOperation<'removeOrgGroupUsers'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  const uuids = [...new Set(body.user_list)];
  if (uuids.length === 0) return;
  const removed = await context.database
    .deleteFrom('ppmessage_group_members')
    .where('group_uuid', '=', group.uuid)
    .where('user_uuid', 'in', uuids)
    .returning('user_uuid')
    .execute();
  if (removed.length < uuids.length) throw new PpmessageError(32);
};

export const listOrgGroupUsers: ApiOperation<'listOrgGroupUsers'> = async ({ body, actor }, context) => {
  const group = await requireGroup(body.group_uuid, actor, context);
  const users = await context.database
    .selectFrom('ppmessage_users as user')
    .innerJoin('ppmessage_group_members as member', 'member.user_uuid', 'user.uuid')
    .selectAll('user')
    .where('user.app_uuid', '=', actor.appUuid)
    .where('member.group_uuid', '=', group.uuid)
    .orderBy('user.updated_at', 'desc')
    .orderBy('user.uuid')
    .execute();
  return { list: (await withCards(actor.appUuid, users, context)).map(toUserCard) };
};

export const listUngroupedUsers: ApiOperation<'listUngroupedUsers'> = async ({ body, actor }, context) => {
  const { group_uuid: uuid } = body;
  const group = uuid === undefined ? undefined : await requireGroup(uuid, actor, context);
  const users = await context.database
    .selectFrom('ppmessage_users as user')
    .selectAll()
    .where('user.app_uuid', '=', actor.appUuid)
    .where('user.is_service_user', '=', 1)
    .where('user.removed_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('ppmessage_group_members as member')
            .select('member.user_uuid')
            .whereRef('member.app_uuid', '=', 'user.app_uuid')
            .whereRef('member.user_uuid', '=', 'user.uuid')
            .$if(group !== undefined, (members) => members.where('member.group_uuid', '=', group?.uuid ?? '')),
        ),
      ),
    )
    .orderBy('user.created_at')
    .orderBy('user.uuid')
    .execute();
  return { list: users.map(toUserRecord) };
};
