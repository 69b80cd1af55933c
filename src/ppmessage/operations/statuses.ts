import { requireUser } from '../model/callers.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toPageInfo } from '../wire/paging.ts';
import { toDevice } from '../wire/views.ts';

/** Agents say for themselves whether they are ready. */
export const setServiceUserStatus: ApiOperation<'setServiceUserStatus'> = async ({ body, actor }, context) => {
  const user = await requireUser(body.user_uuid, actor, context);
  if (user.uuid !== actor.userUuid) throw new PpmessageError(20);
  await context.database
    .updateTable('ppmessage_users')
    .set({ service_user_status: body.user_status, updated_at: Date.now() })
    .where('app_uuid', '=', actor.appUuid)
    .where('uuid', '=', user.uuid)
    .execute();
};

export const pageOnlinePortalUsers: ApiOperation<'pageOnlinePortalUsers'> = async ({ body, actor }, { database }) => {
  const page = toPageInfo(body);
  const online = database
    .selectFrom('ppmessage_devices as device')
    .innerJoin('ppmessage_users as user', (join) =>
      join.onRef('user.app_uuid', '=', 'device.app_uuid').onRef('user.uuid', '=', 'device.user_uuid'),
    )
    .where('device.app_uuid', '=', actor.appUuid)
    .where('device.online_until', '>', Date.now())
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
  const users = await online
    .select([
      'user.uuid',
      'user.user_fullname',
      'user.user_email',
      'user.ppcom_browser_device_uuid',
      'user.ppcom_mobile_device_uuid',
    ])
    .groupBy([
      'user.uuid',
      'user.user_fullname',
      'user.user_email',
      'user.ppcom_browser_device_uuid',
      'user.ppcom_mobile_device_uuid',
    ])
    .orderBy(({ fn }) => fn.max('device.online_since'), 'desc')
    .orderBy('user.uuid')
    .limit(page.page_size)
    .offset(page.page_offset * page.page_size)
    .execute();
  const uuids = users.map(({ uuid }) => uuid);
  const devices = uuids.length === 0 ? [] : await online.selectAll('device').where('user.uuid', 'in', uuids).execute();
  const list = users.map((user) => {
    const browser = devices.find(({ uuid }) => uuid === user.ppcom_browser_device_uuid);
    const mobile = devices.find(({ uuid }) => uuid === user.ppcom_mobile_device_uuid);
    return {
      ...user,
      user_email: user.user_email ?? '',
      ...(browser && { ppcom_browser_device: toDevice(browser) }),
      ...(mobile && { ppcom_mobile_device: toDevice(mobile) }),
    };
  });
  return { list, total_count: total, return_count: list.length, ...page };
};
