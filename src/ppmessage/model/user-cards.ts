import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { DeviceRow, UserRow } from '../database/tables.ts';
import { whereOnline } from './devices.ts';

/** The row of a user, and what else a card shows. */
export type CardRow = UserRow & {
  groups: readonly { uuid: string; group_name: string }[];
  /** The types of the user's online devices. */
  onlineTypes: readonly DeviceRow['device_ostype'][];
};

/** Adds to users of one app what their cards show: their groups, and the types of their online devices. */
export async function withCards<User extends UserRow>(
  users: readonly User[],
  { clock, database }: Context,
): Promise<(User & CardRow)[]> {
  const [first] = users;
  if (first === undefined) return [];
  const uuids = users.map(({ uuid }) => uuid);
  const [groups, devices] = await together(database, (view) => [
    view
      .selectFrom('ppmessage_group_members as member')
      .innerJoin('ppmessage_groups as group', 'group.uuid', 'member.group_uuid')
      .select(['member.user_uuid', 'group.uuid', 'group.group_name'])
      .where('member.app_uuid', '=', first.app_uuid)
      .where('member.user_uuid', 'in', uuids)
      .orderBy('group.created_at')
      .orderBy('group.uuid')
      .execute(),
    view
      .selectFrom('ppmessage_devices')
      .select(['user_uuid', 'device_ostype'])
      .where('app_uuid', '=', first.app_uuid)
      .where('user_uuid', 'in', uuids)
      .where(whereOnline('online_until', clock.now()))
      .execute(),
  ]);
  return users.map((user) => ({
    ...user,
    groups: groups
      .filter(({ user_uuid }) => user_uuid === user.uuid)
      .map(({ uuid, group_name }) => ({ uuid, group_name })),
    onlineTypes: devices.filter(({ user_uuid }) => user_uuid === user.uuid).map(({ device_ostype }) => device_ostype),
  }));
}
