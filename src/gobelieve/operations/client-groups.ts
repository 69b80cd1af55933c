import type { Database } from '../../database/open.ts';
import { requireGroup } from '../model/actors.ts';
import * as membership from '../model/groups.ts';
import type { Operation } from '../wire/operation.ts';
import { answer, done, toClientGroup, toGroupMember } from '../wire/views.ts';

export const createClientGroup: Operation<'createClientGroup'> = async ({ body, actor }, context) =>
  answer({ group_id: await membership.createGroup(context, actor, body) });

export const listClientGroups: Operation<'listClientGroups'> = async ({ query, actor }, { database }) => {
  const { appid, uid } = actor;
  const fields = new Set((query.fields ?? '').split(',').map((name) => name.trim()));
  const groups = await database
    .selectFrom('gobelieve_members as own')
    .innerJoin('gobelieve_groups as group', 'group.id', 'own.group_id')
    .selectAll('group')
    .select('own.do_not_disturb')
    .where('own.app_id', '=', appid)
    .where('own.uid', '=', uid)
    .orderBy('group.id')
    .execute();
  const members = fields.has('members') ? await listMembers(database, groups) : undefined;
  return answer(
    groups.map((group) => ({
      ...toClientGroup(group),
      ...(members && { members: (members.get(group.id) ?? []).map(toGroupMember) }),
      ...(fields.has('quiet') && { do_not_disturb: group.do_not_disturb === 1 }),
    })),
  );
};

export const getClientGroup: Operation<'getClientGroup'> = async ({ params, actor }, { database }) => {
  const group = await requireGroup(database, actor, params.gid, 'members');
  const members = (await listMembers(database, [group])).get(group.id) ?? [];
  const own = members.find(({ uid }) => uid === actor.uid);
  return answer({
    ...toClientGroup(group),
    members: members.map(toGroupMember),
    do_not_disturb: own?.do_not_disturb === 1,
  });
};

export const updateClientGroup: Operation<'updateClientGroup'> = async ({ params, body, actor }, context) => {
  const { name, notice } = body;
  await membership.changeGroup(
    context,
    actor,
    params.gid,
    name === undefined ? { notice: notice as string } : { name },
  );
  return done;
};

export const dissolveClientGroup: Operation<'dissolveClientGroup'> = async ({ params, actor }, context) => {
  await membership.dissolveGroup(context, actor, params.gid);
  return done;
};

type MemberRow = Parameters<typeof toGroupMember>[0] & { group_id: number; do_not_disturb: 0 | 1 };

/** By group; each member with the user's own name. */
async function listMembers(database: Database, groups: readonly { id: number }[]): Promise<Map<number, MemberRow[]>> {
  const members = new Map<number, MemberRow[]>(groups.map(({ id }) => [id, []]));
  if (groups.length === 0) return members;
  const rows = await database
    .selectFrom('gobelieve_members as member')
    .leftJoin('gobelieve_users as user', (join) =>
      join.onRef('user.app_id', '=', 'member.app_id').onRef('user.uid', '=', 'member.uid'),
    )
    .select(['member.group_id', 'member.uid', 'member.nickname', 'member.do_not_disturb', 'user.name'])
    .where('member.group_id', 'in', [...members.keys()])
    .orderBy('member.group_id')
    .orderBy('member.uid')
    .execute();
  for (const row of rows) members.get(row.group_id)?.push(row);
  return members;
}
