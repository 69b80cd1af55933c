import type { OperandExpression } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { together, type ValuesOrQuery } from '../../database/together.ts';
import type { DeviceRow, UserRow } from '../database/tables.ts';
import { whereOnline } from './devices.ts';

/** The row of a user, and what else a card shows. */
export type CardRow = UserRow & {
  groups: readonly { uuid: string; group_name: string }[];
  /** The types of the user's online devices. */
  onlineTypes: readonly DeviceRow['device_ostype'][];
};

/** Adds to users of one app what their cards show. */
export async function withCards<User extends UserRow>(
  users: readonly User[],
  { clock, database }: Context,
): Promise<(User & CardRow)[]> {
  const [first] = users;
  if (first === undefined) return [];
  const uuids = users.map(({ uuid }) => uuid);
  const [groups, devices] = await together(database, (view) => shownOnCards(first.app_uuid, uuids, clock.now(), view));
  return toCards(users, groups, devices);
}

/**
 * Reads users of one app with what their cards show.
 *
 * @param select reads the users, and has a query for their uuids
 */
export async function listCards<User extends UserRow>(
  appUuid: string,
  select: (database: Database) => { users: Promise<User[]>; uuids: OperandExpression<string> },
  { clock, database }: Context,
): Promise<(User & CardRow)[]> {
  const [users, groups, devices] = await together(database, (view) => {
    const selected = select(view);
    return [selected.users, ...shownOnCards(appUuid, selected.uuids, clock.now(), view)];
  });
  return toCards(users, groups, devices);
}

/** Reads the groups of users, and the types of their online devices. */
function shownOnCards(appUuid: string, uuids: ValuesOrQuery<string>, now: number, database: Database) {
  const groups = database
    .selectFrom('ppmessage_group_members as member')
    .innerJoin('ppmessage_groups as group', 'group.uuid', 'member.group_uuid')
    .select(['member.user_uuid', 'group.uuid', 'group.group_name'])
    .where('member.app_uuid', '=', appUuid)
    .where('member.user_uuid', 'in', uuids)
    .orderBy('group.created_at')
    .orderBy('group.uuid');
  const devices = database
    .selectFrom('ppmessage_devices')
    .select(['user_uuid', 'device_ostype'])
    .where('app_uuid', '=', appUuid)
    .where('user_uuid', 'in', uuids)
    .where(whereOnline('online_until', now));
  return [groups.execute(), devices.execute()] as const;
}

type ShownOnCards = ReturnType<typeof shownOnCards>;

const toCards = <User extends UserRow>(
  users: readonly User[],
  groups: Awaited<ShownOnCards[0]>,
  devices: Awaited<ShownOnCards[1]>,
): (User & CardRow)[] =>
  users.map((user) => ({
    ...user,
    groups: groups
      .filter(({ user_uuid }) => user_uuid === user.uuid)
      .map(({ uuid, group_name }) => ({ uuid, group_name })),
    onlineTypes: devices.filter(({ user_uuid }) => user_uuid === user.uuid).map(({ device_ostype }) => device_ostype),
  }));
