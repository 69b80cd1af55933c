import { together } from '../../database/together.ts';
import { requireGroup } from '../model/access.ts';
import * as groups from '../model/groups.ts';
import { listMembers } from '../model/members.ts';
import type { Operation } from '../wire/operation.ts';
import { toProfiles } from '../wire/spelling.ts';
import { answer, done, toClientGroup, toGroupMember } from '../wire/views.ts';

export const createClientGroup: Operation<'createClientGroup'> = async ({ body, actor }, context) => {
  const { master, name, super: isSuper, members = [] } = body;
  const group = { master, name, isSuper: Boolean(isSuper), members: toProfiles(members) };
  return answer({ group_id: await groups.createGroup(context, actor, group) });
};

export const listClientGroups: Operation<'listClientGroups'> = async ({ query, actor }, { database }) => {
  const fields = new Set((query.fields ?? '').split(',').map((name) => name.trim()));
  const [own, members] = await together(database, (view) => [
    groups.listGroupsOf(view, actor),
    fields.has('members') ? groups.listMembersOfGroupsOf(view, actor) : Promise.resolve(undefined),
  ]);
  return answer(
    own.map((group) => ({
      ...toClientGroup(group),
      ...(members && { members: (members.get(group.id) ?? []).map(toGroupMember) }),
      ...(fields.has('quiet') && { do_not_disturb: group.do_not_disturb === 1 }),
    })),
  );
};

export const getClientGroup: Operation<'getClientGroup'> = async ({ params, actor }, { database }) => {
  const [group, listed] = await together(database, (view) => [
    requireGroup(view, actor, params.gid, 'members'),
    listMembers(view, [params.gid]),
  ]);
  const members = listed.get(group.id) ?? [];
  const own = members.find(({ uid }) => uid === actor.uid);
  return answer({
    ...toClientGroup(group),
    members: members.map(toGroupMember),
    do_not_disturb: own?.do_not_disturb === 1,
  });
};

export const updateClientGroup: Operation<'updateClientGroup'> = async ({ params, body, actor }, context) => {
  const { name, notice } = body;
  const changed = name === undefined ? { notice: notice as string } : { name };
  await groups.updateGroup(context, actor, params.gid, changed);
  return done;
};

export const dissolveClientGroup: Operation<'dissolveClientGroup'> = async ({ params, actor }, context) => {
  await groups.dissolveGroup(context, actor, params.gid);
  return done;
};
