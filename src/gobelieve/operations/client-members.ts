import * as members from '../model/members.ts';
import { findUserName } from '../model/users.ts';
import type { Operation } from '../wire/operation.ts';
import { toBoolean, toNewMembers, toUids } from '../wire/spelling.ts';
import { done } from '../wire/views.ts';

export const addClientGroupMembers: Operation<'addClientGroupMembers'> = async ({ params, body, actor }, context) => {
  const { appid, uid } = actor;
  const name = await findUserName(context.database, appid, uid);
  const inviter = { uid, ...(name !== undefined && { name }) };
  await members.addMembers(context, actor, params.gid, toNewMembers(body), inviter);
  return done;
};

export const removeClientGroupMembers: Operation<'removeClientGroupMembers'> = async (
  { params, body, actor },
  context,
) => {
  await members.removeMembers(context, actor, params.gid, toUids(body));
  return done;
};

export const leaveClientGroup: Operation<'leaveClientGroup'> = async ({ params, actor }, context) => {
  await members.leaveGroup(context, actor, params.gid, params.mid);
  return done;
};

export const updateClientGroupMember: Operation<'updateClientGroupMember'> = async (
  { params, body, actor },
  context,
) => {
  const { nickname, quiet, do_not_disturb = quiet } = body;
  const settings = { nickname, doNotDisturb: toBoolean(do_not_disturb) };
  await members.updateMember(context, actor, params.gid, params.mid, settings);
  return done;
};

export const setGroupQuiet: Operation<'setGroupQuiet'> = async ({ params, body, actor }, context) => {
  const settings = { doNotDisturb: toBoolean(body.quiet) };
  await members.updateMember(context, actor, params.gid, actor.uid, settings);
  return done;
};
