import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { togetherIn } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import type { AppKey, GroupRow, UserRow } from '../database/tables.ts';
import type { Caller } from './callers.ts';
import { PpmessageError } from './errors.ts';
import { countRows, type Page } from './pages.ts';
import { nextPosition } from './positions.ts';
import { listCards } from './user-cards.ts';
import { agentsOf, requirePresent } from './users.ts';

/** Groups of agents. An agent can be in several (P-34). */

/**
 * Reads a group of the token's app.
 *
 * @throws PpmessageError noSuchGroup
 */
export async function requireGroup(uuid: string, { appUuid }: Caller, { database }: Context): Promise<GroupRow> {
  const group = await database
    .selectFrom('ppmessage_groups')
    .selectAll()
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', appUuid)
    .executeTakeFirst();
  if (group === undefined) throw new PpmessageError('noSuchGroup');
  return group;
}

/** Like `requireGroup` for one or more uuids; each group comes once. */
export async function requireGroups(
  uuids: readonly string[],
  { appUuid }: Caller,
  { database }: Context,
): Promise<GroupRow[]> {
  const wanted = [...new Set(uuids)];
  const groups = await database
    .selectFrom('ppmessage_groups')
    .selectAll()
    .where('uuid', 'in', wanted)
    .where('app_uuid', '=', appUuid)
    .execute();
  if (groups.length < wanted.length) throw new PpmessageError('noSuchGroup');
  return groups;
}

/** Reads the groups of the token's app, each with its number of agents and the caller's latest conversation with it. */
export const listGroups = ({ appUuid, userUuid }: Caller, { database }: Context) =>
  database
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
        .where('conversation.app_uuid', '=', appUuid)
        .where('conversation.user_uuid', '=', userUuid ?? '')
        .whereRef('conversation.group_uuid', '=', 'group.uuid')
        .orderBy('conversation.seq', 'desc')
        .limit(1)
        .as('conversation_uuid'),
    ])
    .where('group.app_uuid', '=', appUuid)
    .orderBy('group.created_at')
    .orderBy('group.uuid')
    .execute();

/** Finds the caller's latest conversation with a group. */
export const findGroupConversation = (groupUuid: string, { appUuid, userUuid }: Caller, { database }: Context) =>
  database
    .selectFrom('ppmessage_conversations')
    .select('uuid')
    .where('app_uuid', '=', appUuid)
    .where('user_uuid', '=', userUuid ?? '')
    .where('group_uuid', '=', groupUuid)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();

/** Reads the cards of the agents of a group, latest changed first. */
export const listGroupCards = (group: AppKey, context: Context) =>
  listCards(
    group.app_uuid,
    (database) => ({
      users: usersOfGroup(group, database).selectAll('user').execute(),
      uuids: usersOfGroup(group, database).clearOrderBy().select('user.uuid'),
    }),
    context,
  );

/** Reads a page of the cards of the agents of a group, latest changed first, and counts all of them. */
export async function pageGroupCards(group: AppKey, { offset, size }: Page, context: Context) {
  const pageOf = (database: Database) =>
    usersOfGroup(group, database)
      .limit(size)
      .offset(offset * size);
  const [{ total }, list] = await togetherIn(context, (view) => [
    countRows(view.database.selectFrom('ppmessage_group_members').where('group_uuid', '=', group.uuid)),
    listCards(
      group.app_uuid,
      (database) => ({
        users: pageOf(database).selectAll('user').execute(),
        uuids: pageOf(database).select('user.uuid'),
      }),
      view,
    ),
  ]);
  return { list, total };
}

const usersOfGroup = (group: AppKey, database: Database) =>
  database
    .selectFrom('ppmessage_group_members as member')
    .innerJoin('ppmessage_users as user', 'user.uuid', 'member.user_uuid')
    .where('member.group_uuid', '=', group.uuid)
    .where('user.app_uuid', '=', group.app_uuid)
    .orderBy('user.updated_at', 'desc')
    .orderBy('user.uuid');

/** Reads the agents of an app who are not in a group; without one, those who are in no group. */
export const listUsersOutside = (
  groupUuid: string | undefined,
  { appUuid }: Caller,
  { database }: Context,
): Promise<UserRow[]> =>
  agentsOf(appUuid, database)
    .selectAll('user')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('ppmessage_group_members as member')
            .select('member.user_uuid')
            .whereRef('member.app_uuid', '=', 'user.app_uuid')
            .whereRef('member.user_uuid', '=', 'user.uuid')
            .$if(groupUuid !== undefined, (members) => members.where('member.group_uuid', '=', groupUuid ?? '')),
        ),
      ),
    )
    .execute();

/**
 * Adds agents to a group, all of them or none. Agents who are in it already stay.
 *
 * @throws PpmessageError notPermitted when one of them is a customer
 */
export async function addToGroup(group: GroupRow, users: readonly UserRow[], context: Context): Promise<void> {
  if (users.some((user) => user.is_service_user === 0))
    throw new PpmessageError('notPermitted', 'Only agents can be in a group');
  if (users.length === 0) return;
  const created_at = context.clock.now();
  await transact(context.database, async (trx) => {
    await nextPosition(trx, group.app_uuid);
    await requirePresent(trx, group.app_uuid, users);
    await trx
      .insertInto('ppmessage_group_members')
      .values(users.map(({ uuid, app_uuid }) => ({ group_uuid: group.uuid, app_uuid, user_uuid: uuid, created_at })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}

/**
 * Removes agents from a group.
 *
 * @throws PpmessageError notInGroup when one of them is not in it; the others are removed
 */
export async function removeFromGroup(
  group: GroupRow,
  userUuids: readonly string[],
  { database }: Context,
): Promise<void> {
  const uuids = [...new Set(userUuids)];
  if (uuids.length === 0) return;
  const removed = await database
    .deleteFrom('ppmessage_group_members')
    .where('group_uuid', '=', group.uuid)
    .where('user_uuid', 'in', uuids)
    .returning('user_uuid')
    .execute();
  if (removed.length < uuids.length) throw new PpmessageError('notInGroup');
}
