import type { Context } from '../../context.ts';
import type { DeviceRow } from '../database/tables.ts';

/** A device has one socket: its newest. The others get the order to log out, and so do all when another device replaces it (P-97). */

type Device = Pick<DeviceRow, 'app_uuid' | 'uuid'>;
type DeviceEvent = { kind: 'connected' } | { kind: 'log-out' };

const topicOf = ({ app_uuid, uuid }: Device) => `ppmessage:${app_uuid}:device:${uuid}`;

/** Tells the sockets of a device, on all nodes, that it is logged out. Call it after the commit. */
export function orderLogOut(device: Device, { bus }: Pick<Context, 'bus'>): void {
  bus.publish([topicOf(device)], { kind: 'log-out' } satisfies DeviceEvent);
}

/**
 * Makes a connection the socket of a device.
 *
 * @param connection random
 * @param logOut called once, when a newer connection has become the socket, or when the device is ordered to log out
 * @returns stops watching
 */
export async function becomeSocket(
  device: Device,
  connection: string,
  logOut: () => void,
  { bus, database, log }: Pick<Context, 'bus' | 'database' | 'log'>,
): Promise<() => void> {
  // Two connections at the same time may hear of each other. The row says which of them is the newer one.
  let isRegistered = false;
  const check = async () => {
    // What arrives before the row is written is of older connections.
    if (!isRegistered) return;
    try {
      const row = await database
        .selectFrom('ppmessage_devices')
        .select('socket')
        .where('uuid', '=', device.uuid)
        .executeTakeFirst();
      if (row?.socket !== connection) logOut();
    } catch (error) {
      log.warn({ err: error }, 'the socket of a device could not be checked');
    }
  };
  const leave = bus.subscribe(
    [topicOf(device)],
    (event) => {
      if ((event as DeviceEvent).kind === 'log-out') logOut();
      else void check();
    },
    () => void check(),
  );
  try {
    await database
      .updateTable('ppmessage_devices')
      .set({ socket: connection })
      .where('uuid', '=', device.uuid)
      .execute();
  } catch (error) {
    leave();
    throw error;
  }
  isRegistered = true;
  bus.publish([topicOf(device)], { kind: 'connected' } satisfies DeviceEvent);
  return leave;
}
