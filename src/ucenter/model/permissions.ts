import type { Selectable } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { together, type ValuesOrQuery } from '../../database/together.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { UcenterPermissionsTable } from '../database/tables.ts';
import { throwTaken, UcenterError } from './errors.ts';
import { listRoles, listUserRoles, type Role, requireRole, roleIdsOf, throwGone } from './roles.ts';

export type PermissionRow = Selectable<UcenterPermissionsTable>;
export type Permission = Pick<PermissionRow, 'id' | 'name' | 'title'>;
export type RoleWithPermissions = Role & { permissions: Permission[] };

/** A query for the permissions and groups of an application, in no order. */
const permissionsOf = (database: Database | Transaction, clientId: string) =>
  database.selectFrom('ucenter_permissions').selectAll().where('client_id', '=', clientId);

/** The permissions and groups of an application, by id. */
export const listPermissions = (database: Database, clientId: string): Promise<PermissionRow[]> =>
  permissionsOf(database, clientId).orderBy('id').execute();

/** A user's permissions in an application: those of all roles together, each once, by id. */
export const listUserPermissions = (database: Database, clientId: string, userId: number): Promise<Permission[]> =>
  database
    .selectFrom('ucenter_user_roles as user_role')
    .innerJoin('ucenter_roles as role', 'role.id', 'user_role.role_id')
    .innerJoin('ucenter_role_permissions as role_permission', 'role_permission.role_id', 'role.id')
    .innerJoin('ucenter_permissions as permission', 'permission.id', 'role_permission.permission_id')
    .where('user_role.user_id', '=', userId)
    .where('role.client_id', '=', clientId)
    .select(['permission.id', 'permission.name', 'permission.title'])
    .distinct()
    .orderBy('permission.id')
    .execute();

/** The roles of an application with their permissions, both by id. */
export async function listRolesWithPermissions(database: Database, clientId: string): Promise<RoleWithPermissions[]> {
  const [roles, permissions] = await together(database, (view) => [
    listRoles(view, clientId),
    listPermissionsOfRoles(view, roleIdsOf(view, clientId)),
  ]);
  return roles.map((role) => withPermissions(role, permissions));
}

/** The same for the roles of a user. */
export async function listUserRolesWithPermissions(
  database: Database,
  clientId: string,
  userId: number,
): Promise<RoleWithPermissions[]> {
  const [roles, permissions] = await together(database, (view) => [
    listUserRoles(view, clientId, userId),
    listPermissionsOfRoles(view, view.selectFrom('ucenter_user_roles').select('role_id').where('user_id', '=', userId)),
  ]);
  return roles.map((role) => withPermissions(role, permissions));
}

/** One role with its permissions. */
export const roleWithPermissions = async (database: Database | Transaction, role: Role): Promise<RoleWithPermissions> =>
  withPermissions(role, await listPermissionsOfRoles(database, [role.id]));

type PermissionOfRole = Permission & { role_id: number };

const listPermissionsOfRoles = (
  database: Database | Transaction,
  roleIds: ValuesOrQuery<number>,
): Promise<PermissionOfRole[]> =>
  database
    .selectFrom('ucenter_role_permissions as role_permission')
    .innerJoin('ucenter_permissions as permission', 'permission.id', 'role_permission.permission_id')
    .where('role_permission.role_id', 'in', roleIds)
    .select(['role_permission.role_id', 'permission.id', 'permission.name', 'permission.title'])
    .orderBy('permission.id')
    .execute();

const withPermissions = (role: Role, permissions: readonly PermissionOfRole[]): RoleWithPermissions => ({
  ...role,
  permissions: permissions
    .filter(({ role_id }) => role_id === role.id)
    .map(({ id, name, title }) => ({ id, name, title })),
});

/**
 * Creates a permission in a group, or a group.
 *
 * @param permission.group_id 0 for a group
 * @throws UcenterError noGroup, taken
 */
export const createPermission = (
  database: Database,
  clientId: string,
  { name, title, group_id = 0 }: { name: string; title: string; group_id?: number | undefined },
): Promise<PermissionRow> =>
  changePermissions(database, clientId, async (trx) => {
    if (group_id !== 0) await requireGroup(trx, clientId, group_id);
    return trx
      .insertInto('ucenter_permissions')
      .values({ client_id: clientId, name, title, group_id: group_id || null })
      .returningAll()
      .executeTakeFirstOrThrow();
  });

/**
 * Changes what is given and leaves the rest alone.
 *
 * @throws HttpError not_found
 * @throws UcenterError unchanged, noGroup, groupHasMembers, taken
 */
export const updatePermission = (
  database: Database,
  clientId: string,
  id: number,
  changes: { name?: string | undefined; title?: string | undefined; group_id?: number | undefined },
): Promise<PermissionRow> =>
  changePermissions(database, clientId, async (trx) => {
    const before = await requirePermission(trx, clientId, id);
    const { name = before.name, title = before.title, group_id = before.group_id ?? 0 } = changes;
    const isMoved = group_id !== (before.group_id ?? 0);
    if (name === before.name && title === before.title && !isMoved) throw new UcenterError('unchanged');
    if (isMoved && group_id !== 0) {
      await requireGroup(trx, clientId, group_id);
      const member = await permissionsOf(trx, clientId).where('group_id', '=', id).executeTakeFirst();
      if (member !== undefined || group_id === id) throw new UcenterError('groupHasMembers', { field: 'group_id' });
    }
    return trx
      .updateTable('ucenter_permissions')
      .set({ name, title, group_id: group_id || null })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(noPermission);
  });

/**
 * Deletes a permission, or a group with its permissions.
 *
 * @throws HttpError not_found
 */
export const deletePermission = (database: Database, clientId: string, id: number): Promise<void> =>
  changePermissions(database, clientId, async (trx) => {
    await requirePermission(trx, clientId, id);
    await trx.deleteFrom('ucenter_permissions').where('id', '=', id).execute();
  });

/** A role and a permission of the same application. */
interface RolePermission {
  role_id: number;
  permission_id: number;
}

/**
 * Gives a role a permission.
 *
 * @throws HttpError not_found when one of the two is unknown
 */
export const giveRolePermission = (
  database: Database,
  clientId: string,
  { role_id, permission_id }: RolePermission,
): Promise<RoleWithPermissions> =>
  changePermissions(database, clientId, async (trx) => {
    const role = await requireRole(trx, clientId, role_id);
    await requirePermission(trx, clientId, permission_id);
    await trx
      .insertInto('ucenter_role_permissions')
      .values({ role_id, permission_id })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return roleWithPermissions(trx, role);
  }).catch(throwGone);

/** Takes a permission from a role. Throws as `giveRolePermission` does. */
export const takeRolePermission = (
  database: Database,
  clientId: string,
  { role_id, permission_id }: RolePermission,
): Promise<RoleWithPermissions> =>
  changePermissions(database, clientId, async (trx) => {
    const role = await requireRole(trx, clientId, role_id);
    await requirePermission(trx, clientId, permission_id);
    await trx
      .deleteFrom('ucenter_role_permissions')
      .where('role_id', '=', role_id)
      .where('permission_id', '=', permission_id)
      .execute();
    return roleWithPermissions(trx, role);
  });

/**
 * Changes an application's permissions in a transaction. The transactions of one application run one after the other:
 * a group must not be deleted or moved while a permission is put into it.
 */
const changePermissions = <Result>(
  database: Database,
  clientId: string,
  work: (trx: Transaction) => Promise<Result>,
): Promise<Result> =>
  transact(database, async (trx) => {
    await lockInTransaction(trx, `ucenter_permissions:${clientId}`);
    return work(trx);
  }).catch(throwTaken('name'));

/** @throws HttpError not_found for an unknown permission, and for another application's */
const requirePermission = (trx: Transaction, clientId: string, id: number): Promise<PermissionRow> =>
  permissionsOf(trx, clientId).where('id', '=', id).executeTakeFirstOrThrow(noPermission);

const noPermission = () => new HttpError('not_found', 'There is no such permission');

/**
 * Checks that an id is that of a group. Groups are not in groups: there are only two levels (U-33).
 *
 * @throws UcenterError noGroup
 */
async function requireGroup(trx: Transaction, clientId: string, id: number): Promise<void> {
  const group = await permissionsOf(trx, clientId)
    .where('id', '=', id)
    .where('group_id', 'is', null)
    .executeTakeFirst();
  if (group === undefined) throw new UcenterError('noGroup', { field: 'group_id' });
}
