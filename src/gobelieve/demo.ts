import { sql } from 'kysely';
import type { Context } from '../context.ts';
import type { Database, Transaction } from '../database/open.ts';
import { engineOf, lockInTransaction, transact } from '../database/transact.ts';
import type { Demo, DemoPerson } from '../http/api.ts';
import { md5 } from '../secrets.ts';
import { prepareApp } from './model/apps.ts';
import { createClientId, FIRST_CLIENT_ID } from './model/customers.ts';
import { insertGroup } from './model/groups.ts';
import { addSupporter } from './model/supporters.ts';
import { createToken } from './model/tokens.ts';
import { saveUser } from './model/users.ts';
import { chatPage } from './pages/chat.ts';
import type { ChatPerson } from './pages/chat-data.ts';

// These credentials are public. Only a sandbox has them.
const demoApp = {
  appid: 1,
  appsecret: 'gobelieve-demo-secret',
  name: '演示应用',
  storeId: 1,
  seller: { uid: 500, name: '演示客服', english: 'Demo supporter', token: 'DemoTokenOfSeller500ofApp1xxxx' },
  users: [
    { uid: 10001, name: '演示用户甲', english: 'Demo user A', token: 'DemoTokenOfUser10001ofApp1xxxx' },
    { uid: 10002, name: '演示用户乙', english: 'Demo user B', token: 'DemoTokenOfUser10002ofApp1xxxx' },
  ],
};
const otherApp = {
  appid: 2,
  appsecret: 'gobelieve-other-demo-secret',
  name: '另一个演示应用',
  storeId: 2,
  seller: { uid: 500, name: '另一位演示客服', token: 'DemoTokenOfSeller500ofApp2xxxx' },
  users: [{ uid: 10001, name: '另一个应用的用户', token: 'DemoTokenOfUser10001ofApp2xxxx' }],
};
type DemoApp = typeof otherApp;

/** The first group and the first customer of the installation. */
const demoGroup = { gid: 1, name: '演示群' };
const demoCustomer = {
  uid: FIRST_CLIENT_ID + 1,
  key: 'demo-customer',
  name: '演示顾客',
  english: 'Demo customer',
  token: 'DemoTokenOfCustomerOfApp1xxxxx',
};

/** Two apps, each with users, a store and a supporter: one to try the API, the other to show that apps are isolated. */
export const demo: Demo = {
  async create(context) {
    const { clock, database } = context;
    if (await hasApps(database)) return;
    const prepared = await Promise.all(
      [demoApp, otherApp].map(async (app) => ({
        app,
        row: (await prepareApp({ name: app.name, secret: app.appsecret }, context)).row,
      })),
    );
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:gobelieve');
      if (await hasApps(trx)) return;
      for (const { app, row } of prepared) await insertDemoApp(trx, app, row, clock.now());
      await advanceCounters(trx);
      await insertConversations(trx, context);
    });
  },

  credentials: (baseUrl, { socketPorts }) => ({
    base_url: baseUrl,
    ws_url: `${baseUrl.replace(/^http/, 'ws')}/ws`,
    ...(socketPorts.has('IM_PORT') && {
      tcp_host: new URL(baseUrl).hostname,
      tcp_port: socketPorts.get('IM_PORT'),
    }),
    ...toCredentials(demoApp),
    group_id: demoGroup.gid,
    customer: { customer_id: demoCustomer.key, client_id: demoCustomer.uid, token: demoCustomer.token },
    other_app: toCredentials(otherApp),
  }),

  people: [
    ...demoApp.users.map((user, index) => toPerson(index === 0 ? 'owner' : 'member', user)),
    toPerson('supporter', demoApp.seller),
    toPerson('customer', demoCustomer),
  ],

  tryIt: (baseUrl) => `${sendCommand(baseUrl)} &&
curl -s ${baseUrl}/messages -H 'Authorization: Bearer ${demoApp.users[1]?.token}'`,

  stream: {
    path: '/client/events',
    authorization: `Bearer ${demoApp.users[1]?.token}`,
    send: (baseUrl) => sendCommand(baseUrl),
  },

  pages: [chatPage(demoApp.appid, chatPeople())],
};

function toPerson(key: string, { name, uid, token }: DemoApp['seller']): DemoPerson {
  return { key, name, uid, token };
}

const sendCommand = (
  baseUrl: string,
) => `curl -s -u ${demoApp.appid}:${md5(demoApp.appsecret)} ${baseUrl}/messages/peers \\
  -d '{"sender":10001,"receiver":10002,"content":"{\\"text\\":\\"你好\\"}"}'`;

const toCredentials = ({ appid, appsecret, storeId, seller, users }: DemoApp) => ({
  appid,
  appsecret,
  store_id: storeId,
  seller_id: seller.uid,
  seller_token: seller.token,
  users: users.map(({ uid, token }) => ({ uid, token })),
});

async function insertDemoApp(
  trx: Transaction,
  app: DemoApp,
  row: Awaited<ReturnType<typeof prepareApp>>['row'],
  now: number,
) {
  const { appid, storeId, seller, users } = app;
  await trx
    .insertInto('gobelieve_apps')
    .values({ id: appid, ...row })
    .execute();
  await trx.insertInto('gobelieve_stores').values({ id: storeId, app_id: appid, name: '演示咨询台' }).execute();
  await addSupporter(trx, { appid, storeId, uid: seller.uid, name: seller.name }, now);
  for (const { uid, name, token } of [...users, seller]) {
    await saveUser(trx, appid, uid, { name });
    await createToken(trx, { appid, uid }, now, token);
  }
}

/** A group of the users, and a customer. */
async function insertConversations(trx: Transaction, context: Context): Promise<void> {
  const { appid, users } = demoApp;
  const [master] = users;
  const group = {
    master: master?.uid as number,
    name: demoGroup.name,
    isSuper: false,
    members: users.map(({ uid, name }) => ({ uid, name })),
  };
  await insertGroup(context, trx, appid, group);
  const now = context.clock.now();
  const uid = await createClientId(trx, appid, demoCustomer.key, now);
  await saveUser(trx, appid, uid, { name: demoCustomer.name });
  await createToken(trx, { appid, uid }, now, demoCustomer.token);
}

type Named = { uid: number; name: string; english: string };

/** The two users write to each other and to their group; the supporter and the customer write to each other. */
function chatPeople(): ChatPerson[] {
  const { users, seller } = demoApp;
  const group = { kind: 'group' as const, id: demoGroup.gid, name: { zh: demoGroup.name, en: 'Demo group' } };
  const toChat = (kind: 'peer' | 'customer', { uid, name, english }: Named) => ({
    kind,
    id: uid,
    name: { zh: name, en: english },
  });
  const toChatPerson = (person: Named & { token: string }, chats: ChatPerson['chats']) => ({
    uid: person.uid,
    name: { zh: person.name, en: person.english },
    token: person.token,
    chats,
  });
  return [
    ...users.map((user) =>
      toChatPerson(user, [...users.filter((other) => other !== user).map((other) => toChat('peer', other)), group]),
    ),
    toChatPerson(seller, [toChat('customer', demoCustomer)]),
    toChatPerson(demoCustomer, [toChat('customer', seller)]),
  ];
}

const hasApps = async (database: Database | Transaction) =>
  (await database.selectFrom('gobelieve_apps').select('id').limit(1).executeTakeFirst()) !== undefined;

/** PostgreSQL's sequences do not count ids that were inserted. */
async function advanceCounters(trx: Transaction): Promise<void> {
  if (engineOf(trx) === 'sqlite') return;
  for (const table of ['gobelieve_apps', 'gobelieve_stores']) {
    const newest = sql`select max(id) from ${sql.table(table)}`;
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), (${newest}))`.execute(trx);
  }
}
