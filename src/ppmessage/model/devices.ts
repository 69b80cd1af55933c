import { randomUUID } from 'node:crypto';
import { type Insertable, sql, type Updateable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { keepLease, leaseEnds } from '../../live/lease.ts';
import type { DeviceRow, PpmessageDevicesTable, UserRow } from '../database/tables.ts';
import { type Caller, mayActFor, mayActForColumn } from './callers.ts';
import { PpmessageError, renameError } from './errors.ts';
import { nextPosition } from './positions.ts';
import { requirePresent, requireUser } from './users.ts';

/** Devices of users, and whether they are online (P-32, P-33). */

/**
 * Reads a device of one user.
 *
 * @throws PpmessageError noSuchDevice
 */
export async function requireDevice(
  uuid: string,
  { app_uuid, uuid: userUuid }: Pick<UserRow, 'app_uuid' | 'uuid'>,
  { database }: Context,
): Promise<DeviceRow> {
  const device = await database
    .selectFrom('ppmessage_devices')
    .selectAll()
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', app_uuid)
    .where('user_uuid', '=', userUuid)
    .executeTakeFirst();
  if (device === undefined) throw new PpmessageError('noSuchDevice');
  return device;
}

/**
 * Checks that a device belongs to the token's app.
 *
 * @throws PpmessageError noSuchDevice
 */
export const requireAppDevice = (uuid: string, { appUuid }: Caller, { database }: Context): Promise<{ uuid: string }> =>
  database
    .selectFrom('ppmessage_devices')
    .select('uuid')
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', appUuid)
    .executeTakeFirstOrThrow(() => new PpmessageError('noSuchDevice'));

/** Whether a device is the user's phone. A customer's Windows phone counts as a browser. */
export const isMobile = (type: DeviceRow['device_ostype'], user: Pick<UserRow, 'is_service_user'>): boolean =>
  type === 'AND' || type === 'IOS' || (type === 'WIP' && user.is_service_user === 1);

/** Whether a device is the latest that the user registered of its kind. */
export const isCurrentDevice = ({ uuid }: DeviceRow, user: UserRow): boolean =>
  [
    user.mobile_device_uuid,
    user.browser_device_uuid,
    user.ppcom_mobile_device_uuid,
    user.ppcom_browser_device_uuid,
  ].includes(uuid);

export type NewDevice = Pick<Insertable<PpmessageDevicesTable>, 'terminal_uuid' | 'device_ostype'>;

/**
 * Registers a device and makes it the user's current one of its kind. A known device of another user is handed over if
 * the caller may act for that user: a customer's browser stays the same when the customer signs in.
 *
 * @throws PpmessageError deviceExists with `device_uuid` for a known device, whether it was handed over or not
 */
export async function registerDevice(
  user: UserRow,
  newDevice: NewDevice,
  caller: Caller,
  { clock, database }: Context,
): Promise<string> {
  const isCustomer = user.is_service_user === 0;
  const kind = isMobile(newDevice.device_ostype, user) ? 'mobile' : 'browser';
  const column = isCustomer ? (`ppcom_${kind}_device_uuid` as const) : (`${kind}_device_uuid` as const);
  const now = clock.now();
  const uuid: string = randomUUID();

  const known = await transact(database, async (trx) => {
    await nextPosition(trx, user.app_uuid);
    await requirePresent(trx, user.app_uuid, [user]);
    const owner = { user_uuid: user.uuid, is_ppcom_device: isCustomer ? (1 as const) : (0 as const) };
    const inserted = await trx
      .insertInto('ppmessage_devices')
      .values({ ...newDevice, ...owner, uuid, app_uuid: user.app_uuid, created_at: now, updated_at: now })
      .onConflict((conflict) => conflict.columns(['app_uuid', 'terminal_uuid']).doNothing())
      .returning('uuid')
      .executeTakeFirst();
    const device = await trx
      .selectFrom('ppmessage_devices')
      .select(['uuid', 'user_uuid'])
      .where('app_uuid', '=', user.app_uuid)
      .where('terminal_uuid', '=', newDevice.terminal_uuid)
      .executeTakeFirstOrThrow(() => new PpmessageError('noSuchUser'));
    if (device.user_uuid !== user.uuid) {
      const handedOver = await trx
        .updateTable('ppmessage_devices')
        .set({ ...owner, online_until: 0, online_stream: null, updated_at: now })
        .where('uuid', '=', device.uuid)
        .where(mayActForColumn(caller, 'ppmessage_devices.user_uuid'))
        .returning('uuid')
        .executeTakeFirst();
      if (handedOver === undefined) return device.uuid;
      await forgetDevice(trx, { ...device, app_uuid: user.app_uuid });
    }
    await trx
      .updateTable('ppmessage_users')
      .set({ [column]: device.uuid, updated_at: now })
      .where('app_uuid', '=', user.app_uuid)
      .where('uuid', '=', user.uuid)
      .execute();
    return inserted === undefined ? device.uuid : undefined;
  });

  if (known !== undefined) throw new PpmessageError('deviceExists', undefined, { device_uuid: known });
  return uuid;
}

/** Makes a device none of its user's current ones. */
export async function forgetDevice(
  trx: Transaction,
  { uuid, app_uuid, user_uuid }: Pick<DeviceRow, 'uuid' | 'app_uuid' | 'user_uuid'>,
): Promise<void> {
  await trx
    .updateTable('ppmessage_users')
    .set({
      mobile_device_uuid: sql`nullif(mobile_device_uuid, ${uuid})`,
      browser_device_uuid: sql`nullif(browser_device_uuid, ${uuid})`,
      ppcom_mobile_device_uuid: sql`nullif(ppcom_mobile_device_uuid, ${uuid})`,
      ppcom_browser_device_uuid: sql`nullif(ppcom_browser_device_uuid, ${uuid})`,
    })
    .where('app_uuid', '=', app_uuid)
    .where('uuid', '=', user_uuid)
    .execute();
}

/**
 * Changes columns of a device, and brings it online or offline.
 *
 * @throws PpmessageError nothingToUpdate also for an unknown device, notPermitted for the device of another agent
 */
export async function changeDevice(
  uuid: string,
  changes: Updateable<PpmessageDevicesTable>,
  isOnline: boolean | undefined,
  caller: Caller,
  context: Context,
): Promise<void> {
  const { clock, database } = context;
  const device = await database
    .selectFrom('ppmessage_devices')
    .select(['uuid', 'user_uuid', 'online_until', 'online_since'])
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', caller.appUuid)
    .executeTakeFirst();
  if (device === undefined || (isOnline === undefined && Object.keys(changes).length === 0))
    throw new PpmessageError('nothingToUpdate');
  // The devices of a removed user are deleted.
  const owner = requireUser(device.user_uuid, caller, context).catch(renameError('noSuchUser', 'nothingToUpdate'));
  if (!mayActFor(caller, await owner)) throw new PpmessageError('notPermitted');
  await database
    .updateTable('ppmessage_devices')
    .set({
      ...changes,
      updated_at: clock.now(),
      ...(isOnline !== undefined && toOnline(device, isOnline, clock.now())),
    })
    .where('uuid', '=', device.uuid)
    .execute();
}

/**
 * Changes columns of a device of the token's own user; columns without a value stay.
 *
 * @throws PpmessageError noSuchDevice
 */
export async function changeOwnDevice(
  uuid: string,
  changes: Updateable<PpmessageDevicesTable>,
  { appUuid, userUuid }: Caller,
  { clock, database }: Context,
): Promise<void> {
  const { numUpdatedRows } = await database
    .updateTable('ppmessage_devices')
    .set({ ...changes, updated_at: clock.now() })
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', appUuid)
    .where('user_uuid', '=', userUuid)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new PpmessageError('noSuchDevice');
}

/** Brings a device online until a request brings it offline, or offline. */
export async function setDeviceOnline(
  device: DeviceRow,
  isOnline: boolean,
  { clock, database }: Context,
): Promise<void> {
  const now = clock.now();
  await database
    .updateTable('ppmessage_devices')
    .set({ ...toOnline(device, isOnline, now), updated_at: now })
    .where('uuid', '=', device.uuid)
    .execute();
}

/** The columns of a device that a request brings online or offline. */
export const toOnline = (device: Pick<DeviceRow, 'online_until' | 'online_since'>, isOnline: boolean, now: number) =>
  isOnline
    ? {
        online_until: UNTIL_OFFLINE,
        online_since: isOnlineAt(device.online_until, now) ? device.online_since : now,
        online_stream: null,
      }
    : { online_until: 0, online_stream: null };

/** A device stays online this long when the node that holds its stream dies. */
const ONLINE_LEASE_MS = 150_000;

/** The end of a device's time online that a request began: another request brings it offline. */
const UNTIL_OFFLINE = Number.MAX_SAFE_INTEGER;

/** Whether a device with this `online_until` is online. */
export function isOnlineAt(until: number, now: number): boolean {
  const { after, upTo } = leaseEnds(ONLINE_LEASE_MS, now);
  return until > after && (until <= upTo || until === UNTIL_OFFLINE);
}

/** `isOnlineAt` as a condition of a query. */
export function whereOnline(until: 'online_until' | 'device.online_until', now: number) {
  const { after, upTo } = leaseEnds(ONLINE_LEASE_MS, now);
  const column = sql.ref(until);
  return sql<boolean>`(${column} > ${after} and (${column} <= ${upTo} or ${column} = ${UNTIL_OFFLINE}))`;
}

/** Whether a device of an agent is online without a connection: a phone from its log-in to its log-out (P-97). */
export const staysOnline = (device: DeviceRow, user: UserRow): boolean =>
  user.is_service_user === 1 && isMobile(device.device_ostype, user) && device.online_until === UNTIL_OFFLINE;

/**
 * Keeps a user's device online until the returned function is called, or until a request brings the device offline or
 * hands it over to another user.
 *
 * @param onOffline called when the device has gone offline after the returned function was called
 */
export function keepOnline(
  deviceUuid: string,
  user: Pick<UserRow, 'uuid'>,
  { clock, database, log }: Context,
  onOffline: () => void = () => {},
): Promise<() => void> {
  const stream = randomUUID();
  const device = () =>
    database.updateTable('ppmessage_devices').where('uuid', '=', deviceUuid).where('user_uuid', '=', user.uuid);
  return keepLease({
    durationMs: ONLINE_LEASE_MS,
    acquire() {
      const now = clock.now();
      return device()
        .set({
          online_until: now + ONLINE_LEASE_MS,
          online_since: sql`case when ${whereOnline('online_until', now)} then online_since else ${now} end`,
          online_stream: stream,
        })
        .execute();
    },
    renew: () =>
      device()
        .set({ online_until: clock.now() + ONLINE_LEASE_MS, online_stream: stream })
        .where('online_stream', 'is not', null)
        .execute(),
    // When the device has a newer stream this changes nothing. An older stream brings the device back when it renews.
    async release() {
      const { numUpdatedRows } = await device()
        .set({ online_until: 0 })
        .where('online_stream', '=', stream)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) onOffline();
    },
    onError: (error) => log.error({ err: error }, 'a device could not be kept online or brought offline'),
  });
}
