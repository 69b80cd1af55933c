import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { UserRow } from '../database/tables.ts';
import { whereOnline } from './devices.ts';
import { PpmessageError } from './errors.ts';
import type { Page } from './pages.ts';
import { prepareUser } from './users.ts';

/** Customers: users who are not agents, known by an e-mail address or by their browser (P-28). */

/**
 * Finds the customer with an e-mail address, or creates one.
 *
 * @param customer.fullname by default the part of the address before the @
 * @returns the customer's uuid
 * @throws PpmessageError notCustomer for the address of an agent
 */
export async function findOrCreateCustomer(
  appUuid: string,
  customer: { email: string; fullname?: string | undefined; icon?: string | undefined },
  context: Context,
): Promise<string> {
  const { email, fullname = email.split('@')[0] as string, icon } = customer;
  const row = await prepareUser(appUuid, { email, fullname, icon, isAgent: false }, context);
  const user = await context.database
    .insertInto('ppmessage_users')
    .values(row)
    // Updates nothing, but returns the existing row. A look-up after the insert may find it removed.
    .onConflict((conflict) => conflict.columns(['app_uuid', 'user_email']).doUpdateSet({ user_email: row.user_email }))
    .returning(['uuid', 'is_service_user'])
    .executeTakeFirstOrThrow();
  if (user.is_service_user === 1) throw new PpmessageError('notCustomer');
  return user.uuid;
}

/** Finds the anonymous customer of a browser, or creates one. */
export async function findOrCreateAnonymousCustomer(
  appUuid: string,
  traceUuid: string,
  context: Context,
): Promise<UserRow> {
  const uuid = randomUUID();
  const customer = {
    uuid,
    email: `${uuid}@anonymous.invalid`,
    fullname: `访客 ${uuid.slice(0, 6)}`,
    isAgent: false,
    status: 'ANONYMOUS' as const,
  };
  const row = await prepareUser(appUuid, customer, context);
  return (
    context.database
      .insertInto('ppmessage_users')
      .values({ ...row, is_anonymous_user: 1, ppcom_trace_uuid: traceUuid })
      // As in `findOrCreateCustomer`.
      .onConflict((conflict) =>
        conflict.columns(['app_uuid', 'ppcom_trace_uuid']).doUpdateSet({ ppcom_trace_uuid: traceUuid }),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
  );
}

/** Reads the customers with an online device, who came online latest first, and those devices (P-33). */
export async function listOnlineCustomers(appUuid: string, { offset, size }: Page, { clock, database }: Context) {
  const online = database
    .selectFrom('ppmessage_devices as device')
    .innerJoin('ppmessage_users as user', (join) =>
      join.onRef('user.app_uuid', '=', 'device.app_uuid').onRef('user.uuid', '=', 'device.user_uuid'),
    )
    .where('device.app_uuid', '=', appUuid)
    .where(whereOnline('device.online_until', clock.now()))
    .where('user.is_service_user', '=', 0)
    .where(({ or, eb, ref }) =>
      or([
        eb('device.uuid', '=', ref('user.ppcom_browser_device_uuid')),
        eb('device.uuid', '=', ref('user.ppcom_mobile_device_uuid')),
      ]),
    );
  const { total } = await online
    .select(({ fn }) => fn.count<number>('user.uuid').distinct().as('total'))
    .executeTakeFirstOrThrow();
  const columns = [
    'user.uuid',
    'user.user_fullname',
    'user.user_email',
    'user.ppcom_browser_device_uuid',
    'user.ppcom_mobile_device_uuid',
  ] as const;
  const users = await online
    .select(columns)
    .groupBy(columns)
    .orderBy(({ fn }) => fn.max('device.online_since'), 'desc')
    .orderBy('user.uuid')
    .limit(size)
    .offset(offset * size)
    .execute();
  const uuids = users.map(({ uuid }) => uuid);
  const devices = uuids.length === 0 ? [] : await online.selectAll('device').where('user.uuid', 'in', uuids).execute();
  const find = (uuid: string | null) => devices.find((device) => device.uuid === uuid);
  const list = users.map((user) => ({
    user,
    browser: find(user.ppcom_browser_device_uuid),
    mobile: find(user.ppcom_mobile_device_uuid),
  }));
  return { list, total };
}
