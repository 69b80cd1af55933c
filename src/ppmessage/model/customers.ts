import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import type { UserRow } from '../database/tables.ts';
import type { Caller } from './callers.ts';
import { whereOnline } from './devices.ts';
import { PpmessageError } from './errors.ts';
import type { Page } from './pages.ts';
import { prepareUser, requireUser } from './users.ts';

/** Customers: users who are not agents, known by an e-mail address or by their browser (P-28). */

/**
 * Finds the customer with an e-mail address, or creates one.
 *
 * @param customer.fullname by default the part of the address before the @
 * @param changes are written even where the customer exists
 * @throws PpmessageError notCustomer for the address of an agent
 */
export async function findOrCreateCustomer(
  appUuid: string,
  customer: { email: string; fullname?: string | undefined; icon?: string | undefined },
  context: Context,
  changes: CustomerChanges = {},
): Promise<UserRow> {
  const { email, fullname = email.split('@')[0] as string, icon } = customer;
  const row = await prepareUser(appUuid, { email, fullname, icon, isAgent: false }, context);
  return (
    context.database
      .insertInto('ppmessage_users')
      .values({ ...row, ...changes })
      // In one statement: a customer who is found first may be removed before the change.
      .onConflict((conflict) =>
        conflict
          .columns(['app_uuid', 'user_email'])
          .doUpdateSet({ user_email: row.user_email, ...changes })
          .where('ppmessage_users.is_service_user', '=', 0),
      )
      .returningAll()
      .executeTakeFirstOrThrow(() => new PpmessageError('notCustomer'))
  );
}

type CustomerChanges = Partial<Pick<UserRow, 'user_fullname' | 'user_icon' | 'user_mobile' | 'updated_at'>>;

/** A customer whom the shop knows. */
export interface KnownCustomer {
  /** The customer's number at the shop. */
  id: string | undefined;
  email: string | undefined;
  fullname: string | undefined;
  icon: string | undefined;
  mobile: string | undefined;
}

/**
 * Finds the customer with the shop's number, without one by the e-mail address, or creates one. Stores the name, the icon
 * and the mobile number that are given (P-79).
 *
 * @throws PpmessageError notCustomer for the address of an agent
 */
export async function findOrCreateKnownCustomer(
  appUuid: string,
  { id, email, fullname, icon, mobile }: KnownCustomer,
  context: Context,
): Promise<UserRow> {
  const changes = {
    updated_at: context.clock.now(),
    ...(fullname !== undefined && { user_fullname: fullname }),
    ...(icon !== undefined && { user_icon: icon }),
    ...(mobile !== undefined && { user_mobile: mobile }),
  };
  if (id === undefined)
    return findOrCreateCustomer(appUuid, { email: email as string, fullname, icon }, context, changes);
  const customer = { fullname: fullname ?? id, status: 'THIRDPARTY' } as const;
  return findOrCreateByTrace(appUuid, `user:${id}`, customer, context, changes);
}

/**
 * Reads the customer whom a request acts for: every token may act for customers (P-22).
 *
 * @throws PpmessageError notCustomer for an agent
 */
export async function requireCustomer(uuid: string, caller: Caller, context: Context): Promise<UserRow> {
  const user = await requireUser(uuid, caller, context);
  if (user.is_service_user === 1) throw new PpmessageError('notCustomer');
  return user;
}

/** Finds the anonymous customer of a browser, or creates one. */
export const findOrCreateAnonymousCustomer = (appUuid: string, traceUuid: string, context: Context): Promise<UserRow> =>
  findOrCreateByTrace(appUuid, traceUuid, { fullname: undefined, status: 'ANONYMOUS' }, context);

/** @param customer.fullname by default a visitor with a number */
async function findOrCreateByTrace(
  appUuid: string,
  traceUuid: string,
  { fullname, status }: { fullname: string | undefined; status: 'ANONYMOUS' | 'THIRDPARTY' },
  context: Context,
  changes: CustomerChanges = {},
): Promise<UserRow> {
  const uuid = randomUUID();
  const customer = {
    uuid,
    email: `${uuid}@anonymous.invalid`,
    fullname: fullname ?? `访客 ${uuid.slice(0, 6)}`,
    isAgent: false,
    status,
  };
  const row = await prepareUser(appUuid, customer, context);
  return (
    context.database
      .insertInto('ppmessage_users')
      .values({ ...row, is_anonymous_user: status === 'ANONYMOUS' ? 1 : 0, ppcom_trace_uuid: traceUuid, ...changes })
      // As in `findOrCreateCustomer`.
      .onConflict((conflict) =>
        conflict.columns(['app_uuid', 'ppcom_trace_uuid']).doUpdateSet({ ppcom_trace_uuid: traceUuid, ...changes }),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
  );
}

/** Reads the customers with an online device, who came online latest first, and those devices (P-33). */
export async function listOnlineCustomers(appUuid: string, { offset, size }: Page, { clock, database }: Context) {
  const now = clock.now();
  const onlineDevices = (view: Database) =>
    view
      .selectFrom('ppmessage_devices as device')
      .innerJoin('ppmessage_users as user', (join) =>
        join.onRef('user.app_uuid', '=', 'device.app_uuid').onRef('user.uuid', '=', 'device.user_uuid'),
      )
      .where('device.app_uuid', '=', appUuid)
      .where(whereOnline('device.online_until', now))
      .where('user.is_service_user', '=', 0)
      .where(({ or, eb, ref }) =>
        or([
          eb('device.uuid', '=', ref('user.ppcom_browser_device_uuid')),
          eb('device.uuid', '=', ref('user.ppcom_mobile_device_uuid')),
        ]),
      );
  const columns = [
    'user.uuid',
    'user.user_fullname',
    'user.user_email',
    'user.ppcom_browser_device_uuid',
    'user.ppcom_mobile_device_uuid',
  ] as const;
  const [{ total }, users] = await together(database, (view) => [
    onlineDevices(view)
      .select(({ fn }) => fn.count<number>('user.uuid').distinct().as('total'))
      .executeTakeFirstOrThrow(),
    onlineDevices(view)
      .select(columns)
      .groupBy(columns)
      .orderBy(({ fn }) => fn.max('device.online_since'), 'desc')
      .orderBy('user.uuid')
      .limit(size)
      .offset(offset * size)
      .execute(),
  ]);
  const uuids = users.flatMap((user) =>
    [user.ppcom_browser_device_uuid, user.ppcom_mobile_device_uuid].filter((uuid) => uuid !== null),
  );
  const devices =
    uuids.length === 0
      ? []
      : await database
          .selectFrom('ppmessage_devices as device')
          .selectAll()
          .where('device.uuid', 'in', uuids)
          .where(whereOnline('device.online_until', now))
          .execute();
  const find = (user: { uuid: string }, uuid: string | null) =>
    devices.find((device) => device.uuid === uuid && device.user_uuid === user.uuid);
  const list = users.map((user) => ({
    user,
    browser: find(user, user.ppcom_browser_device_uuid),
    mobile: find(user, user.ppcom_mobile_device_uuid),
  }));
  return { list, total };
}
