import type { SeedContext, SeedKind } from '../http/api.ts';
import { fieldError } from '../http/field-error.ts';
import { prepareApp } from './model/apps.ts';
import { authenticateCustomer, FIRST_CLIENT_ID, findClientId } from './model/customers.ts';
import { GobelieveError } from './model/errors.ts';
import { insertGroup } from './model/groups.ts';
import { sendCustomerMessage, sendGroupMessage, sendPeerMessage } from './model/messages.ts';
import { createStore } from './model/stores.ts';
import { addSupporter } from './model/supporters.ts';
import { grantToken } from './model/tokens.ts';
import { findUserName } from './model/users.ts';

/** The uid of the first user of an app who is given none. */
const FIRST_UID = 10_001;

interface NewGroup {
  app: number;
  master: number;
  name: string;
  members?: readonly number[];
  super?: boolean;
}

interface NewMessage {
  app: number;
  sender: number;
  receiver: number;
  content: string;
}

const apps: SeedKind = {
  async create({ name }: { name: string }, context) {
    const { row, secret } = await prepareApp({ name, secret: context.derived.hex(16, 'secret') }, context);
    const apps = context.database.insertInto('gobelieve_apps').values(row);
    const { id } = await apps.returning('id').executeTakeFirstOrThrow();
    return { id, app: { appid: id, appsecret: secret } };
  },
};

const users: SeedKind = {
  names: { app: ['apps'] },
  async create({ app, name, uid: given }: { app: number; name: string; uid?: number }, context) {
    const uid = given ?? (await nextUid(context, app));
    if ((await findUserName(context.database, app, uid)) !== undefined) throw fieldError('uid', 'is taken', 'conflict');
    const token = await grantToken(context, { appid: app, uid }, name, tokenOf(context));
    return { id: uid, person: { name, uid, token } };
  },
};

const stores: SeedKind = {
  names: { app: ['apps'], supporters: ['users'] },
  async create(entry: { app: number; name: string; supporters?: readonly number[] }, { clock, database }) {
    const { app: appid, name, supporters = [] } = entry;
    const { id: storeId } = await createStore(database, { appid, name });
    for (const uid of new Set(supporters)) {
      const supporter = { appid, storeId, uid, name: (await findUserName(database, appid, uid)) ?? String(uid) };
      await addSupporter(database, supporter, clock.now());
    }
    return { id: storeId };
  },
};

const customers: SeedKind = {
  names: { app: ['apps'] },
  async create({ app, customer_id: key, name }: { app: number; customer_id?: string; name?: string }, context) {
    if (key !== undefined && (await findClientId(context.database, app, key)) !== undefined)
      throw fieldError('customer_id', 'is taken', 'conflict');
    const unknown = { avatar: undefined, platformId: undefined, deviceId: undefined };
    const visit = { ...unknown, appid: app, key, name, token: tokenOf(context) };
    const { clientId: uid, token } = await authenticateCustomer(context, visit).catch((error: unknown) => {
      throw error instanceof GobelieveError ? fieldError('app', 'must have a store') : error;
    });
    return { id: uid, person: { name: name ?? String(uid), uid, token } };
  },
};

const groups: SeedKind = {
  names: { app: ['apps'], master: ['users'], members: ['users'] },
  async create({ app, master, name, members = [], super: isSuper = false }: NewGroup, context) {
    const group = { master, name, isSuper, members: [...new Set(members)].map((uid) => ({ uid })) };
    return { id: await insertGroup(context, context.database, app, group) };
  },
};

const messages: SeedKind = {
  inTime: true,
  names: { app: ['apps'], sender: ['users', 'customers'], receiver: ['users', 'customers', 'groups'] },
  async create({ app, sender, receiver, content }: NewMessage, context, kinds) {
    const message = { sender, receiver, content };
    if (!content.isWellFormed()) throw fieldError('content', 'must be valid Unicode');
    const isOfCustomer = kinds.sender === 'customers' || kinds.receiver === 'customers';
    if (kinds.receiver === 'groups') return { id: (await sendGroupMessage(context, app, message)).id };
    const send = isOfCustomer ? sendCustomerMessage : sendPeerMessage;
    return { id: (await send(context, app, message)).id };
  },
};

export const seed = { apps, users, stores, customers, groups, messages };

/** In the form of the tokens that GoBelieve makes. */
const tokenOf = ({ derived }: SeedContext): string => derived.alphanumeric(30, 'token');

/** The uid after the largest one of an ordinary user. */
async function nextUid({ database }: SeedContext, appid: number): Promise<number> {
  const { largest } = await database
    .selectFrom('gobelieve_users')
    .select(({ fn }) => fn.max('uid').as('largest'))
    .where('app_id', '=', appid)
    .where('uid', '<', FIRST_CLIENT_ID)
    .executeTakeFirstOrThrow();
  return Math.max(FIRST_UID, Number(largest ?? 0) + 1);
}
