import type { Context } from '../../context.ts';
import type { DeviceRow, UserRow } from '../database/tables.ts';
import { isMobile, keepOnline, staysOnline } from './devices.ts';

/** Presence events: agents get those of all users of the app, customers those of all agents (P-98). */

/**
 * Keeps a device online while a connection is open, and announces its beginning and its end. An agent's phone is online
 * from its log-in to its log-out.
 *
 * @param extraData what the device says about itself
 * @returns call it at the end of the connection
 */
export async function comeOnline(
  device: DeviceRow,
  user: UserRow,
  context: Context,
  extraData: object | null = null,
): Promise<() => void> {
  const goOffline = staysOnline(device, user)
    ? () => {}
    : await keepOnline(device.uuid, user, context, () => announcePresence(user, device, 'OFFLINE', context));
  announcePresence(user, device, 'ONLINE', context, extraData);
  return goOffline;
}

type Person = Pick<UserRow, 'app_uuid' | 'uuid' | 'is_service_user'>;
type PresenceDevice = Pick<DeviceRow, 'device_ostype'>;
type State = 'ONLINE' | 'OFFLINE';

export interface PresenceEvent {
  user_uuid: string;
  browser: State | 'UNCHANGED';
  mobile: State | 'UNCHANGED';
  /** What the device said about itself when it connected. */
  extra_data: object | null;
  /** In milliseconds. */
  at: number;
}

const topicFor = (appUuid: string, listeners: 'agents' | 'customers') => `ppmessage:${appUuid}:presence:${listeners}`;

/** Tells the connections of the app that a device of a user is online or offline now. */
export function announcePresence(
  user: Person,
  device: PresenceDevice,
  state: State,
  { bus, clock }: Pick<Context, 'bus' | 'clock'>,
  extraData: object | null = null,
): void {
  const mobile = isMobile(device.device_ostype, user);
  const event: PresenceEvent = {
    user_uuid: user.uuid,
    browser: mobile ? 'UNCHANGED' : state,
    mobile: mobile ? state : 'UNCHANGED',
    extra_data: extraData,
    at: clock.now(),
  };
  const listeners = user.is_service_user === 1 ? (['agents', 'customers'] as const) : (['agents'] as const);
  bus.publish(
    listeners.map((one) => topicFor(user.app_uuid, one)),
    event,
  );
}

/**
 * Calls `listen` when another user comes or goes.
 *
 * @returns stops listening
 */
export function followPresence(
  user: Person,
  listen: (event: PresenceEvent) => void,
  { bus }: Pick<Context, 'bus'>,
): () => void {
  const topic = topicFor(user.app_uuid, user.is_service_user === 1 ? 'agents' : 'customers');
  return bus.subscribe([topic], (event) => {
    const presence = event as PresenceEvent;
    if (presence.user_uuid !== user.uuid) listen(presence);
  });
}
