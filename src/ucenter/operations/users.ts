import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { readAsAdmin, requireScope, requireUserId } from '../model/access.ts';
import { UcenterError } from '../model/errors.ts';
import { changePassword, resetPassword } from '../model/passwords.ts';
import { registerUser } from '../model/registrations.ts';
import { listUserRoles } from '../model/roles.ts';
import * as users from '../model/users.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';
import { toTimestamp, toUser } from '../wire/views.ts';

/** Returns the caller's own profile, or to administrators that of another user of the application (U-21). */
export const getUser: Operation<'getUser'> = async ({ query, actor }, context) => {
  const self = requireUserId(actor);
  const id = query.user_id ?? self;
  const { database } = context;
  const found = id === self ? await users.findUserWithDetails(database, id) : await findOther(id, actor, context);
  if (found === undefined) throw new HttpError('not_found', 'There is no such user');
  return toSuccess('获取用户信息成功', toUser(found));
};

/** A user with a role in the application. Ids are consecutive: an administrator must not learn which others exist (U-21). */
function findOther(id: number, actor: TokenActor, context: Context) {
  requireScope(actor, 'app_admin');
  return readAsAdmin(actor, context, async (database) => {
    const [roles, found] = await Promise.all([
      listUserRoles(database, actor.clientId, id),
      users.findUserWithDetails(database, id),
    ]);
    return roles.length > 0 ? found : undefined;
  });
}

export const createUser: Operation<'createUser'> = async ({ body, actor, request }, context) => {
  const { phone, password, code } = body;
  const by = actor ?? { network: request.network };
  const { id, createdAt } = await registerUser({ phone, password, code, by }, context);
  return toSuccess('注册成功', { user_id: id, username: phone, phone, created_at: toTimestamp(createdAt) });
};

export const updateUser: Operation<'updateUser'> = async ({ body, actor, request }, context) => {
  const { username, email, phone, ...details } = body;
  const { baseUrl } = request;
  const updated = await users.updateUser(actor, { username, email, phone }, details, { baseUrl, context });
  return toSuccess('修改成功', toUser(updated));
};

/** Changes the password by the old one, or resets it by an SMS code. A request cannot have both (U-29). */
export const updatePassword: Operation<'updatePassword'> = async ({ body, actor, request }, context) => {
  const { password, old_password: oldPassword, phone, code } = body;
  if (oldPassword !== undefined) {
    if (phone !== undefined || code !== undefined) throw new UcenterError('twoProofs', { field: 'old_password' });
    await changePassword(actor, { oldPassword, password, network: request.network }, context);
  } else {
    if (phone === undefined)
      throw new UcenterError('missing', { field: code === undefined ? 'old_password' : 'phone' });
    if (code === undefined) throw new UcenterError('missing', { field: 'code' });
    await resetPassword(actor, { phone, code, password }, context);
  }
  return toSuccess('修改成功', {});
};
