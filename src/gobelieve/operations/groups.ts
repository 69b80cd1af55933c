import * as membership from '../model/groups.ts';
import type { Operation } from '../wire/operation.ts';
import { answer, done } from '../wire/views.ts';

export const createGroup: Operation<'createGroup'> = async ({ body, actor }, context) =>
  answer({ group_id: await membership.createGroup(context, actor, body) });

export const renameGroup: Operation<'renameGroup'> = async ({ params, body, actor }, context) => {
  await membership.changeGroup(context, actor, params.gid, { name: body.name });
  return done;
};

export const dissolveGroup: Operation<'dissolveGroup'> = async ({ params, actor }, context) => {
  await membership.dissolveGroup(context, actor, params.gid);
  return done;
};

export const upgradeGroup: Operation<'upgradeGroup'> = async ({ params, actor }, context) => {
  await membership.upgradeGroup(context, actor, params.gid);
  return done;
};
