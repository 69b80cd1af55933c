import { sql } from 'kysely';
import type { Database, Transaction } from '../database/open.ts';
import { engineOf, lockInTransaction, transact } from '../database/transact.ts';
import { demoTime } from '../demo-time.ts';
import type { Demo, DemoName, DemoPerson } from '../http/api.ts';
import { demoPeople } from '../http/demo-names.ts';
import { md5 } from '../secrets.ts';
import { customer, type DemoUser, groups, supporter, users } from './demo-content.ts';
import { DemoPlan } from './demo-plan.ts';
import { samplesOf, storeSampleFiles } from './demo-samples.ts';
import { prepareApp } from './model/apps.ts';
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
  seller: supporter,
  users,
};
const otherApp = {
  appid: 2,
  appsecret: 'gobelieve-other-demo-secret',
  name: '另一个演示应用',
  storeId: 2,
  seller: { uid: 500, name: '另一个应用的客服', token: 'DemoTokenOfSeller500ofApp2xxxx' },
  users: [{ uid: 10001, name: '另一个应用的用户', token: 'DemoTokenOfUser10001ofApp2xxxx' }],
};

interface DemoApp {
  appid: number;
  appsecret: string;
  name: string;
  storeId: number;
  seller: SignIn;
  users: readonly SignIn[];
}

type SignIn = Pick<DemoUser, 'uid' | 'name' | 'token'>;

/**
 * Two apps, each with users, a store and a supporter. The first one also has groups, a customer, and three weeks of
 * messages; the other shows that apps are isolated.
 */
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
      const now = clock.now();
      for (const { app, row } of prepared) await insertDemoApp(trx, app, row, now);
      await insertConversations(trx, now);
      await advanceCounters(trx);
    });
    await storeSampleFiles(context, demoApp.appid);
  },

  async names(database) {
    const { appid } = demoApp;
    const app = await database.selectFrom('gobelieve_apps').select('id').where('id', '=', appid).executeTakeFirst();
    const uids = demo.people.map(({ uid }) => Number(uid));
    const rows = await database
      .selectFrom('gobelieve_users')
      .select('uid')
      .where('app_id', '=', appid)
      .where('uid', 'in', uids)
      .execute();
    const there = new Set(rows.map(({ uid }) => uid));
    const kindOf = ({ uid }: DemoPerson) => (uid === customer.uid ? 'customers' : 'users');
    return new Map<string, DemoName>([
      ...demoPeople(demo.people, ({ uid }) => (there.has(Number(uid)) ? uid : undefined), kindOf),
      ...(app ? [['demo_app', { kind: 'apps', id: app.id }] as const] : []),
    ]);
  },

  credentials: (baseUrl, { socketPorts }) => ({
    base_url: baseUrl,
    ws_url: `${baseUrl.replace(/^http/, 'ws')}/ws`,
    ...(socketPorts.has('IM_PORT') && {
      tcp_host: new URL(baseUrl).hostname,
      tcp_port: socketPorts.get('IM_PORT'),
    }),
    ...toCredentials(demoApp),
    group_id: 1,
    customer: { customer_id: customer.customerKey, client_id: customer.uid, token: customer.token },
    other_app: toCredentials(otherApp),
  }),

  people: [...users, supporter, customer].map(toPerson),

  samples: samplesOf(demoApp),

  tryIt: (baseUrl) => `${sendCommand(baseUrl)} &&
curl -s ${baseUrl}/messages -H 'Authorization: Bearer ${users[1].token}'`,

  stream: {
    path: '/client/events',
    authorization: `Bearer ${users[1].token}`,
    send: (baseUrl) => sendCommand(baseUrl),
  },

  pages: [chatPage(demoApp.appid, chatPeople())],
};

function toPerson({ key, name, state, uid, token }: DemoUser): DemoPerson {
  return { key, name, ...(state && { state }), uid, token };
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
  const created_at = demoTime(now, -20, 0);
  await trx
    .insertInto('gobelieve_apps')
    .values({ ...row, id: appid, created_at })
    .execute();
  await trx.insertInto('gobelieve_stores').values({ id: storeId, app_id: appid, name: '演示咨询台' }).execute();
  await addSupporter(trx, { appid, storeId, uid: seller.uid, name: seller.name }, created_at);
  for (const { uid, name, token } of [...users, seller]) {
    await saveUser(trx, appid, uid, { name });
    // Not earlier, because tokens may expire (GOBELIEVE_TOKEN_DAYS).
    await createToken(trx, { appid, uid }, now, token);
  }
}

/** The groups, the customer and the messages of the demo app. */
async function insertConversations(trx: Transaction, now: number): Promise<void> {
  const { appid } = demoApp;
  const plan = new DemoPlan(appid, now);
  await trx.insertInto('gobelieve_groups').values(plan.groups).execute();
  await trx.insertInto('gobelieve_members').values(plan.members).execute();
  await trx.insertInto('gobelieve_memberships').values(plan.memberships).execute();
  await trx.insertInto('gobelieve_messages').values(plan.messages).execute();
  await trx.insertInto('gobelieve_queue_entries').values(plan.entries).execute();
  const { uid, customerKey: customer_key, name, token } = customer;
  await trx
    .insertInto('gobelieve_customers')
    .values({ app_id: appid, client_id: uid, customer_key, created_at: demoTime(now, -11, 0) })
    .execute();
  await saveUser(trx, appid, uid, { name });
  await createToken(trx, { appid, uid }, now, token);
  await trx
    .insertInto('gobelieve_chosen_supporters')
    .values({ app_id: appid, uid, supporter_uid: supporter.uid })
    .execute();
  await trx
    .updateTable('gobelieve_users')
    .set({ acknowledged_id: plan.acknowledgedId })
    .where('app_id', '=', appid)
    .execute();
  await trx
    .updateTable('gobelieve_apps')
    .set({ last_message_id: plan.lastId, last_client_id: uid })
    .where('id', '=', appid)
    .execute();
}

/** The two users write to each other and to their group; the supporter and the customer write to each other. */
function chatPeople(): ChatPerson[] {
  const writers = users.slice(0, 2);
  const [group] = groups;
  const ofGroup = { kind: 'group' as const, id: 1, name: { zh: group?.name ?? '', en: group?.english ?? '' } };
  const toChat = (kind: 'peer' | 'customer', { uid, name, english }: DemoUser) => ({
    kind,
    id: uid,
    name: { zh: name, en: english },
  });
  const toChatPerson = (person: DemoUser, chats: ChatPerson['chats']) => ({
    uid: person.uid,
    name: { zh: person.name, en: person.english },
    token: person.token,
    chats,
  });
  return [
    ...writers.map((user) =>
      toChatPerson(user, [...writers.filter((other) => other !== user).map((other) => toChat('peer', other)), ofGroup]),
    ),
    toChatPerson(supporter, [toChat('customer', customer)]),
    toChatPerson(customer, [toChat('customer', supporter)]),
  ];
}

const hasApps = async (database: Database | Transaction) =>
  (await database.selectFrom('gobelieve_apps').select('id').limit(1).executeTakeFirst()) !== undefined;

/** PostgreSQL's sequences do not count ids that were inserted. */
async function advanceCounters(trx: Transaction): Promise<void> {
  if (engineOf(trx) === 'sqlite') return;
  for (const table of ['gobelieve_apps', 'gobelieve_stores', 'gobelieve_groups']) {
    const newest = sql`select max(id) from ${sql.table(table)}`;
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), (${newest}))`.execute(trx);
  }
}
