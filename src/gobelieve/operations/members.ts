import * as membership from '../model/groups.ts';
import type { Operation } from '../wire/operation.ts';
import { done } from '../wire/views.ts';

export const addGroupMembers: Operation<'addGroupMembers'> = async ({ params, body, actor }, context) => {
  const inviter =
    !('uid' in body) && 'inviter' in body && body.inviter ? membership.toPeople([body.inviter])[0] : undefined;
  await membership.addMembers(context, actor, params.gid, membership.toPeople(entriesOf(body)), inviter);
  return done;
};

export const removeGroupMembers: Operation<'removeGroupMembers'> = async ({ params, body, actor }, context) => {
  await membership.removeMembers(context, actor, params.gid, membership.toPeople(body));
  return done;
};

export const leaveGroup: Operation<'leaveGroup'> = async ({ params, actor }, context) => {
  await membership.leaveGroup(context, actor, params.gid, params.mid);
  return done;
};

export const updateGroupMember: Operation<'updateGroupMember'> = async ({ params, body, actor }, context) => {
  await membership.changeMember(context, actor, params.gid, params.mid, body);
  return done;
};

type Entry = membership.MemberEntry;

/** The seed's object, or what scripts written for the original send: the bare list, or one bare member. */
export function entriesOf(body: { members: Entry[] } | Entry[] | Extract<Entry, object>): readonly Entry[] {
  if (Array.isArray(body)) return body;
  return 'uid' in body ? [body] : body.members;
}
