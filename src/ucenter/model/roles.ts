import type { Database, Transaction } from '../../database/open.ts';
import type { Schemas } from '../wire/operation.ts';

/** A user's roles in an app, by id. */
export const rolesOf = (
  database: Database | Transaction,
  clientId: string,
  userId: number,
): Promise<Schemas['Role'][]> =>
  database
    .selectFrom('ucenter_user_roles as given')
    .innerJoin('ucenter_roles as role', 'role.id', 'given.role_id')
    .where('given.user_id', '=', userId)
    .where('role.client_id', '=', clientId)
    .select(['role.id', 'role.name', 'role.title'])
    .orderBy('role.id')
    .execute();

/** A user's permissions in an app: those of all roles together, each once, by id. */
export const permissionsOf = (
  database: Database | Transaction,
  clientId: string,
  userId: number,
): Promise<Schemas['Permission'][]> =>
  database
    .selectFrom('ucenter_user_roles as given')
    .innerJoin('ucenter_roles as role', 'role.id', 'given.role_id')
    .innerJoin('ucenter_role_permissions as held', 'held.role_id', 'role.id')
    .innerJoin('ucenter_permissions as permission', 'permission.id', 'held.permission_id')
    .where('given.user_id', '=', userId)
    .where('role.client_id', '=', clientId)
    .select(['permission.id', 'permission.name', 'permission.title'])
    .distinct()
    .orderBy('permission.id')
    .execute();

/** Roles with the permissions of each, by id. */
export async function withPermissions(
  database: Database | Transaction,
  roles: readonly Schemas['Role'][],
): Promise<Schemas['RoleWithPermissions'][]> {
  if (roles.length === 0) return [];
  const held = await database
    .selectFrom('ucenter_role_permissions as held')
    .innerJoin('ucenter_permissions as permission', 'permission.id', 'held.permission_id')
    .where(
      'held.role_id',
      'in',
      roles.map(({ id }) => id),
    )
    .select(['held.role_id', 'permission.id', 'permission.name', 'permission.title'])
    .orderBy('permission.id')
    .execute();
  return roles.map(({ id, name, title }) => ({
    id,
    name,
    title,
    permissions: held
      .filter(({ role_id }) => role_id === id)
      .map((permission) => ({ id: permission.id, name: permission.name, title: permission.title })),
  }));
}
