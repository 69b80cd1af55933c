import type { Derived, SeedContext, Seeded, SeedKind } from '../http/api.ts';
import { fieldError } from '../http/field-error.ts';
import { seedRedirectUris } from '../oauth/clients/seed-client.ts';
import type { UserRow } from './database/tables.ts';
import { insertApp, keyKinds, prepareApp } from './model/apps.ts';
import type { Caller } from './model/callers.ts';
import { findOrCreateConversation } from './model/conversations.ts';
import { PpmessageError } from './model/errors.ts';
import { addToGroup, requireGroup } from './model/groups.ts';
import { sendMessage } from './model/send-message.ts';
import { findUserByEmail, prepareUser, requireUser, requireUsers } from './model/users.ts';

interface NewPerson {
  email: string;
  password?: string;
  fullname?: string;
}

interface NewApp {
  name: string;
  owner: NewPerson;
  redirect_uris?: readonly string[];
}

interface NewGroup {
  app: string;
  name: string;
  desc?: string;
  members?: readonly string[];
}

interface NewConversation {
  app: string;
  creator: string;
  members?: readonly string[];
  group?: string;
  name?: string;
}

const apps: SeedKind = {
  contains: { owner: 'users' },
  async create({ name, owner, redirect_uris: given }: NewApp, context) {
    const { derived } = context;
    const uuid = derived.uuid();
    const redirectUris = seedRedirectUris(given);
    const agent = await prepareAgent(uuid, owner, 'OWNER_3', context, 'owner');
    const app = await prepareApp(context, { uuid, name, owner: agent.row, redirectUris, keys: keysOf(derived) });
    await insertApp(context.database, app);
    const { apiKey: api_key, apiSecret: api_secret } = app.own;
    return {
      id: uuid,
      app: { app_uuid: uuid, api_key, api_secret, redirect_uri: redirectUris[0] },
      contained: { owner: agent.seeded },
    };
  },
};

const users: SeedKind = {
  names: { app: ['apps'] },
  async create({ app, ...person }: NewPerson & { app: string }, context) {
    const { row, seeded } = await prepareAgent(app, person, 'SERVICE', context);
    await requireFreeEmail(app, person.email, context);
    await context.database.insertInto('ppmessage_users').values(row).execute();
    return seeded;
  },
};

const customers: SeedKind = {
  names: { app: ['apps'] },
  async create(entry: { app: string; email: string; fullname?: string }, context) {
    const { app, email, fullname = email.split('@')[0] as string } = entry;
    await requireFreeEmail(app, email, context);
    const uuid = context.derived.uuid();
    const row = await prepareUser(app, { uuid, email, fullname, isAgent: false, language: 'zh_cn' }, context);
    await context.database.insertInto('ppmessage_users').values(row).execute();
    return { id: row.uuid, person: { name: fullname, user_uuid: row.uuid, user_email: row.user_email } };
  },
};

const groups: SeedKind = {
  names: { app: ['apps'], members: ['users'] },
  async create({ app, name, desc = name, members = [] }: NewGroup, context) {
    const now = context.clock.now();
    const group = await context.database
      .insertInto('ppmessage_groups')
      .values({
        uuid: context.derived.uuid(),
        app_uuid: app,
        group_name: name,
        group_desc: desc,
        group_icon: null,
        is_distributor: 0,
        group_visible_for_ppcom: 1,
        group_visible_order_for_ppcom: null,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await addToGroup(group, await requireUsers(members, managerOf(app), context), context);
    return { id: group.uuid };
  },
};

const conversations: SeedKind = {
  inTime: true,
  names: { app: ['apps'], creator: ['users', 'customers'], members: ['users', 'customers'], group: ['groups'] },
  async create({ app, creator: creatorUuid, members, group: groupUuid, name }: NewConversation, context) {
    const caller = managerOf(app);
    const creator = await requireUser(creatorUuid, caller, context);
    const others = members && (await requireUsers(members, caller, context)).filter(({ uuid }) => uuid !== creatorUuid);
    if (others?.some((user) => user.is_service_user === 0))
      throw fieldError('members', 'must be agents; a conversation with a customer is one that the customer begins');
    const type = creator.is_service_user === 0 ? 'P2S' : 'S2S';
    if (type === 'S2S' && others === undefined) throw fieldError('members', 'is required when an agent begins');
    const group = groupUuid === undefined ? undefined : await requireGroup(groupUuid, caller, context);
    const wanted = { uuid: context.derived.uuid(), type, creator, members: others, group, name } as const;
    const { database, clock } = context;
    const { conversation } = await findOrCreateConversation(database, wanted, clock.now()).catch((error: unknown) => {
      const isAlone = error instanceof PpmessageError && error.reason === 'noConversationMember';
      throw isAlone ? fieldError('members', 'must name another user, as the app has no agents') : error;
    });
    return { id: conversation.uuid };
  },
};

const messages: SeedKind = {
  inTime: true,
  names: { conversation: ['conversations'], sender: ['users', 'customers'] },
  async create(entry: { conversation: string; sender: string; body: string }, context) {
    const { app_uuid: app } = await context.database
      .selectFrom('ppmessage_conversations')
      .select('app_uuid')
      .where('uuid', '=', entry.conversation)
      .executeTakeFirstOrThrow();
    const uuid = context.derived.uuid();
    const message = {
      uuid,
      conversation_uuid: entry.conversation,
      from_uuid: entry.sender,
      from_type: 'DU',
      to_uuid: entry.conversation,
      to_type: 'CV',
      message_type: 'NOTI',
      message_subtype: 'TEXT',
      message_body: entry.body,
    };
    await sendMessage(message, managerOf(app), context).catch((error: unknown) => {
      const isStranger = error instanceof PpmessageError && error.reason !== 'unacceptableMessage';
      throw isStranger ? fieldError('sender', 'must be in the conversation') : error;
    });
    return { id: uuid };
  },
};

export const seed = { apps, users, customers, groups, conversations, messages };

/** The owner of an app at a console, who may act for all of its users. */
const managerOf = (appUuid: string): Caller => ({
  appUuid,
  apiUuid: appUuid,
  apiKey: '',
  tokenId: '',
  userUuid: null,
  isOwnProgram: false,
  managesUsers: true,
});

/** The keys of an app. */
const keysOf = (derived: Derived) =>
  Object.fromEntries(
    keyKinds.map((kind) => [
      kind,
      { apiKey: derived.hex(16, `${kind} key`), apiSecret: derived.hex(16, `${kind} secret`) },
    ]),
  );

/** @param part of the entry that the agent is */
async function prepareAgent(
  app: string,
  { email, password: given, fullname = email }: NewPerson,
  status: UserRow['user_status'],
  context: SeedContext,
  part = 'id',
): Promise<{ row: Awaited<ReturnType<typeof prepareUser>>; seeded: Seeded }> {
  const { derived } = context;
  const password = given ?? derived.alphanumeric(12, 'password');
  const user = {
    uuid: derived.uuid(part),
    email,
    password,
    fullname,
    isAgent: true,
    language: 'zh_cn',
    status,
  } as const;
  const row = await prepareUser(app, user, context);
  const person = { name: fullname, user_uuid: row.uuid, user_email: row.user_email, user_password: password };
  return { row, seeded: { id: row.uuid, person } };
}

async function requireFreeEmail(app: string, email: string, { database }: SeedContext): Promise<void> {
  if ((await findUserByEmail(app, email, database)) !== undefined) throw fieldError('email', 'is taken', 'conflict');
}
