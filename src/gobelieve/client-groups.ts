import type { Database, Transaction } from '../database/open.ts';
import { transact } from '../database/transact.ts';
import { requireGroup } from './access.ts';
import * as membership from './membership.ts';
import type { Operation } from './operation.ts';
import { answer, done, toClientGroup, toGroupMember } from './views.ts';

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

export const getClientGroup: Operation<'getClientGroup'> = ({ params, actor }, { database }) =>
  transact(database, async (trx) => {
    const group = await requireGroup(trx, actor, params.gid, 'members');
    const members = (await listMembers(trx, [group])).get(group.id) ?? [];
    const own = members.find(({ uid }) => uid === actor.uid);
    return answer({
      ...toClientGroup(group),
      members: members.map(toGroupMember),
      do_not_disturb: own?.do_not_disturb === 1,
    });
  });

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

/** By group; each member with the user's own name. */
async function listMembers(database: Database | Transaction, groups: readonly { id: number }[]) {
  const members = new Map(groups.map(({ id }) => [id, [] as Awaited<ReturnType<typeof readMembers>>]));
  const ids = [...members.keys()];
  for (const member of ids.length === 0 ? [] : await readMembers(database, ids))
    members.get(member.group_id)?.push(member);
  return members;
}

const readMembers = (database: Database | Transaction, groupIds: readonly number[]) =>
  database
    .selectFrom('gobelieve_members as member')
    .leftJoin('gobelieve_users as user', (join) =>
      join.onRef('user.app_id', '=', 'member.app_id').onRef('user.uid', '=', 'member.uid'),
    )
    .select(['member.group_id', 'member.uid', 'member.nickname', 'member.do_not_disturb', 'user.name'])
    .where('member.group_id', 'in', groupIds)
    .orderBy('member.group_id')
    .orderBy('member.uid')
    .execute();
