import { togetherIn } from '../../database/together.ts';
import { requireCustomer } from '../model/customers.ts';
import { requireAppDevice, requireDevice } from '../model/devices.ts';
import { PpmessageError } from '../model/errors.ts';
import { isTooLong, pageNavigations, recordNavigation } from '../model/navigations.ts';
import { requireSubject } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toPage, toPageInfo } from '../wire/paging.ts';
import { toNavigation } from '../wire/views.ts';

export const trackEvent: ApiOperation<'trackEvent'> = async ({ body, actor }, context) => {
  const customer = await requireCustomer(body.user_uuid, actor, context);
  const device = await requireDevice(body.device_uuid, customer, context);
  const { event_name, event_data = null } = body;
  const { href, location } = (event_data ?? {}) as { href?: unknown; location?: unknown };
  const report = { event_name, event_data, href, location };
  if (isTooLong(report)) throw new PpmessageError('wrongType', 'The event_data is too long');
  await recordNavigation(device, report, context);
};

export const pageUserNavigations: ApiOperation<'pageUserNavigations'> = async ({ body, actor }, context) => {
  const page = toPage(body, actor);
  const [, { list, total }] = await togetherIn(context, (view) => [
    requireSubject(body.user_uuid, actor, view),
    pageNavigations({ user_uuid: body.user_uuid }, page, actor, view),
  ]);
  return { list: list.map(toNavigation), ...toPageInfo(list, total, page) };
};

export const pageDeviceNavigations: ApiOperation<'pageDeviceNavigations'> = async ({ body, actor }, context) => {
  const page = toPage(body, actor);
  const [, { list, total }] = await togetherIn(context, (view) => [
    requireAppDevice(body.device_uuid, actor, view),
    pageNavigations({ device_uuid: body.device_uuid }, page, actor, view),
  ]);
  return { list: list.map(toNavigation), ...toPageInfo(list, total, page) };
};

/** No address of a visitor is given to a foreign service (P-83). */
export const getIpInfo: ApiOperation<'getIpInfo'> = async () => ({ country_code: null });
