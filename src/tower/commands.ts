import { type Commands, command, requireEmail } from '../commands.ts';
import type { Database } from '../database/open.ts';
import { isUniqueViolation, transact } from '../database/transact.ts';
import { createClient, deleteClient, listClients, splitScope } from '../oauth/clients.ts';
import { requireClient, requireRedirectUris, shippedClient } from '../oauth/commands.ts';
import { deleteSignIns } from '../oauth/tokens.ts';
import { addMember, createTeam, prepareUser } from './model/users.ts';
import { profile } from './profile.ts';

const id = { description: 'its id', required: true } as const;

async function hasUser(database: Database, id: string): Promise<boolean> {
  const user = await database.selectFrom('tower_users').select('id').where('id', '=', id).executeTakeFirst();
  return user !== undefined;
}

async function requireTeam(database: Database, id: string | undefined): Promise<void> {
  if (id === undefined) return;
  const team = await database.selectFrom('tower_teams').select('id').where('id', '=', id).executeTakeFirst();
  if (team === undefined) throw new Error(`There is no team ${id}`);
}

/** Users and teams have ids of the form that the contract promises for resources. */
function requireResourceId(id: string | undefined): void {
  if (id !== undefined && !/^[0-9a-f]{32}$/.test(id))
    throw new Error('--id must be 32 hexadecimal digits in lower case');
}

/** What operators can make outside of the sandbox: applications, people, teams and memberships. */
export const commands: Commands = {
  app: {
    create: command({
      description: 'Create an application; its secret is shown once',
      options: {
        name: { description: 'name on the consent page', required: true },
        'redirect-uri': { description: 'callback address', required: true, repeatable: true },
        team: { description: 'id of the team that it belongs to' },
        scopes: { description: 'scopes, separated by spaces' },
        public: { description: '1: without a secret, PKCE required' },
        ...existingClientOptions,
      },
      async run(options, context) {
        const { 'client-id': clientId, 'client-secret': clientSecret } = options;
        requireClientOptions(options);
        if (options.public === '1' && clientSecret !== undefined)
          throw new Error('--client-secret: an application with --public 1 has none');
        await requireTeam(context.database, options.team);
        requireRedirectUris(options['redirect-uri'], { outOfBand: true });
        const { client, secret } = await createClient(context, profile, {
          id: clientId,
          secret: clientSecret,
          name: options.name,
          redirectUris: options['redirect-uri'],
          scopes: splitScope(options.scopes ?? ''),
          ...(options.team !== undefined && { ownerId: options.team }),
          isPublic: options.public === '1',
        }).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`There is an application ${clientId} already`) : error;
        });
        return {
          client_id: client.id,
          client_secret: secret ?? null,
          name: client.name,
          redirect_uris: client.redirectUris,
        };
      },
    }),
    list: command({
      description: 'List applications',
      options: { team: { description: 'only those of this team' } },
      async run({ team }, { database }) {
        const clients = await listClients(database, profile, team);
        return clients.map(({ id, name, ownerId, redirectUris }) => ({
          client_id: id,
          name,
          team_id: ownerId,
          redirect_uris: redirectUris,
        }));
      },
    }),
    delete: command({
      description: 'Delete an application and its tokens',
      options: { id },
      async run({ id }, { database }) {
        if (!(await deleteClient(database, profile, id))) throw new Error(`There is no application ${id}`);
        return { deleted: id };
      },
    }),
  },

  user: {
    create: command({
      description: 'Create a user',
      options: {
        username: { description: 'what is typed to sign in', required: true },
        password: { description: 'password', required: true },
        nickname: { description: 'name that others see (the username)' },
        email: { description: 'e-mail address (the username)' },
        'second-step': { description: '1: signing in takes a code sent through WeChat' },
        id: { description: 'id, for a user who has one already (a new random one)' },
      },
      async run(
        { id, username, password, nickname = username, email = username, 'second-step': secondStep },
        { database },
      ) {
        requireResourceId(id);
        requireEmail(email);
        const user = await prepareUser({ id, username, password, nickname, email, secondStep: secondStep === '1' });
        await database
          .insertInto('tower_users')
          .values(user)
          .execute()
          .catch(async (error: unknown) => {
            if (!isUniqueViolation(error)) throw error;
            throw new Error(`There is a user ${(await hasUser(database, user.id)) ? user.id : username} already`);
          });
        return { id: user.id, username: user.username, email, nickname };
      },
    }),
    list: command({
      description: 'List users',
      options: {},
      run: (_options, { database }) =>
        database
          .selectFrom('tower_users')
          .select(['id', 'username', 'email', 'nickname', 'second_step'])
          .orderBy('created_at')
          .orderBy('id')
          .execute(),
    }),
    delete: command({
      description: 'Delete a user with its memberships and tokens',
      options: { id },
      run: ({ id }, { database }) =>
        transact(database, async (trx) => {
          const { numDeletedRows } = await trx.deleteFrom('tower_users').where('id', '=', id).executeTakeFirst();
          if (numDeletedRows === 0n) throw new Error(`There is no user ${id}`);
          await deleteSignIns(trx, profile, id);
          return { deleted: id };
        }),
    }),
  },

  team: {
    create: command({
      description: 'Create a team',
      options: {
        name: { description: 'name', required: true },
        owner: { description: 'username of its owner', required: true },
        member: { description: 'username of a member', repeatable: true },
        id: { description: 'id, for a team that has one already (a new random one)' },
      },
      async run({ id, name, owner, member: members }, { database }) {
        requireResourceId(id);
        return transact(database, async (trx) => {
          const team = await createTeam(trx, { id, name }).catch((error: unknown) => {
            throw isUniqueViolation(error) ? new Error(`There is a team ${id} already`) : error;
          });
          for (const [index, username] of [owner, ...members].entries()) {
            const user = await trx
              .selectFrom('tower_users')
              .selectAll()
              .where('username', '=', username.toLowerCase())
              .executeTakeFirst();
            if (user === undefined) throw new Error(`There is no user ${username}`);
            await addMember(trx, { teamId: team.id, user, role: index === 0 ? 'owner' : 'member' });
          }
          return team;
        });
      },
    }),
    list: command({
      description: 'List teams',
      options: {},
      run: (_options, { database }) =>
        database.selectFrom('tower_teams').select(['id', 'name']).orderBy('created_at').orderBy('id').execute(),
    }),
    delete: command({
      description: 'Delete a team, its memberships and its applications',
      options: { id },
      run: ({ id }, { database }) =>
        transact(database, async (trx) => {
          const { numDeletedRows } = await trx.deleteFrom('tower_teams').where('id', '=', id).executeTakeFirst();
          if (numDeletedRows === 0n) throw new Error(`There is no team ${id}`);
          await trx.deleteFrom('oauth_clients').where('api', '=', profile.api).where('owner_id', '=', id).execute();
          return { deleted: id };
        }),
    }),
  },
};
