import { type Commands, command, requireEmail } from '../commands.ts';
import { isForeignKeyViolation, isUniqueViolation, transact } from '../database/transact.ts';
import {
  existingClientOptions,
  passwordGrantOption,
  readPasswordGrant,
  requireClientOptions,
  requireRedirectUris,
} from '../oauth/clients/client-options.ts';
import { createClient, deleteClient, listClients, setPasswordGrant } from '../oauth/clients/clients.ts';
import { splitScope } from '../oauth/scope.ts';
import { deleteSignIns } from '../oauth/sign-in/sign-ins.ts';
import { addMember } from './model/members.ts';
import { createTeam, deleteTeam } from './model/teams.ts';
import { createUser, findUser, findUserByUsername } from './model/users.ts';
import { profile } from './profile.ts';
import { requireTeam, teamCommands, transferCommands } from './team-commands.ts';

const id = { description: 'its id', required: true } as const;

/** Commands for what the API cannot create, such as applications and users, and for teams. */
export const commands: Commands = {
  ...teamCommands,

  app: {
    create: command({
      description: 'Create an application; its secret is shown once',
      options: {
        name: { description: 'name on the consent page', required: true },
        'redirect-uri': { description: 'callback address', required: true, repeatable: true },
        team: { description: 'id of the team that it belongs to' },
        scopes: { description: 'scopes, separated by spaces' },
        public: { description: '1: without a secret, PKCE required' },
        ...passwordGrantOption,
        ...existingClientOptions,
      },
      async run(options, context) {
        const { 'client-id': clientId, 'client-secret': clientSecret } = options;
        requireClientOptions(options);
        if (options.public === '1' && clientSecret !== undefined)
          throw new Error('--client-secret: an application with --public 1 has none');
        if (options.team !== undefined) await requireTeam(context.database, options.team);
        requireRedirectUris(options['redirect-uri'], { outOfBand: true });
        const { client, secret } = await createClient(context, profile, {
          id: clientId,
          secret: clientSecret,
          name: options.name,
          redirectUris: options['redirect-uri'],
          scopes: splitScope(options.scopes ?? ''),
          ...(options.team !== undefined && { ownerId: options.team }),
          isPublic: options.public === '1',
          passwordGrant: readPasswordGrant(options['password-grant']),
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
    update: command({
      description: 'Switch the password grant of an application',
      options: { id, 'password-grant': { ...passwordGrantOption['password-grant'], required: true } },
      async run({ id, 'password-grant': value }, context) {
        const allowed = readPasswordGrant(value);
        if (!(await setPasswordGrant(context, profile, id, allowed))) throw new Error(`There is no application ${id}`);
        return { client_id: id, password_grant: allowed };
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
        username: { description: 'login of the sign-in form', required: true },
        password: { description: 'password', required: true },
        nickname: { description: 'name that others see (default: the username)' },
        email: { description: 'e-mail address (default: the username)' },
        'second-step': { description: '1: signing in takes a code sent through WeChat' },
        id: { description: 'id, for a user who has one already (default: a new random one)' },
      },
      async run({ id, username, password, nickname = username, email = username, 'second-step': secondStep }, context) {
        requireResourceId(id);
        requireEmail(email);
        const newUser = { id, username, password, nickname, email, secondStep: secondStep === '1' };
        const user = await createUser(context, newUser).catch(async (error: unknown) => {
          if (!isUniqueViolation(error)) throw error;
          const hasId = id !== undefined && (await findUser(context.database, id)) !== undefined;
          throw new Error(`There is a user ${hasId ? id : username} already`);
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
      description: 'Delete a user with their memberships and tokens',
      options: { id },
      run: ({ id }, { database }) =>
        transact(database, async (trx) => {
          const { numDeletedRows } = await trx
            .deleteFrom('tower_users')
            .where('id', '=', id)
            .executeTakeFirst()
            .catch((error: unknown) => {
              // What the user has created belongs to the team.
              throw isForeignKeyViolation(error) ? new Error(`The user ${id} has created something in a team`) : error;
            });
          if (numDeletedRows === 0n) throw new Error(`There is no user ${id}`);
          await deleteSignIns(trx, profile, id);
          return { deleted: id };
        }),
    }),
  },

  team: {
    ...transferCommands,
    create: command({
      description: 'Create a team',
      options: {
        name: { description: 'name', required: true },
        owner: { description: 'username of its owner', required: true },
        member: { description: 'username of a member', repeatable: true },
        id: { description: 'id, for a team that has one already (default: a new random one)' },
      },
      async run({ id, name, owner, member: members }, { clock, database }) {
        requireResourceId(id);
        return transact(database, async (trx) => {
          const now = clock.now();
          const team = await createTeam(trx, { id, name }, now).catch((error: unknown) => {
            throw isUniqueViolation(error) ? new Error(`There is a team ${id} already`) : error;
          });
          for (const [index, username] of [owner, ...members].entries()) {
            const user = await findUserByUsername(trx, username);
            if (user === undefined) throw new Error(`There is no user ${username}`);
            await addMember(trx, { teamId: team.id, user, role: index === 0 ? 'owner' : 'member' }, now);
          }
          return { id: team.id, name };
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
      description: 'Delete a team with its members and applications',
      options: { id },
      async run({ id }, context) {
        if (!(await deleteTeam(id, context))) throw new Error(`There is no team ${id}`);
        return { deleted: id };
      },
    }),
  },
};

/** Checks that the id of a user or team has the form of the contract's resource ids (T-31). */
function requireResourceId(id: string | undefined): void {
  if (id !== undefined && !/^[0-9a-f]{32}$/.test(id))
    throw new Error('--id must be 32 hexadecimal digits in lower case');
}
