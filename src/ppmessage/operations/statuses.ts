import { listOnlineCustomers } from '../model/customers.ts';
import { PpmessageError } from '../model/errors.ts';
import { requireUser } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toPage, toPageInfo } from '../wire/paging.ts';
import { toPortalUser } from '../wire/views.ts';

/** An agent sets only their own status (P-49). */
export const setServiceUserStatus: ApiOperation<'setServiceUserStatus'> = async ({ body, actor }, context) => {
  const user = await requireUser(body.user_uuid, actor, context);
  if (user.uuid !== actor.userUuid) throw new PpmessageError('notPermitted');
  await context.database
    .updateTable('ppmessage_users')
    .set({ service_user_status: body.user_status, updated_at: context.clock.now() })
    .where('app_uuid', '=', actor.appUuid)
    .where('uuid', '=', user.uuid)
    .execute();
};

export const pageOnlinePortalUsers: ApiOperation<'pageOnlinePortalUsers'> = async ({ body, actor }, context) => {
  const page = toPage(body, actor);
  const { list, total } = await listOnlineCustomers(actor.appUuid, page, context);
  const now = context.clock.now();
  return {
    list: list.map(({ user, ...devices }) => toPortalUser(user, devices, now)),
    ...toPageInfo(list, total, page),
  };
};
