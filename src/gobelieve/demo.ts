import { sql } from 'kysely';
import type { Database, Transaction } from '../database/open.ts';
import { engineOf, lockInTransaction, transact } from '../database/transact.ts';
import type { Demo } from '../http/api.ts';
import { md5 } from '../secrets.ts';
import { addSupporter, prepareApp } from './apps.ts';
import { createToken } from './tokens.ts';
import { saveUser } from './users.ts';

// Known to everybody, and made only in a sandbox.
const apps = [
  { appid: 1, appsecret: 'gobelieve-demo-secret', name: '演示应用' },
  { appid: 2, appsecret: 'gobelieve-other-demo-secret', name: '另一个演示应用' },
] as const;
const storeId = 1;
const users = [
  { uid: 10001, name: '演示用户甲', token: 'DemoTokenOfUser10001xxxxxxxxxx' },
  { uid: 10002, name: '演示用户乙', token: 'DemoTokenOfUser10002xxxxxxxxxx' },
] as const;
const supporter = { uid: 500, name: '演示客服', token: 'DemoTokenOfSupporter500xxxxxxx' } as const;

/** An app with two users, a store and its supporter; and another app with nothing, for what must stay apart. */
export const demo: Demo = {
  async create({ database }) {
    if (await hasApps(database)) return;
    const prepared = await Promise.all(apps.map(({ name, appsecret }) => prepareApp({ name, secret: appsecret })));
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:gobelieve');
      if (await hasApps(trx)) return;
      for (const [index, { row }] of prepared.entries())
        await trx
          .insertInto('gobelieve_apps')
          .values({ ...row, id: apps[index]?.appid })
          .execute();
      const [{ appid }] = apps;
      await trx.insertInto('gobelieve_stores').values({ id: storeId, app_id: appid, name: '演示咨询台' }).execute();
      await countOn(trx);
      await addSupporter(trx, { appid, storeId, uid: supporter.uid, name: supporter.name });
      for (const { uid, name, token } of [...users, supporter]) {
        await saveUser(trx, appid, uid, { name });
        await createToken(trx, { appid, uid, token });
      }
    });
  },

  credentials: (baseUrl) => ({
    base_url: baseUrl,
    appid: apps[0].appid,
    appsecret: apps[0].appsecret,
    users: users.map(({ uid, token }) => ({ uid, token })),
    store_id: storeId,
    supporter: { uid: supporter.uid, token: supporter.token },
    other_app: { appid: apps[1].appid, appsecret: apps[1].appsecret },
  }),

  tryIt: (baseUrl) => `curl -s -u ${apps[0].appid}:${md5(apps[0].appsecret)} ${baseUrl}/auth/grant -d '{"uid":10003}'`,
};

const hasApps = async (database: Database | Transaction) =>
  (await database.selectFrom('gobelieve_apps').select('id').limit(1).executeTakeFirst()) !== undefined;

/** PostgreSQL does not notice ids that it did not give out itself. */
async function countOn(trx: Transaction): Promise<void> {
  if (engineOf(trx) === 'sqlite') return;
  for (const table of ['gobelieve_apps', 'gobelieve_stores']) {
    const newest = sql`select max(id) from ${sql.table(table)}`;
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), (${newest}))`.execute(trx);
  }
}
