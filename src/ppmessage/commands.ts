import { randomUUID } from 'node:crypto';
import { type Commands, command, requireCredential, requireEmail } from '../commands.ts';
import type { Database } from '../database/open.ts';
import { isUniqueViolation, transact } from '../database/transact.ts';
import { requireRedirectUris } from '../oauth/clients/client-options.ts';
import { deleteClient, findClient, listClients } from '../oauth/clients/clients.ts';
import { deleteRemovedApp } from './database/housekeeping.ts';
import { insertApp, prepareApp, removeApp } from './model/apps.ts';
import { createKey, requireKeys, setDirectGrants } from './model/keys.ts';
import { isOwnProgram, type Level, levels } from './model/levels.ts';
import { agentsOf, findUserByEmail, normalizeEmail, prepareUser, removeFromApp } from './model/users.ts';
import { packageCommands } from './package-commands.ts';
import { profile } from './profile.ts';

const app = { description: 'uuid of the app', required: true } as const;
const email = { description: 'e-mail address; users sign in with it', required: true } as const;
const apiKey = { description: 'api_key, for a key that exists already (default: a new random one)' } as const;
const apiSecret = { description: 'api_secret, for a key that exists already (default: a new random one)' } as const;
const redirectUri = { description: 'callback address', required: true, repeatable: true } as const;

/** Commands for what the API cannot create: the first app and its owner, and keys of other levels. */
export const commands: Commands = {
  app: {
    create: command({
      description: 'Create an app with its owner and keys; the secrets are shown',
      options: {
        name: { description: 'name', required: true },
        email: { ...email, description: "the owner's e-mail address" },
        password: { description: "the owner's password", required: true },
        fullname: { description: 'name of the owner (default: the e-mail address)' },
        'redirect-uri': redirectUri,
        'app-uuid': { description: 'app_uuid, for an app that has one already (default: a new random one)' },
        'api-key': { description: "api_key of the app's own key, when it has one already (default: a new random one)" },
        'api-secret': {
          description: "api_secret of the app's own key, when it has one already (default: a new random one)",
        },
      },
      async run({ name, email, password, fullname = email, 'redirect-uri': redirectUris, ...given }, context) {
        const { database } = context;
        const { 'app-uuid': uuid = randomUUID(), 'api-key': apiKey, 'api-secret': apiSecret } = given;
        requireCredential('app-uuid', uuid, LONGEST_UUID);
        requireKeyOptions(apiKey, apiSecret);
        requireRedirectUris(redirectUris, { outOfBand: false });
        requireEmail(email);
        const newOwner = { email, password, fullname, isAgent: true, status: 'OWNER_3' } as const;
        const owner = await prepareUser(uuid, newOwner, context);
        const prepared = await prepareApp(context, {
          uuid,
          name,
          owner,
          redirectUris,
          keys: { own: { apiKey, apiSecret } },
        });
        await transact(database, (trx) => insertApp(trx, prepared)).catch(async (error: unknown) => {
          if (!isUniqueViolation(error)) throw error;
          const appExists = (await findApp(uuid, database)) !== undefined;
          throw new Error(appExists ? `There is an app ${uuid} already` : `There is a key ${apiKey} already`);
        });
        return {
          app_uuid: uuid,
          user_uuid: owner.uuid,
          api_key: prepared.own.apiKey,
          api_secret: prepared.own.apiSecret,
          kefu_api_key: prepared.kefu.apiKey,
          kefu_api_secret: prepared.kefu.apiSecret,
          console_api_key: prepared.console.apiKey,
          console_api_secret: prepared.console.apiSecret,
          ...Object.fromEntries(
            prepared.ownPrograms.flatMap(({ apiKey, apiSecret, client: { scopes } }) => [
              [`${scopes.toLowerCase()}_api_key`, apiKey],
              [`${scopes.toLowerCase()}_api_secret`, apiSecret],
            ]),
          ),
        };
      },
    }),
    list: command({
      description: 'List apps',
      options: {},
      run: (_options, { database }) =>
        database
          .selectFrom('ppmessage_apps as app')
          .innerJoin('ppmessage_users as owner', (join) =>
            join.onRef('owner.app_uuid', '=', 'app.uuid').onRef('owner.uuid', '=', 'app.user_uuid'),
          )
          .where('app.removed_at', 'is', null)
          .select(['app.uuid as app_uuid', 'app.app_name', 'owner.uuid as user_uuid', 'owner.user_email'])
          .orderBy('app.created_at')
          .orderBy('app.uuid')
          .execute(),
    }),
    uploads: command({
      description: 'Let an app take uploaded files only with an access token, or from everybody',
      options: { id: app, token: { description: 'required, or optional as it is at first', required: true } },
      async run({ id, token }, { database }) {
        if (token !== 'required' && token !== 'optional') throw new Error(`--token ${token}: required or optional`);
        await requireApp(id, database);
        const upload_needs_token = token === 'required' ? 1 : 0;
        await database.updateTable('ppmessage_apps').set({ upload_needs_token }).where('uuid', '=', id).execute();
        return { app_uuid: id, token };
      },
    }),
    delete: command({
      description: 'Delete an app with its users, conversations and keys',
      options: { id: app },
      async run({ id }, context) {
        const { database } = context;
        const wasRemoved = await transact(database, (trx) => removeApp(trx, id, context));
        if (!wasRemoved) throw new Error(`There is no app ${id}`);
        await deleteRemovedApp(database, id);
        return { deleted: id };
      },
    }),
  },

  package: packageCommands,

  key: {
    create: command({
      description: 'Create one more key of an app; its secret is shown',
      options: {
        app,
        level: { description: levels.join(', '), required: true, repeatable: true },
        'redirect-uri': { description: 'callback address; keys of third parties need one', repeatable: true },
        'api-key': apiKey,
        'api-secret': apiSecret,
      },
      async run({ app: appUuid, level: wanted, 'redirect-uri': redirectUris, ...given }, context) {
        requireKeyOptions(given['api-key'], given['api-secret']);
        requireRedirectUris(redirectUris, { outOfBand: false });
        for (const level of wanted) {
          if (!levels.includes(level as Level)) throw new Error(`--level ${level}: not one of ${levels.join(', ')}`);
        }
        if (redirectUris.length === 0 && !isOwnProgram(wanted))
          throw new Error('--redirect-uri is required for a key of a third party');
        const { app_name: appName } = await requireApp(appUuid, context.database);
        const { apiUuid, apiKey, apiSecret } = await createKey(context, {
          appUuid,
          appName,
          levels: wanted as Level[],
          redirectUris,
          apiKey: given['api-key'],
          apiSecret: given['api-secret'],
        }).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`There is a key ${given['api-key']} already`) : error;
        });
        return { api_uuid: apiUuid, api_key: apiKey, api_secret: apiSecret, levels: wanted };
      },
    }),
    list: command({
      description: 'List the keys of an app',
      options: { app },
      async run({ app }, { database }) {
        const clients = await listClients(database, profile, app);
        return clients.map(({ id, scopes, redirectUris, grants }) => ({
          api_key: id,
          levels: scopes,
          redirect_uris: redirectUris,
          grants,
        }));
      },
    }),
    own: command({
      description: "Show the keys of the original's own programs, with their secrets; an app without them gets them",
      options: { app },
      async run({ app }, context) {
        await requireApp(app, context.database);
        const own = ['PPCOM', 'PPKEFU', 'PPCONSOLE'] as const;
        const keys = await requireKeys(app, own, context);
        return own.map((level) => ({ level, api_key: keys[level].apiKey, api_secret: keys[level].apiSecret }));
      },
    }),
    update: command({
      description: 'Switch the grants of a key without the sign-in page: client_credentials and password',
      options: {
        id: { description: 'its api_key', required: true },
        'direct-grants': {
          description: '0: off, 1: those that the original has for the levels of the key',
          required: true,
        },
      },
      async run({ id, 'direct-grants': allowed }, context) {
        if (allowed !== '0' && allowed !== '1') throw new Error('--direct-grants must be 0 or 1');
        if (!(await setDirectGrants(id, allowed === '1', context))) throw new Error(`There is no key ${id}`);
        const client = await findClient(context.database, profile, id);
        return { api_key: id, grants: client?.grants ?? [] };
      },
    }),
    delete: command({
      description: 'Delete a key and its tokens',
      options: { id: { description: 'its api_key', required: true } },
      run: ({ id }, { database }) =>
        transact(database, async (trx) => {
          if (!(await deleteClient(trx, profile, id))) throw new Error(`There is no key ${id}`);
          await trx.deleteFrom('ppmessage_keys').where('api_key', '=', id).execute();
          return { deleted: id };
        }),
    }),
  },

  user: {
    create: command({
      description: 'Create an agent of an app',
      options: {
        app,
        email,
        password: { description: 'password', required: true },
        fullname: { description: 'name (default: the e-mail address)' },
        'user-uuid': { description: 'user_uuid, for an agent who has one already (default: a new random one)' },
      },
      async run({ app, email, password, fullname = email, 'user-uuid': uuid }, context) {
        const { database } = context;
        requireCredential('user-uuid', uuid, LONGEST_UUID);
        requireEmail(email);
        await requireApp(app, database);
        const newUser = { uuid, email, password, fullname, isAgent: true, status: 'SERVICE' } as const;
        const user = await prepareUser(app, newUser, context);
        await database
          .insertInto('ppmessage_users')
          .values(user)
          .execute()
          .catch(async (error: unknown) => {
            if (!isUniqueViolation(error)) throw error;
            throw new Error(`There is a user ${(await hasUser(app, user.uuid, database)) ? user.uuid : email} already`);
          });
        return { user_uuid: user.uuid, user_email: user.user_email, user_fullname: fullname };
      },
    }),
    list: command({
      description: 'List the agents of an app',
      options: { app },
      run: ({ app }, { database }) =>
        agentsOf(app, database)
          .select(['user.uuid as user_uuid', 'user.user_email', 'user.user_fullname', 'user.service_user_status'])
          .execute(),
    }),
    delete: command({
      description: 'Remove a user from an app; the messages stay',
      options: { app, email },
      async run({ app, email }, { clock, database }) {
        const { user_uuid: owner } = await requireApp(app, database);
        const user = await findUserByEmail(app, email, database);
        if (user === undefined) throw new Error(`There is no user ${normalizeEmail(email)}`);
        if (user.uuid === owner) throw new Error('The owner cannot be removed: delete the app');
        await transact(database, (trx) => removeFromApp(trx, user, clock.now()));
        return { deleted: user.uuid };
      },
    }),
  },
};

/** The longest uuid that the contract allows. */
const LONGEST_UUID = 64;

function requireKeyOptions(apiKey: string | undefined, apiSecret: string | undefined): void {
  requireCredential('api-key', apiKey, 64);
  requireCredential('api-secret', apiSecret, 128);
}

const findApp = (uuid: string, database: Database) =>
  database
    .selectFrom('ppmessage_apps')
    .select(['app_name', 'user_uuid'])
    .where('uuid', '=', uuid)
    .where('removed_at', 'is', null)
    .executeTakeFirst();

/** A removed user counts too: old messages have the uuid. */
async function hasUser(app: string, uuid: string, database: Database): Promise<boolean> {
  const user = await database
    .selectFrom('ppmessage_users')
    .select('uuid')
    .where('app_uuid', '=', app)
    .where('uuid', '=', uuid)
    .executeTakeFirst();
  return user !== undefined;
}

async function requireApp(uuid: string, database: Database) {
  const app = await findApp(uuid, database);
  if (app === undefined) throw new Error(`There is no app ${uuid}`);
  return app;
}
