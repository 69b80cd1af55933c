import type { Selectable } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { UcenterPermissionsTable } from '../database/tables.ts';
import { requireAdmin, requireUser } from '../model/access.ts';
import { permissionsOf } from '../model/roles.ts';
import { Failure } from '../wire/errors.ts';
import { accept, type Operation, type Schemas } from '../wire/operation.ts';
import { goneMeanwhile, nameTaken, requireRole, roleWithPermissions } from './roles.ts';

export const listUserPermissions: Operation<'listUserPermissions'> = async ({ actor }, { database }) => {
  const userId = requireUser(actor);
  const permissions = await permissionsOf(database, actor.clientId, userId);
  return accept('获取权限成功', { user_id: userId, permissions });
};

export const listPermissions: Operation<'listPermissions'> = async ({ actor }, context) => {
  await requireAdmin(actor, context);
  const permissions = await permissionsIn(context.database, actor.clientId).orderBy('id').execute();
  return accept('获取权限成功', { permissions: permissions.map(toPermission) });
};

export const createPermission: Operation<'createPermission'> = async ({ body, actor }, context) => {
  await requireAdmin(actor, context);
  const { name, title, group_id = 0 } = body;
  const permission = await alone(context.database, actor.clientId, async (trx) => {
    if (group_id !== 0) await requireGroup(trx, actor.clientId, group_id);
    return trx
      .insertInto('ucenter_permissions')
      .values({ client_id: actor.clientId, name, title, group_id: group_id || null })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return accept('创建成功', toPermission(permission));
};

export const updatePermission: Operation<'updatePermission'> = async ({ params, body, actor }, context) => {
  await requireAdmin(actor, context);
  const permission = await alone(context.database, actor.clientId, async (trx) => {
    const before = await requirePermission(trx, actor.clientId, params.permission_id);
    const { name = before.name, title = before.title, group_id = before.group_id ?? 0 } = body;
    const regrouped = group_id !== (before.group_id ?? 0);
    if (name === before.name && title === before.title && !regrouped) throw new Failure('未做修改');
    if (regrouped && group_id !== 0) {
      await requireGroup(trx, actor.clientId, group_id);
      const member = await permissionsIn(trx, actor.clientId).where('group_id', '=', before.id).executeTakeFirst();
      if (member !== undefined || group_id === before.id) throw new Failure('分组里还有权限', 'group_id');
    }
    return trx
      .updateTable('ucenter_permissions')
      .set({ name, title, group_id: group_id || null })
      .where('id', '=', before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return accept('修改成功', toPermission(permission));
};

/** A group takes its members along. */
export const deletePermission: Operation<'deletePermission'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  await alone(context.database, actor.clientId, async (trx) => {
    const { id } = await requirePermission(trx, actor.clientId, params.permission_id);
    await trx.deleteFrom('ucenter_permissions').where('id', '=', id).execute();
  });
  return accept('删除成功', {});
};

export const giveRolePermission: Operation<'giveRolePermission'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  const role = await alone(context.database, actor.clientId, async (trx) => {
    const [role, permission] = await requireRoleAndPermission(trx, actor.clientId, params);
    await trx
      .insertInto('ucenter_role_permissions')
      .values({ role_id: role.id, permission_id: permission.id })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return roleWithPermissions(trx, role);
  }).catch(goneMeanwhile);
  return accept('授予成功', role);
};

export const takeRolePermission: Operation<'takeRolePermission'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  const role = await alone(context.database, actor.clientId, async (trx) => {
    const [role, permission] = await requireRoleAndPermission(trx, actor.clientId, params);
    await trx
      .deleteFrom('ucenter_role_permissions')
      .where('role_id', '=', role.id)
      .where('permission_id', '=', permission.id)
      .execute();
    return roleWithPermissions(trx, role);
  });
  return accept('收回成功', role);
};

/** Changes an app's permissions one after the other: a group must not go, nor be moved, while a member is put into it. */
const alone = <Result>(database: Database, clientId: string, work: (trx: Transaction) => Promise<Result>) =>
  transact(database, async (trx) => {
    await lockInTransaction(trx, `ucenter_permissions:${clientId}`);
    return work(trx);
  }).catch(nameTaken);

const permissionsIn = (database: Database | Transaction, clientId: string) =>
  database.selectFrom('ucenter_permissions').selectAll().where('client_id', '=', clientId);

/** A permission of the app. Throws 404 for an unknown one just as for another app's. */
async function requirePermission(trx: Transaction, clientId: string, id: number) {
  const permission = await permissionsIn(trx, clientId).where('id', '=', id).executeTakeFirst();
  if (permission === undefined) throw new HttpError('not_found', 'There is no such permission');
  return permission;
}

async function requireRoleAndPermission(
  trx: Transaction,
  clientId: string,
  params: { role_id: number; permission_id: number },
) {
  const role = await requireRole(trx, clientId, params.role_id);
  return [role, await requirePermission(trx, clientId, params.permission_id)] as const;
}

/** There are two levels, so what holds a permission is no member of anything itself. */
async function requireGroup(trx: Transaction, clientId: string, id: number): Promise<void> {
  const group = await permissionsIn(trx, clientId)
    .where('id', '=', id)
    .where('group_id', 'is', null)
    .executeTakeFirst();
  if (group === undefined) throw new Failure('分组不存在', 'group_id');
}

const toPermission = ({
  id,
  name,
  title,
  group_id,
}: Selectable<UcenterPermissionsTable>): Schemas['GroupedPermission'] => ({
  id,
  name,
  title,
  group_id: group_id ?? 0,
});
