import { readAsAdmin, requireAdmin, requireUserId } from '../model/access.ts';
import { listRolesWithPermissions, listUserRolesWithPermissions, roleWithPermissions } from '../model/permissions.ts';
import * as roles from '../model/roles.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';

export const listUserRoles: Operation<'listUserRoles'> = async ({ actor }, { database }) => {
  const userId = requireUserId(actor);
  const held = await roles.listUserRoles(database, actor.clientId, userId);
  return toSuccess('获取角色成功', { user_id: userId, roles: held });
};

export const listUserRolePermissions: Operation<'listUserRolePermissions'> = async ({ actor }, { database }) => {
  const userId = requireUserId(actor);
  const held = await listUserRolesWithPermissions(database, actor.clientId, userId);
  return toSuccess('获取权限成功', { user_id: userId, roles: held });
};

export const listRoles: Operation<'listRoles'> = async ({ actor }, context) => {
  const all = await readAsAdmin(actor, context, (database) => listRolesWithPermissions(database, actor.clientId));
  return toSuccess('获取角色成功', { roles: all });
};

export const createRole: Operation<'createRole'> = async ({ body: { name, title }, actor }, context) => {
  await requireAdmin(actor, context);
  const role = await roles.createRole(context.database, actor.clientId, { name, title });
  return toSuccess('创建成功', { ...role, permissions: [] });
};

export const updateRole: Operation<'updateRole'> = async ({ params, body, actor }, context) => {
  await requireAdmin(actor, context);
  const role = await roles.updateRole(context.database, actor.clientId, params.role_id, body);
  return toSuccess('修改成功', await roleWithPermissions(context.database, role));
};

export const deleteRole: Operation<'deleteRole'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  await roles.deleteRole(context.database, actor.clientId, params.role_id);
  return toSuccess('删除成功', {});
};

export const giveUserRole: Operation<'giveUserRole'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  const held = await roles.giveUserRole(context.database, actor.clientId, params);
  return toSuccess('授予成功', { user_id: params.user_id, roles: held });
};

export const takeUserRole: Operation<'takeUserRole'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  const held = await roles.takeUserRole(context.database, actor.clientId, params);
  return toSuccess('收回成功', { user_id: params.user_id, roles: held });
};
