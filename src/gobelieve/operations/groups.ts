import * as groups from '../model/groups.ts';
import type { Operation } from '../wire/operation.ts';
import { toProfiles } from '../wire/spelling.ts';
import { answer, done } from '../wire/views.ts';

export const createGroup: Operation<'createGroup'> = async ({ body, actor }, context) => {
  const { master, name, super: isSuper, members = [] } = body;
  const group = { master, name, isSuper: Boolean(isSuper), members: toProfiles(members) };
  return answer({ group_id: await groups.createGroup(context, actor, group) });
};

export const renameGroup: Operation<'renameGroup'> = async ({ params, body, actor }, context) => {
  await groups.updateGroup(context, actor, params.gid, { name: body.name });
  return done;
};

export const dissolveGroup: Operation<'dissolveGroup'> = async ({ params, actor }, context) => {
  await groups.dissolveGroup(context, actor, params.gid);
  return done;
};

export const upgradeGroup: Operation<'upgradeGroup'> = async ({ params, actor }, context) => {
  await groups.upgradeGroup(context, actor, params.gid);
  return done;
};
