import { type Commands, command, requireEmail, toId } from '../commands.ts';
import { insertWithId } from '../database/given-id.ts';
import type { Transaction } from '../database/open.ts';
import { isUniqueViolation, transact } from '../database/transact.ts';
import {
  existingClientOptions,
  passwordGrantOption,
  readPasswordGrant,
  requireClientOptions,
  requireRedirectUris,
} from '../oauth/clients/client-options.ts';
import { findClient, listClients, setPasswordGrant } from '../oauth/clients/clients.ts';
import { createSigningKey, deleteSigningKey, listSigningKeys } from '../oauth/openid/signing-keys.ts';
import { splitScope } from '../oauth/scope.ts';
import { deleteSignIns } from '../oauth/sign-in/sign-ins.ts';
import { createApplication, deleteApplication, giveDefaultRole, prepareApplication } from './model/applications.ts';
import { DEVELOPER, deleteUserRole, insertUserRole } from './model/roles.ts';
import { isPhoneLike } from './model/unique-logins.ts';
import { findByLogin, findUser, prepareUser, type UserRow } from './model/users.ts';
import { profile } from './profile.ts';

const app = { description: 'client_id of the application', required: true } as const;
const user = { description: 'user name, phone or e-mail address', required: true } as const;

/** Generated ids follow the largest one, and the contract's largest id is 2147483647. */
const LARGEST_GIVEN_ID = 2_000_000_000;

/** Commands for what the API cannot create: applications, developers, users and fields of profiles. */
export const commands: Commands = {
  app: {
    create: command({
      description: 'Create an application; its secret is shown once',
      options: {
        name: { description: 'name on the consent page', required: true },
        'redirect-uri': { description: 'callback address', required: true, repeatable: true },
        developer: { ...user, description: 'its administrator: user name, phone or e-mail address' },
        ...passwordGrantOption,
        scopes: {
          description:
            'scopes that it can request, separated by spaces (all but openid and its kind, which user_info allows)',
        },
        ...existingClientOptions,
      },
      async run({ name, 'redirect-uri': redirectUris, developer, scopes: listed, ...given }, context) {
        const { database } = context;
        requireClientOptions(given);
        requireRedirectUris(redirectUris, { outOfBand: false });
        const [id, givenSecret] = [given['client-id'], given['client-secret']];
        const scopes = requireScopes(listed);
        const passwordGrant = readPasswordGrant(given['password-grant']);
        const application = { id, secret: givenSecret, name, redirectUris, passwordGrant, scopes };
        const { row, secret } = await prepareApplication(application, context);
        await transact(database, async (trx) => {
          const { id: user_id } = await requireUser(trx, developer);
          const roles = await createApplication(trx, row);
          await insertUserRole(trx, { user_id, role_id: roles[DEVELOPER] });
        }).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`There is an application ${row.id} already`) : error;
        });
        return { client_id: row.id, client_secret: secret ?? null, name, redirect_uris: redirectUris };
      },
    }),
    update: command({
      description: 'Switch the password grant of an application',
      options: { id: app, 'password-grant': { ...passwordGrantOption['password-grant'], required: true } },
      async run({ id, 'password-grant': value }, context) {
        const allowed = readPasswordGrant(value);
        if (!(await setPasswordGrant(context, profile, id, allowed))) throw new Error(`There is no application ${id}`);
        return { client_id: id, password_grant: allowed };
      },
    }),
    list: command({
      description: 'List applications',
      options: {},
      async run(_options, { database }) {
        const clients = await listClients(database, profile);
        return clients.map(({ id, name, redirectUris }) => ({ client_id: id, name, redirect_uris: redirectUris }));
      },
    }),
    delete: command({
      description: 'Delete an application with its tokens, roles, permissions, records and files',
      options: { id: app },
      async run({ id }, context) {
        if (!(await deleteApplication(id, context))) throw new Error(`There is no application ${id}`);
        return { deleted: id };
      },
    }),
  },

  developer: {
    create: command({
      description: 'Make a user a developer of an application',
      options: { app, user },
      run: ({ app, user }, { database }) =>
        transact(database, async (trx) => {
          const role_id = await requireDeveloperRole(trx, app);
          const { id: user_id } = await requireUser(trx, user);
          await insertUserRole(trx, { user_id, role_id });
          return { client_id: app, user_id };
        }),
    }),
    list: command({
      description: 'List the developers of an application',
      options: { app },
      run: ({ app }, { database }) =>
        database
          .selectFrom('ucenter_roles as role')
          .innerJoin('ucenter_user_roles as user_role', 'user_role.role_id', 'role.id')
          .innerJoin('ucenter_users as user', 'user.id', 'user_role.user_id')
          .where('role.client_id', '=', app)
          .where('role.name', '=', DEVELOPER)
          .select(['user.id', 'user.username'])
          .orderBy('user.id')
          .execute(),
    }),
    delete: command({
      description: 'Take the role of a developer from a user',
      options: { app, user },
      run: ({ app, user }, { database }) =>
        transact(database, async (trx) => {
          const role_id = await requireDeveloperRole(trx, app);
          const { id: user_id } = await requireUser(trx, user);
          await deleteUserRole(trx, { user_id, role_id });
          return { client_id: app, user_id };
        }),
    }),
  },

  user: {
    create: command({
      description: 'Create a user',
      options: {
        username: { description: 'user name, without @ and not like a phone number', required: true },
        password: { description: 'password', required: true },
        email: { description: 'e-mail address' },
        phone: { description: 'phone number, 11 digits' },
        id: { description: 'id, for a user who has one already (default: the next one)' },
      },
      async run({ username, password, email, phone, id: given }, context) {
        const { database } = context;
        const givenId = toId('id', given, LARGEST_GIVEN_ID);
        if (username.includes('@') || (isPhoneLike(username) && username !== phone))
          throw new Error('--username must not look like an e-mail address or a phone number');
        if (password.length < 6) throw new Error('--password must have at least 6 characters');
        if (phone !== undefined && !/^1[3-9]\d{9}$/.test(phone)) throw new Error('--phone must be a mobile number');
        if (email !== undefined) requireEmail(email);
        const row = await prepareUser({ id: givenId, username, password, email, phone }, context);
        const id = await transact(database, async (trx) => {
          const user = await insertWithId(trx, 'ucenter_users', givenId, () =>
            trx.insertInto('ucenter_users').values(row).returning('id').executeTakeFirstOrThrow(),
          );
          await giveDefaultRole(trx, user.id);
          return user.id;
        }).catch(async (error: unknown) => {
          if (!isUniqueViolation(error)) throw error;
          if (givenId !== undefined && (await findUser(database, givenId)))
            throw new Error(`There is a user ${givenId} already`);
          throw new Error('The user name, phone or e-mail address is taken');
        });
        return { id, username, email: email ?? null, phone: phone ?? null };
      },
    }),
    list: command({
      description: 'List users',
      options: {},
      run: (_options, { database }) =>
        database
          .selectFrom('ucenter_users')
          .select(['id', 'username', 'email', 'phone', 'client_id'])
          .orderBy('id')
          .execute(),
    }),
    delete: command({
      description: 'Delete a user with profile, roles and tokens',
      options: { user },
      run: ({ user }, { database }) =>
        transact(database, async (trx) => {
          const { id } = await requireUser(trx, user);
          await trx.deleteFrom('ucenter_users').where('id', '=', id).execute();
          await deleteSignIns(trx, profile, String(id));
          return { deleted: id };
        }),
    }),
  },

  'signing-key': {
    create: command({
      description: 'Make a new key for ID tokens; the one before stays valid for a day',
      options: {},
      run: async (_options, context) => ({ id: (await createSigningKey(profile, context)).id }),
    }),
    list: command({
      description: 'List the keys for ID tokens, newest first',
      options: {},
      async run(_options, { database }) {
        const keys = await listSigningKeys(database, profile);
        return keys.map(({ id, created_at, retired_at }) => ({
          id,
          created_at: new Date(created_at).toISOString(),
          retired_at: retired_at === null ? null : new Date(retired_at).toISOString(),
        }));
      },
    }),
    delete: command({
      description: 'Delete a key for ID tokens that others may know; what it signed becomes invalid',
      options: { id: { description: 'its id', required: true } },
      async run({ id }, { database }) {
        if (!(await deleteSigningKey(database, profile, id))) throw new Error(`There is no key ${id}`);
        return { deleted: id };
      },
    }),
  },

  'html-mail': {
    create: command({
      description: 'Allow an application to send e-mail as HTML; without this it is sent as text',
      options: { app },
      run: ({ app }, { database }) =>
        transact(database, async (trx) => {
          if (!(await findClient(trx, profile, app))) throw new Error(`There is no application ${app}`);
          await trx
            .insertInto('ucenter_html_senders')
            .values({ client_id: app })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
          return { client_id: app };
        }),
    }),
    list: command({
      description: 'List the applications that may send e-mail as HTML',
      options: {},
      run: (_options, { database }) =>
        database.selectFrom('ucenter_html_senders').select('client_id').orderBy('client_id').execute(),
    }),
    delete: command({
      description: 'Let an application send e-mail as text only',
      options: { app },
      async run({ app }, { database }) {
        const { numDeletedRows } = await database
          .deleteFrom('ucenter_html_senders')
          .where('client_id', '=', app)
          .executeTakeFirst();
        if (numDeletedRows === 0n) throw new Error(`The application ${app} may not send HTML`);
        return { deleted: app };
      },
    }),
  },

  field: {
    create: command({
      description: 'Add a field to the profiles of all users',
      options: {
        name: { description: 'name in details and in requests', required: true },
        title: { description: 'name on pages and in answers', required: true },
      },
      async run({ name, title }, { database }) {
        if (!/^[a-z][a-z0-9_]*$/.test(name) || reservedFields.includes(name))
          throw new Error('--name must be lower-case letters, digits and _, and not a field that requests use already');
        const { last } = await database
          .selectFrom('ucenter_fields')
          .select(({ fn }) => fn.max('position').as('last'))
          .executeTakeFirstOrThrow();
        await database
          .insertInto('ucenter_fields')
          .values({ name, title, position: (last ?? 0) + 1 })
          .execute()
          .catch((error: unknown) => {
            throw isUniqueViolation(error) ? new Error(`There is a field ${name} already`) : error;
          });
        return { name, title };
      },
    }),
    list: command({
      description: 'List the fields of profiles',
      options: {},
      run: (_options, { database }) =>
        database.selectFrom('ucenter_fields').select(['name', 'title']).orderBy('position').execute(),
    }),
    delete: command({
      description: 'Delete a field with the values of all users; fields of the document cannot be deleted',
      options: { name: { description: 'its name', required: true } },
      async run({ name }, { database }) {
        if (documentFields.includes(name)) throw new Error(`The document promises the field ${name}`);
        const { numDeletedRows } = await database
          .deleteFrom('ucenter_fields')
          .where('name', '=', name)
          .executeTakeFirst();
        if (numDeletedRows === 0n) throw new Error(`There is no field ${name}`);
        return { deleted: name };
      },
    }),
  },
};

const documentFields = ['position', 'address', 'department', 'school', 'sex'];
const reservedFields = ['access_token', 'acess_token', 'username', 'email', 'phone', 'password', 'code'];

/** The scopes of an option; undefined without it. */
function requireScopes(listed: string | undefined): string[] | undefined {
  if (listed === undefined) return undefined;
  const scopes = splitScope(listed);
  const known = Object.keys(profile.scopes);
  if (scopes.length === 0 || !scopes.every((scope) => known.includes(scope)))
    throw new Error(`--scopes must be some of ${known.join(' ')}`);
  return scopes;
}

/** The user with this user name, phone or e-mail address. */
async function requireUser(trx: Transaction, login: string): Promise<UserRow> {
  const found = await findByLogin(trx, login);
  if (found === undefined) throw new Error(`There is no user ${login}`);
  return found;
}

/** The id of the application's role `developer`. */
async function requireDeveloperRole(trx: Transaction, clientId: string): Promise<number> {
  const role = await trx
    .selectFrom('ucenter_roles')
    .select('id')
    .where('client_id', '=', clientId)
    .where('name', '=', DEVELOPER)
    .executeTakeFirst();
  if (role === undefined) throw new Error(`There is no application ${clientId}`);
  return role.id;
}
