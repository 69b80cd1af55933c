import type { Context } from '../../context.ts';
import { isSentBy, messageTypes, type NewMessage } from './message-store.ts';
import { livingNodes } from './presence.ts';

/** The receivers of pushes, and the device of each (G-74, G-75). */

/** A user without a connection, and the device that was bound last. */
export interface PushReceiver {
  uid: number;
  service: string;
  token: string;
  /** The pushes are for messages with larger ids. */
  boundAfter: number;
  /** The user does not want to be disturbed by the group. */
  isQuiet: boolean;
}

type ReadContext = Pick<Context, 'clock' | 'database'>;

export interface ReceiverSearch {
  appid: number;
  /** Push services that can be reached. */
  services: readonly string[];
}

/**
 * The receivers of some messages, found with few queries: users together, and each group once.
 *
 * @returns the receivers of a message in the order of their uids. They include those who do not want to be disturbed by
 *   the group, but not the sender.
 */
export async function findReceivers(
  context: ReadContext,
  search: ReceiverSearch,
  messages: readonly NewMessage[],
): Promise<(message: NewMessage) => readonly PushReceiver[]> {
  const isToGroup = ({ type }: NewMessage) => type === messageTypes.group;
  const [uids, gids] = [false, true].map((toGroup) => [
    ...new Set(messages.filter((message) => isToGroup(message) === toGroup).map(({ receiver }) => receiver)),
  ]) as [number[], number[]];
  const users = new Map((await findUsers(context, search, uids)).map((receiver) => [receiver.uid, receiver]));
  const quietPairs = await findQuietPairs(context, search.appid, uids);
  const groups = new Map<number, readonly PushReceiver[]>();
  for (const gid of gids) groups.set(gid, await findMembers(context, search, gid));

  return (message) => {
    const { sender, receiver } = message;
    if (isToGroup(message)) return (groups.get(receiver) ?? []).filter(({ uid }) => uid !== sender);
    const user = users.get(receiver);
    if (user === undefined || isSentBy(message, receiver)) return [];
    // The contacts of a user are in the same app.
    return message.senderAppid === undefined && quietPairs.has(`${receiver} ${sender}`) ? [] : [user];
  };
}

async function findUsers(context: ReadContext, search: ReceiverSearch, uids: readonly number[]) {
  if (uids.length === 0) return [];
  const devices = await selectDevices(context, search).where('device.uid', 'in', uids).execute();
  return newestBindings(devices, new Set());
}

async function findMembers(context: ReadContext, search: ReceiverSearch, gid: number) {
  const members = context.database.selectFrom('gobelieve_members').select('uid').where('group_id', '=', gid);
  const [devices, quiet] = await Promise.all([
    // The members choose the devices: an app can have many more devices than a group has members.
    selectDevices(context, search).where('device.uid', 'in', members).orderBy('device.uid').execute(),
    members.where('do_not_disturb', '=', 1).execute(),
  ]);
  return newestBindings(devices, new Set(quiet.map(({ uid }) => uid)));
}

/**
 * The devices of users without a connection that counts: of a phone, or of any kind unless the user wants pushes on the
 * phone as well.
 */
function selectDevices(context: ReadContext, { appid, services }: ReceiverSearch) {
  return context.database
    .selectFrom('gobelieve_devices as device')
    .leftJoin('gobelieve_users as user', (join) =>
      join.onRef('user.app_id', '=', 'device.app_id').onRef('user.uid', '=', 'device.uid'),
    )
    .select(['device.uid', 'device.service', 'device.token', 'device.bound_at', 'device.bound_after'])
    .where('device.app_id', '=', appid)
    .where('device.service', 'in', services)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('gobelieve_connections as connection')
            .select('connection.uid')
            .whereRef('connection.app_id', '=', 'device.app_id')
            .whereRef('connection.uid', '=', 'device.uid')
            .where('connection.node', 'in', livingNodes(context))
            .where(({ eb, fn, or, ref, val }) =>
              or([eb('connection.is_phone', '=', 1), eb(fn.coalesce(ref('user.notify_phone'), val(0)), '=', 0)]),
            ),
        ),
      ),
    );
}

interface DeviceRow {
  uid: number;
  service: string;
  token: string;
  bound_at: number;
  bound_after: number;
}

/** One device for each user. */
function newestBindings(rows: readonly DeviceRow[], quiet: ReadonlySet<number>): PushReceiver[] {
  const newest = new Map<number, DeviceRow>();
  for (const row of rows) {
    const other = newest.get(row.uid);
    if (other === undefined || isNewer(row, other)) newest.set(row.uid, row);
  }
  return [...newest.values()].map(({ uid, service, token, bound_after }) => ({
    uid,
    service,
    token,
    boundAfter: bound_after,
    isQuiet: quiet.has(uid),
  }));
}

/** The clock may have been set back between two bindings; ids only grow. */
const isNewer = (one: DeviceRow, other: DeviceRow): boolean =>
  one.bound_after === other.bound_after ? one.bound_at >= other.bound_at : one.bound_after > other.bound_after;

/** The pairs `uid contact` of users who want no pushes from a contact. */
async function findQuietPairs({ database }: ReadContext, appid: number, uids: readonly number[]) {
  if (uids.length === 0) return new Set<string>();
  const rows = await database
    .selectFrom('gobelieve_quiet_peers')
    .select(['uid', 'peer_uid'])
    .where('app_id', '=', appid)
    .where('uid', 'in', uids)
    .execute();
  return new Set(rows.map(({ uid, peer_uid }) => `${uid} ${peer_uid}`));
}
