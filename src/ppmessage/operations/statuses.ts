import type { Context } from '../../context.ts';
import type { UserRow } from '../database/tables.ts';
import { assignWaitingCustomers } from '../model/assignment.ts';
import type { Caller } from '../model/callers.ts';
import { listOnlineCustomers, requireCustomer } from '../model/customers.ts';
import { isCurrentDevice, requireDevice, setDeviceOnline } from '../model/devices.ts';
import { PpmessageError } from '../model/errors.ts';
import { requireUser } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toPage, toPageInfo } from '../wire/paging.ts';
import { toPortalUser } from '../wire/views.ts';

export const setServiceUserStatus: ApiOperation<'setServiceUserStatus'> = ({ body, actor }, context) =>
  setStatus(body, body.user_status, actor, context);

export const setReady: ApiOperation<'setReady'> = ({ body, actor }, context) =>
  setStatus(body, 'READY', actor, context);

export const setBusy: ApiOperation<'setBusy'> = ({ body, actor }, context) => setStatus(body, 'BUSY', actor, context);

export const setRest: ApiOperation<'setRest'> = ({ body, actor }, context) => setStatus(body, 'REST', actor, context);

/** An agent sets only their own status (P-49). A ready agent gets the customers who wait. */
async function setStatus(
  { user_uuid: uuid }: { user_uuid: string },
  status: UserRow['service_user_status'],
  actor: Caller,
  context: Context,
): Promise<undefined> {
  const user = await requireUser(uuid, actor, context);
  if (user.uuid !== actor.userUuid) throw new PpmessageError('notPermitted');
  await context.database
    .updateTable('ppmessage_users')
    .set({ service_user_status: status, updated_at: context.clock.now() })
    .where('app_uuid', '=', actor.appUuid)
    .where('uuid', '=', user.uuid)
    .execute();
  if (status !== 'BUSY' && status !== 'REST') await assignWaitingCustomers(actor.appUuid, context);
}

export const goOnline: ApiOperation<'goOnline'> = ({ body, actor }, context) => setOnline(body, true, actor, context);

export const goOffline: ApiOperation<'goOffline'> = ({ body, actor }, context) =>
  setOnline(body, false, actor, context);

/** Brings one of a customer's two current devices online or offline. */
async function setOnline(
  { user_uuid, device_uuid }: { user_uuid: string; device_uuid: string },
  isOnline: boolean,
  actor: Caller,
  context: Context,
): Promise<undefined> {
  const customer = await requireCustomer(user_uuid, actor, context);
  const device = await requireDevice(device_uuid, customer, context);
  if (!isCurrentDevice(device, customer)) throw new PpmessageError('noSuchDevice');
  await setDeviceOnline(device, isOnline, context);
}

export const pageOnlinePortalUsers: ApiOperation<'pageOnlinePortalUsers'> = async ({ body, actor }, context) => {
  const page = toPage(body, actor);
  const { list, total } = await listOnlineCustomers(actor.appUuid, page, context);
  const now = context.clock.now();
  return {
    list: list.map(({ user, ...devices }) => toPortalUser(user, devices, now)),
    ...toPageInfo(list, total, page),
  };
};
