import { sql } from 'kysely';
import type { Database, Transaction } from '../database/open.ts';
import { engineOf, lockInTransaction, transact } from '../database/transact.ts';
import type { Demo } from '../http/api.ts';
import { md5 } from '../secrets.ts';
import { prepareApp } from './model/apps.ts';
import { addSupporter } from './model/supporters.ts';
import { createToken } from './model/tokens.ts';
import { saveUser } from './model/users.ts';

// These credentials are public. Only a sandbox has them.
const demoApp = {
  appid: 1,
  appsecret: 'gobelieve-demo-secret',
  name: '演示应用',
  storeId: 1,
  seller: { uid: 500, name: '演示客服', token: 'DemoTokenOfSeller500ofApp1xxxx' },
  users: [
    { uid: 10001, name: '演示用户甲', token: 'DemoTokenOfUser10001ofApp1xxxx' },
    { uid: 10002, name: '演示用户乙', token: 'DemoTokenOfUser10002ofApp1xxxx' },
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
type DemoApp = typeof demoApp;

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
    other_app: toCredentials(otherApp),
  }),

  tryIt: (baseUrl) => `${sendCommand(baseUrl)} &&
curl -s ${baseUrl}/messages -H 'Authorization: Bearer ${demoApp.users[1]?.token}'`,

  stream: {
    path: '/client/events',
    authorization: `Bearer ${demoApp.users[1]?.token}`,
    send: (baseUrl) => sendCommand(baseUrl),
  },
};

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
