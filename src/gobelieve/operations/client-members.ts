import * as membership from '../model/groups.ts';
import type { Operation } from '../wire/operation.ts';
import { done } from '../wire/views.ts';
import { entriesOf } from './members.ts';

export const addClientGroupMembers: Operation<'addClientGroupMembers'> = async ({ params, body, actor }, context) => {
  const { database } = context;
  const { appid, uid } = actor;
  const users = database.selectFrom('gobelieve_users').select(['uid', 'name']).where('app_id', '=', appid);
  const inviter = (await users.where('uid', '=', uid).executeTakeFirst()) ?? { uid };
  await membership.addMembers(context, actor, params.gid, membership.toPeople(entriesOf(body)), inviter);
  return done;
};

export const removeClientGroupMembers: Operation<'removeClientGroupMembers'> = async (
  { params, body, actor },
  context,
) => {
  await membership.removeMembers(context, actor, params.gid, membership.toPeople(body));
  return done;
};

export const leaveClientGroup: Operation<'leaveClientGroup'> = async ({ params, actor }, context) => {
  await membership.leaveGroup(context, actor, params.gid, params.mid);
  return done;
};

export const updateClientGroupMember: Operation<'updateClientGroupMember'> = async (
  { params, body, actor },
  context,
) => {
  const { nickname, quiet, do_not_disturb = quiet } = body;
  await membership.changeMember(context, actor, params.gid, params.mid, { nickname, do_not_disturb });
  return done;
};
