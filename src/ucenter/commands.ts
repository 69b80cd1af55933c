import { type Commands, command, requireEmail, toId } from '../commands.ts';
import { insertWithId } from '../database/given-id.ts';
import type { Database, Transaction } from '../database/open.ts';
import { isUniqueViolation, transact } from '../database/transact.ts';
import { deleteClient, listClients } from '../oauth/clients.ts';
import { requireClient, requireRedirectUris, shippedClient } from '../oauth/commands.ts';
import { deleteSignIns } from '../oauth/tokens.ts';
import { createApp, DEVELOPER, enterDefaultApp, prepareApp } from './model/applications.ts';
import { findByLogin, isPhoneLike, prepareUser, readUser } from './model/users.ts';
import { dropFiles } from './operations/files.ts';
import { profile } from './profile.ts';

const app = { description: 'client_id of the application', required: true } as const;
const user = { description: 'user name, phone or e-mail address', required: true } as const;

/** Ids go on after the largest one, and the contract's end at 2147483647. */
const LARGEST_GIVEN_ID = 2_000_000_000;

/** What operators can make outside of the sandbox: applications, people, and the fields of profiles. */
export const commands: Commands = {
  app: {
    create: command({
      description: 'Create an application; its secret is shown once',
      options: {
        name: { description: 'name on the consent page', required: true },
        'redirect-uri': { description: 'callback address', required: true, repeatable: true },
        developer: { ...user, description: 'who administers it: user name, phone or e-mail address' },
        ...existingClientOptions,
      },
      async run({ name, 'redirect-uri': redirectUris, developer, ...given }, { database }) {
        requireClientOptions(given);
        requireRedirectUris(redirectUris, { outOfBand: false });
        const [clientId, clientSecret] = [given['client-id'], given['client-secret']];
        const { row, secret } = await prepareApp({ id: clientId, secret: clientSecret, name, redirectUris });
        await transact(database, async (trx) => {
          const { id } = await requirePerson(trx, developer);
          const roles = await createApp(trx, row);
          await trx.insertInto('ucenter_user_roles').values({ user_id: id, role_id: roles[DEVELOPER] }).execute();
        }).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`There is an application ${row.id} already`) : error;
        });
        return { client_id: row.id, client_secret: secret ?? null, name, redirect_uris: redirectUris };
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
      run: ({ id }, { clock, database }) =>
        transact(database, async (trx) => {
          if (!(await deleteClient(trx, profile, id))) throw new Error(`There is no application ${id}`);
          await dropFiles(trx, id, clock.now());
          for (const table of appTables) await trx.deleteFrom(table).where('client_id', '=', id).execute();
          return { deleted: id };
        }),
    }),
  },

  developer: {
    create: command({
      description: 'Make a user a developer of an application',
      options: { app, user },
      run: ({ app, user }, { database }) =>
        transact(database, async (trx) => {
          const row = await toMembership(trx, app, user);
          await trx
            .insertInto('ucenter_user_roles')
            .values(row)
            .onConflict((conflict) => conflict.doNothing())
            .execute();
          return { client_id: app, user_id: row.user_id };
        }),
    }),
    list: command({
      description: 'List the developers of an application',
      options: { app },
      run: ({ app }, { database }) =>
        database
          .selectFrom('ucenter_roles as role')
          .innerJoin('ucenter_user_roles as given', 'given.role_id', 'role.id')
          .innerJoin('ucenter_users as user', 'user.id', 'given.user_id')
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
          const { user_id, role_id } = await toMembership(trx, app, user);
          await trx
            .deleteFrom('ucenter_user_roles')
            .where('user_id', '=', user_id)
            .where('role_id', '=', role_id)
            .execute();
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
        id: { description: 'id, for a user who has one already (the next one)' },
      },
      async run({ username, password, email, phone, id: given }, { database }) {
        const givenId = toId('id', given, LARGEST_GIVEN_ID);
        if (username.includes('@') || (isPhoneLike(username) && username !== phone))
          throw new Error('--username must not look like an e-mail address or a phone number');
        if (password.length < 6) throw new Error('--password must have at least 6 characters');
        if (phone !== undefined && !/^1[3-9]\d{9}$/.test(phone)) throw new Error('--phone must be a mobile number');
        if (email !== undefined) requireEmail(email);
        const row = await prepareUser({ id: givenId, username, password, email, phone });
        const id = await transact(database, async (trx) => {
          const user = await insertWithId(trx, 'ucenter_users', givenId, () =>
            trx.insertInto('ucenter_users').values(row).returning('id').executeTakeFirstOrThrow(),
          );
          await enterDefaultApp(trx, user.id);
          return user.id;
        }).catch(async (error: unknown) => {
          if (!isUniqueViolation(error)) throw error;
          if (givenId !== undefined && (await readUser(database, givenId)))
            throw new Error(`There is a user ${givenId} already`);
          throw new Error('The user name, phone or address is taken');
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
          const { id } = await requirePerson(trx, user);
          await trx.deleteFrom('ucenter_users').where('id', '=', id).execute();
          await deleteSignIns(trx, profile, String(id));
          return { deleted: id };
        }),
    }),
  },

  field: {
    create: command({
      description: 'Add a field to the profiles of all users',
      options: {
        name: { description: 'name in details and in requests', required: true },
        title: { description: 'name that people see', required: true },
      },
      async run({ name, title }, { database }) {
        if (!/^[a-z][a-z0-9_]*$/.test(name) || reservedFields.includes(name))
          throw new Error('--name must be lower-case letters, digits and _, and not what requests use already');
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
      description: 'Delete a field with what people have filled in; those of the document stay',
      options: { name: { description: 'its name', required: true } },
      async run({ name }, { database }) {
        if (documentFields.includes(name)) throw new Error(`The document promises ${name}`);
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

const appTables = [
  'ucenter_roles',
  'ucenter_permissions',
  'ucenter_sms_messages',
  'ucenter_emails',
  'ucenter_logs',
] as const;

const documentFields = ['position', 'address', 'department', 'school', 'sex'];
const reservedFields = ['access_token', 'acess_token', 'username', 'email', 'phone', 'password', 'code'];

async function requirePerson(database: Database | Transaction, login: string) {
  const person = await findByLogin(database, login);
  if (person === undefined) throw new Error(`There is no user ${login}`);
  return person;
}

async function toMembership(trx: Transaction, clientId: string, login: string) {
  const role = await trx
    .selectFrom('ucenter_roles')
    .select('id')
    .where('client_id', '=', clientId)
    .where('name', '=', DEVELOPER)
    .executeTakeFirst();
  if (role === undefined) throw new Error(`There is no application ${clientId}`);
  return { user_id: (await requirePerson(trx, login)).id, role_id: role.id };
}
