import type { Database, Transaction } from '../../database/open.ts';
import { isForeignKeyViolation, isUniqueViolation } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { requireAdmin, requireUser } from '../model/access.ts';
import { COMMON, DEVELOPER } from '../model/applications.ts';
import { rolesOf, withPermissions } from '../model/roles.ts';
import { Failure } from '../wire/errors.ts';
import { accept, type Operation, type Schemas } from '../wire/operation.ts';

export const listUserRoles: Operation<'listUserRoles'> = async ({ actor }, { database }) => {
  const userId = requireUser(actor);
  return accept('获取角色成功', { user_id: userId, roles: await rolesOf(database, actor.clientId, userId) });
};

export const listUserRolePermissions: Operation<'listUserRolePermissions'> = async ({ actor }, { database }) => {
  const userId = requireUser(actor);
  const roles = await withPermissions(database, await rolesOf(database, actor.clientId, userId));
  return accept('获取权限成功', { user_id: userId, roles });
};

export const listRoles: Operation<'listRoles'> = async ({ actor }, context) => {
  await requireAdmin(actor, context);
  const roles = await rolesIn(context.database, actor.clientId).orderBy('id').execute();
  return accept('获取角色成功', { roles: await withPermissions(context.database, roles) });
};

export const createRole: Operation<'createRole'> = async ({ body: { name, title }, actor }, context) => {
  await requireAdmin(actor, context);
  const { id } = await context.database
    .insertInto('ucenter_roles')
    .values({ client_id: actor.clientId, name, title })
    .returning('id')
    .executeTakeFirstOrThrow()
    .catch(nameTaken);
  return accept('创建成功', { id, name, title, permissions: [] });
};

export const updateRole: Operation<'updateRole'> = async ({ params, body, actor }, context) => {
  await requireAdmin(actor, context);
  const { database } = context;
  const role = await requireChangeableRole(database, actor.clientId, params.role_id);
  // What is not sent stays as it is by then: somebody else may be changing it.
  const { name, title } = body;
  const isRenamed = name !== undefined && name !== role.name;
  if (!isRenamed && (title ?? role.title) === role.title) throw new Failure('未做修改');
  if (isRenamed) requireFreeName(role);
  const changed = await database
    .updateTable('ucenter_roles')
    .set({ name, title })
    .where('id', '=', role.id)
    .returning(['id', 'name', 'title'])
    .executeTakeFirst()
    .catch(nameTaken);
  if (changed === undefined) throw noRole();
  return accept('修改成功', await roleWithPermissions(database, changed));
};

export const deleteRole: Operation<'deleteRole'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  const role = await requireChangeableRole(context.database, actor.clientId, params.role_id);
  requireFreeName(role);
  await context.database.deleteFrom('ucenter_roles').where('id', '=', role.id).execute();
  return accept('删除成功', {});
};

export const giveUserRole: Operation<'giveUserRole'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  const { database } = context;
  const [userId, role] = await requireUserAndRole(params, actor.clientId, database);
  await database
    .insertInto('ucenter_user_roles')
    .values({ user_id: userId, role_id: role.id })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
    .catch(goneMeanwhile);
  return accept('授予成功', { user_id: userId, roles: await rolesOf(database, actor.clientId, userId) });
};

export const takeUserRole: Operation<'takeUserRole'> = async ({ params, actor }, context) => {
  await requireAdmin(actor, context);
  const { database } = context;
  const [userId, role] = await requireUserAndRole(params, actor.clientId, database);
  await database
    .deleteFrom('ucenter_user_roles')
    .where('user_id', '=', userId)
    .where('role_id', '=', role.id)
    .execute();
  return accept('收回成功', { user_id: userId, roles: await rolesOf(database, actor.clientId, userId) });
};

const rolesIn = (database: Database | Transaction, clientId: string) =>
  database.selectFrom('ucenter_roles').select(['id', 'name', 'title']).where('client_id', '=', clientId);

const noRole = () => new HttpError('not_found', 'There is no such role');

/** A role of the app. Throws 404 for an unknown one just as for another app's. */
export async function requireRole(
  database: Database | Transaction,
  clientId: string,
  id: number,
): Promise<Schemas['Role']> {
  const role = await rolesIn(database, clientId).where('id', '=', id).executeTakeFirst();
  if (role === undefined) throw noRole();
  return role;
}

/** Like `requireRole`. Throws 403 for `developer`: without it nobody might administer the app any more. */
async function requireChangeableRole(database: Database, clientId: string, id: number): Promise<Schemas['Role']> {
  const role = await requireRole(database, clientId, id);
  if (role.name === DEVELOPER) throw new HttpError('forbidden', `The role ${DEVELOPER} cannot be changed`);
  return role;
}

/** Throws 403 for `common`: people who register are given the role of this name. */
function requireFreeName({ name }: Schemas['Role']): void {
  if (name === COMMON) throw new HttpError('forbidden', `The role ${COMMON} cannot be renamed or deleted`);
}

async function requireUserAndRole(
  params: { user_id: number; role_id: number },
  clientId: string,
  database: Database,
): Promise<[number, Schemas['Role']]> {
  const user = await database
    .selectFrom('ucenter_users')
    .select('id')
    .where('id', '=', params.user_id)
    .executeTakeFirst();
  if (user === undefined) throw new HttpError('not_found', 'There is no such user');
  return [user.id, await requireChangeableRole(database, clientId, params.role_id)];
}

export async function roleWithPermissions(
  database: Database | Transaction,
  role: Schemas['Role'],
): Promise<Schemas['RoleWithPermissions']> {
  const [whole] = await withPermissions(database, [role]);
  return whole as Schemas['RoleWithPermissions'];
}

/** Names are unique in an app. */
export function nameTaken(error: unknown): never {
  throw isUniqueViolation(error) ? new Failure('name 已经存在。', 'name') : error;
}

/** What is given, or whom, was deleted after it was looked up. */
export function goneMeanwhile(error: unknown): never {
  throw isForeignKeyViolation(error) ? new HttpError('not_found', 'One of the two is gone') : error;
}
