import { HttpError } from '../errors.ts';
import type { SeedContext, SeedKind } from '../http/api.ts';
import { fieldError } from '../http/field-error.ts';
import { seedRedirectUris } from '../oauth/clients/seed-client.ts';
import { createApplication, giveDefaultRole, prepareApplication, toApplicationId } from './model/applications.ts';
import { UcenterError } from './model/errors.ts';
import { createPermission, giveRolePermission } from './model/permissions.ts';
import { createRole, DEVELOPER, insertUserRole } from './model/roles.ts';
import { isPhoneLike, type LoginColumn, requireFree } from './model/unique-logins.ts';
import { prepareUser } from './model/users.ts';

interface NewUser {
  username: string;
  password?: string;
  email?: string;
  phone?: string;
}

interface NewPermission {
  app: string;
  name: string;
  title: string;
  group?: number;
}

interface NewRole {
  app: string;
  name: string;
  title: string;
  permissions?: readonly number[];
  users?: readonly number[];
}

const users: SeedKind = {
  async create({ username, password: given, email, phone }: NewUser, context) {
    const password = given ?? context.derived.alphanumeric(12, 'password');
    if (username.includes('@') || (isPhoneLike(username) && username !== phone))
      throw fieldError('username', 'must not look like an e-mail address or a phone number');
    await requireFreeLogin('username', username, context);
    if (email !== undefined) await requireFreeLogin('email_key', email.toLowerCase(), context);
    if (phone !== undefined) await requireFreeLogin('phone', phone, context);
    const { database } = context;
    const row = await prepareUser({ username, password, email, phone }, context);
    const { id } = await database.insertInto('ucenter_users').values(row).returning('id').executeTakeFirstOrThrow();
    await giveDefaultRole(database, id);
    const logins = { ...(email !== undefined && { email }), ...(phone !== undefined && { phone }) };
    return { id, person: { name: username, user_id: id, username, password, ...logins } };
  },
};

const apps: SeedKind = {
  names: { developer: ['users'] },
  async create(entry: { name: string; developer: number; redirect_uris?: readonly string[] }, context) {
    const redirectUris = seedRedirectUris(entry.redirect_uris);
    const { derived } = context;
    const application = { id: toApplicationId(derived.hex(7)), secret: derived.hex(32, 'secret') };
    const named = { ...application, name: entry.name, redirectUris };
    const { row, secret } = await prepareApplication(named, context);
    const roles = await createApplication(context.database, row);
    await insertUserRole(context.database, { user_id: entry.developer, role_id: roles[DEVELOPER] });
    return { id: row.id, app: { client_id: row.id, client_secret: secret, redirect_uri: redirectUris[0] } };
  },
};

const permissions: SeedKind = {
  names: { app: ['apps'], group: ['permissions'] },
  async create({ app, name, title, group: group_id }: NewPermission, { database }) {
    const permission = createPermission(database, app, { name, title, group_id });
    return { id: (await permission.catch(explain('group', 'must be a group of the same app'))).id };
  },
};

const roles: SeedKind = {
  names: { app: ['apps'], permissions: ['permissions'], users: ['users'] },
  async create({ app, name, title, permissions: given = [], users: holders = [] }: NewRole, { database }) {
    const { id } = await createRole(database, app, { name, title }).catch(explain('name', ''));
    for (const permission_id of given)
      await giveRolePermission(database, app, { role_id: id, permission_id }).catch(
        explain('permissions', 'must be permissions of the same app'),
      );
    for (const user_id of holders) await insertUserRole(database, { user_id, role_id: id });
    return { id };
  },
};

export const seed = { users, apps, permissions, roles };

const requireFreeLogin = (column: LoginColumn, value: string, { clock, database }: SeedContext) =>
  requireFree(database, column, value, { now: clock.now() }).catch((error: unknown) => {
    if (!(error instanceof UcenterError)) throw error;
    throw fieldError(column === 'email_key' ? 'email' : column, 'is taken', 'conflict');
  });

/** Handler for `catch`: says which field is at fault. A name that the app has already is taken. */
const explain =
  (field: string, message: string) =>
  (error: unknown): never => {
    if (error instanceof UcenterError && error.reason === 'taken') throw fieldError('name', 'is taken', 'conflict');
    throw error instanceof HttpError ? fieldError(field, message) : error;
  };
