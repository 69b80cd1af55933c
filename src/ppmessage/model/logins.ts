import { randomUUID } from 'node:crypto';
import type { Updateable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { afterCommit, transact } from '../../database/transact.ts';
import type { DeviceRow, PpmessageDevicesTable, UserRow } from '../database/tables.ts';
import { assignWaitingCustomers } from './assignment.ts';
import { orderLogOut } from './device-sockets.ts';
import { forgetDevice, isMobile, toOnline } from './devices.ts';
import { PpmessageError } from './errors.ts';
import { nextPosition } from './positions.ts';
import { announcePresence } from './presence.ts';
import { endToken } from './sign-ins.ts';
import { requirePresent } from './users.ts';

/** Agents log in and out on devices. An agent has one phone and one computer (P-76). */

type Agent = Pick<UserRow, 'app_uuid' | 'uuid'>;

const osTypes = ['AND', 'IOS', 'WIP', 'ANB', 'IOB', 'MAB', 'LIB', 'WIB', 'MAC', 'LIN', 'WIN', 'W32', 'W64'] as const;

/**
 * The system that a client names, of which the first three letters count.
 *
 * @throws PpmessageError invalidValue
 */
export function toOsType(name: string): DeviceRow['device_ostype'] {
  const short = name.slice(0, 3).toUpperCase();
  // The agent app's name for the browser of a Windows phone.
  const type = short === 'WPB' ? 'WIB' : osTypes.find((known) => known === short);
  if (type === undefined) throw new PpmessageError('invalidValue', `ostype is not one of ${osTypes.join(', ')}`);
  return type;
}

/** A log-in on a device. */
export interface DeviceLogin {
  terminal: string;
  type: DeviceRow['device_ostype'];
  status: UserRow['service_user_status'];
  /** The token that asks; null when a password does. */
  tokenId: string | null;
  columns: Updateable<PpmessageDevicesTable>;
}

/**
 * Logs an agent in on a device, which becomes the agent's phone or computer. The device that it replaces goes offline, is
 * ordered to log out, and loses the token of its log-in.
 *
 * @returns the agent and the device
 * @throws PpmessageError noSuchUser or noSuchApp when it was removed a moment ago
 */
export async function logInOnDevice(
  agent: UserRow,
  login: DeviceLogin,
  context: Context,
): Promise<{ user: UserRow; device: DeviceRow }> {
  const { clock, database } = context;
  const loggedIn = await transact(database, async (trx) => {
    await nextPosition(trx, agent.app_uuid);
    await requirePresent(trx, agent.app_uuid, [agent]);
    const now = clock.now();
    const before = await trx
      .selectFrom('ppmessage_devices')
      .selectAll()
      .where('app_uuid', '=', agent.app_uuid)
      .where('terminal_uuid', '=', login.terminal)
      .executeTakeFirst();
    if (before !== undefined && before.user_uuid !== agent.uuid) {
      await replaceDevice(trx, agent, before, login.tokenId, context);
      await forgetDevice(trx, before);
    }
    const device = await storeDevice(trx, agent, before, login, now);
    const column = isMobile(login.type, agent) ? 'mobile_device_uuid' : 'browser_device_uuid';
    const { [column]: former } = await trx
      .selectFrom('ppmessage_users')
      .select(['mobile_device_uuid', 'browser_device_uuid'])
      .where('app_uuid', '=', agent.app_uuid)
      .where('uuid', '=', agent.uuid)
      .executeTakeFirstOrThrow(noUser);
    if (former !== null && former !== device.uuid) {
      const replaced = await trx
        .selectFrom('ppmessage_devices')
        .selectAll()
        .where('uuid', '=', former)
        .executeTakeFirst();
      if (replaced !== undefined) await replaceDevice(trx, agent, replaced, login.tokenId, context);
    }
    const user = await trx
      .updateTable('ppmessage_users')
      .set({ [column]: device.uuid, service_user_status: login.status, updated_at: now })
      .where('app_uuid', '=', agent.app_uuid)
      .where('uuid', '=', agent.uuid)
      .returningAll()
      .executeTakeFirstOrThrow(noUser);
    return { user, device };
  });
  if (isMobile(login.type, agent)) announcePresence(agent, loggedIn.device, 'ONLINE', context);
  await assignWaitingCustomers(agent.app_uuid, context);
  return loggedIn;
}

const noUser = () => new PpmessageError('noSuchUser');

async function storeDevice(
  trx: Transaction,
  agent: Agent & Pick<UserRow, 'is_service_user'>,
  before: DeviceRow | undefined,
  { terminal, type, tokenId, columns }: DeviceLogin,
  now: number,
): Promise<DeviceRow> {
  const values = {
    ...columns,
    user_uuid: agent.uuid,
    device_ostype: type,
    is_ppcom_device: 0 as const,
    login_token_id: tokenId,
    updated_at: now,
    // A computer is online while it is connected.
    ...(isMobile(type, agent) && toOnline(before ?? { online_until: 0, online_since: null }, true, now)),
  };
  if (before !== undefined)
    return trx
      .updateTable('ppmessage_devices')
      .set(values)
      .where('uuid', '=', before.uuid)
      .returningAll()
      .executeTakeFirstOrThrow(noUser);
  return trx
    .insertInto('ppmessage_devices')
    .values({ ...values, uuid: randomUUID(), app_uuid: agent.app_uuid, terminal_uuid: terminal, created_at: now })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Brings a device offline, ends the token of its log-in except `keepTokenId`, and orders its connections to log out. */
async function replaceDevice(
  trx: Transaction,
  agent: UserRow,
  device: DeviceRow,
  keepTokenId: string | null,
  context: Context,
): Promise<void> {
  await trx
    .updateTable('ppmessage_devices')
    .set({ ...toOnline(device, false, context.clock.now()), login_token_id: null })
    .where('uuid', '=', device.uuid)
    .execute();
  const { login_token_id: tokenId } = device;
  if (tokenId !== null && tokenId !== keepTokenId) await endToken(trx, tokenId);
  afterCommit(trx, () => {
    orderLogOut(device, context);
    const former = { ...agent, uuid: device.user_uuid, is_service_user: device.is_ppcom_device === 1 ? 0 : 1 } as const;
    announcePresence(former, device, 'OFFLINE', context);
  });
}

/**
 * Logs an agent out on a device: it goes offline, its connections and the token of its log-in end, and the agent has no
 * working status.
 *
 * @param tokenId another token that ends with it
 */
export async function logOutOnDevice(
  agent: UserRow,
  device: DeviceRow,
  tokenId: string | undefined,
  context: Context,
): Promise<void> {
  const { clock, database } = context;
  const now = clock.now();
  await transact(database, async (trx) => {
    await trx
      .updateTable('ppmessage_devices')
      .set({ ...toOnline(device, false, now), login_token_id: null, updated_at: now })
      .where('uuid', '=', device.uuid)
      .execute();
    await trx
      .updateTable('ppmessage_users')
      .set({ service_user_status: 'NULL', updated_at: now })
      .where('app_uuid', '=', agent.app_uuid)
      .where('uuid', '=', agent.uuid)
      .execute();
    for (const id of new Set([tokenId, device.login_token_id])) if (id) await endToken(trx, id);
  });
  orderLogOut(device, context);
  announcePresence(agent, device, 'OFFLINE', context);
}
