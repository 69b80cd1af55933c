import type { Selectable } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { isForeignKeyViolation } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { UcenterRolesTable } from '../database/tables.ts';
import { throwTaken, UcenterError } from './errors.ts';
import { isMember } from './members.ts';

/** The role of the user who created the application. It cannot be changed, given or taken (U-33). */
export const DEVELOPER = 'developer';

/** A role of this name administers the application too. */
export const ADMIN = 'admin';

/** The role that new users get in the default application. It cannot be renamed or deleted (U-23). */
export const COMMON = 'common';

export type Role = Pick<Selectable<UcenterRolesTable>, 'id' | 'name' | 'title'>;

/** A query for the roles of an application, in no order. */
const rolesOf = (database: Database | Transaction, clientId: string) =>
  database.selectFrom('ucenter_roles').select(['id', 'name', 'title']).where('client_id', '=', clientId);

/** A query for the ids of the roles of an application. */
export const roleIdsOf = (database: Database | Transaction, clientId: string) =>
  database.selectFrom('ucenter_roles').select('id').where('client_id', '=', clientId);

/** The roles of an application, by id. */
export const listRoles = (database: Database, clientId: string): Promise<Role[]> =>
  rolesOf(database, clientId).orderBy('id').execute();

/** A user's roles in an application, by id. */
export const listUserRoles = (database: Database | Transaction, clientId: string, userId: number): Promise<Role[]> =>
  findUserRoles(database, { clientId, userId });

const findUserRoles = prepare((database, { clientId, userId }: { clientId: string; userId: number }) =>
  database
    .selectFrom('ucenter_user_roles as user_role')
    .innerJoin('ucenter_roles as role', 'role.id', 'user_role.role_id')
    .where('user_role.user_id', '=', userId)
    .where('role.client_id', '=', clientId)
    .select(['role.id', 'role.name', 'role.title'])
    .orderBy('role.id'),
);

/** @throws HttpError not_found for an unknown role, and for another application's */
export async function requireRole(database: Database | Transaction, clientId: string, id: number): Promise<Role> {
  const role = await rolesOf(database, clientId).where('id', '=', id).executeTakeFirst();
  if (role === undefined) throw noRole();
  return role;
}

/** @throws UcenterError taken */
export async function createRole(
  database: Database,
  clientId: string,
  role: Pick<Role, 'name' | 'title'>,
): Promise<Role> {
  return database
    .insertInto('ucenter_roles')
    .values({ client_id: clientId, ...role })
    .returning(['id', 'name', 'title'])
    .executeTakeFirstOrThrow()
    .catch(throwTaken('name'));
}

/**
 * Changes what is given and leaves the rest alone.
 *
 * @throws HttpError not_found, forbidden
 * @throws UcenterError unchanged, taken
 */
export async function updateRole(
  database: Database,
  clientId: string,
  id: number,
  { name, title }: { name?: string | undefined; title?: string | undefined },
): Promise<Role> {
  const role = await requireChangeableRole(database, clientId, id);
  const isRenamed = name !== undefined && name !== role.name;
  if (!isRenamed && (title ?? role.title) === role.title) throw new UcenterError('unchanged');
  if (isRenamed) requireNotCommon(role);
  // An undefined column is not written, so a concurrent change of it is kept.
  const changed = await database
    .updateTable('ucenter_roles')
    .set({ name, title })
    .where('id', '=', id)
    .returning(['id', 'name', 'title'])
    .executeTakeFirst()
    .catch(throwTaken('name'));
  if (changed === undefined) throw noRole();
  return changed;
}

/** @throws HttpError not_found, forbidden */
export async function deleteRole(database: Database, clientId: string, id: number): Promise<void> {
  requireNotCommon(await requireChangeableRole(database, clientId, id));
  await database.deleteFrom('ucenter_roles').where('id', '=', id).execute();
}

/** A user and a role of the application. */
interface UserRole {
  user_id: number;
  role_id: number;
}

/**
 * Gives a user who came through the application a role of it (U-45).
 *
 * @throws HttpError as `requireUserAndRole`
 * @returns the user's roles in the application
 */
export async function giveUserRole(database: Database, clientId: string, userRole: UserRole): Promise<Role[]> {
  await requireUserAndRole(database, clientId, userRole);
  await insertUserRole(database, userRole).catch(throwGone);
  return listUserRoles(database, clientId, userRole.user_id);
}

/** Takes a role from a user. Returns and throws as `giveUserRole` does. */
export async function takeUserRole(database: Database, clientId: string, userRole: UserRole): Promise<Role[]> {
  await requireUserAndRole(database, clientId, userRole);
  await deleteUserRole(database, userRole);
  return listUserRoles(database, clientId, userRole.user_id);
}

/** Gives a role without any check. A user who has it already keeps it. */
export async function insertUserRole(database: Database | Transaction, { user_id, role_id }: UserRole): Promise<void> {
  await database
    .insertInto('ucenter_user_roles')
    .values({ user_id, role_id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Takes a role without any check. */
export async function deleteUserRole(database: Database | Transaction, { user_id, role_id }: UserRole): Promise<void> {
  await database
    .deleteFrom('ucenter_user_roles')
    .where('user_id', '=', user_id)
    .where('role_id', '=', role_id)
    .execute();
}

/**
 * @throws HttpError not_found when the role is unknown, and when the user is unknown or did not come through the
 *   application; forbidden for the role `developer`
 */
async function requireUserAndRole(database: Database, clientId: string, { user_id, role_id }: UserRole): Promise<void> {
  if (!(await isMember(database, clientId, user_id))) throw new HttpError('not_found', 'There is no such user');
  await requireChangeableRole(database, clientId, role_id);
}

/**
 * Like `requireRole`, for a role that may be changed.
 *
 * @throws HttpError forbidden for `developer`: otherwise no user might be left to administer the application
 */
async function requireChangeableRole(database: Database, clientId: string, id: number): Promise<Role> {
  const role = await requireRole(database, clientId, id);
  if (role.name === DEVELOPER) throw new HttpError('forbidden', `The role ${DEVELOPER} cannot be changed`);
  return role;
}

/** @throws HttpError forbidden for `common`: new users get the role of this name */
function requireNotCommon({ name }: Role): void {
  if (name === COMMON) throw new HttpError('forbidden', `The role ${COMMON} cannot be renamed or deleted`);
}

const noRole = () => new HttpError('not_found', 'There is no such role');

/** Handles a failed insert. @throws HttpError not_found when a row that it refers to was deleted after the look-up */
export function throwGone(error: unknown): never {
  throw isForeignKeyViolation(error) ? new HttpError('not_found', 'The user, role or permission was deleted') : error;
}
