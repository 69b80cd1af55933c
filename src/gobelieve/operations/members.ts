import * as members from '../model/members.ts';
import type { Operation } from '../wire/operation.ts';
import { toBoolean, toNewMembers, toProfile, toUids } from '../wire/spelling.ts';
import { done } from '../wire/views.ts';

export const addGroupMembers: Operation<'addGroupMembers'> = async ({ params, body, actor }, context) => {
  const inviter = !('uid' in body) && 'inviter' in body && body.inviter ? toProfile(body.inviter) : undefined;
  await members.addMembers(context, actor, params.gid, toNewMembers(body), inviter);
  return done;
};

export const removeGroupMembers: Operation<'removeGroupMembers'> = async ({ params, body, actor }, context) => {
  await members.removeMembers(context, actor, params.gid, toUids(body));
  return done;
};

export const leaveGroup: Operation<'leaveGroup'> = async ({ params, actor }, context) => {
  await members.leaveGroup(context, actor, params.gid, params.mid);
  return done;
};

export const updateGroupMember: Operation<'updateGroupMember'> = async ({ params, body, actor }, context) => {
  const { nickname, do_not_disturb: quiet, mute } = body;
  const settings = { nickname, doNotDisturb: toBoolean(quiet), mute: toBoolean(mute) };
  await members.updateMember(context, actor, params.gid, params.mid, settings);
  return done;
};
