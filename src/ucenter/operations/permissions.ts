import { readAsAdmin, requireAdmin, requireUserId } from '../model/access.ts';
import * as permissions from '../model/permissions.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';
import { toGroupedPermission } from '../wire/views.ts';

export const listUserPermissions: Operation<'listUserPermissions'> = async ({ actor }, { database }) => {
  const userId = requireUserId(actor);
  const held = await permissions.listUserPermissions(database, actor.clientId, userId);
  return toSuccess('获取权限成功', { user_id: userId, permissions: held });
};

export const listPermissions: Operation<'listPermissions'> = async ({ actor }, context) => {
  const rows = await readAsAdmin(actor, context, (database) => permissions.listPermissions(database, actor.clientId));
  return toSuccess('获取权限成功', { permissions: rows.map(toGroupedPermission) });
};

export const createPermission: Operation<'createPermission'> = async ({ body, actor }, context) => {
  await requireAdmin(actor, context);
  const permission = await permissions.createPermission(context.database, actor.clientId, body);
  return toSuccess('创建成功', toGroupedPermission(permission));
};

export const updatePermission: Operation<'updatePermission'> = async ({ params, body, actor }, context) => {
  await requireAdmin(actor, context);
  const { permission_id } = params;
  const permission = await permissions.updatePermission(context.database, actor.clientId, permission_id, body);
  return toSuccess('修改成功', toGroupedPermission(permission));
};

export const deletePermission: Operation<'deletePermission'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  await permissions.deletePermission(context.database, actor.clientId, params.permission_id);
  return toSuccess('删除成功', {});
};

export const giveRolePermission: Operation<'giveRolePermission'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  return toSuccess('授予成功', await permissions.giveRolePermission(context.database, actor.clientId, params));
};

export const takeRolePermission: Operation<'takeRolePermission'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  return toSuccess('收回成功', await permissions.takeRolePermission(context.database, actor.clientId, params));
};
