import type { Transaction } from '../database/open.ts';
import { lockInTransaction, transact } from '../database/transact.ts';
import type { Demo } from '../http/api.ts';
import { sha256 } from '../secrets.ts';
import { COMMON, createApp, DEVELOPER, prepareApp } from './model/applications.ts';
import { prepareUser } from './model/users.ts';
import { profile } from './profile.ts';

// Known to everybody, and made only in a sandbox.
const app = { id: 'UC00000000demo1', secret: 'ucenter-demo-secret', redirectUri: 'http://127.0.0.1:8080/callback' };
const secondApp = {
  id: 'UC00000000demo2',
  secret: 'ucenter-second-demo-secret',
  redirectUri: 'http://127.0.0.1:8081/callback',
};
const people = {
  user: { id: 101, username: 'demo', password: 'demo-password', email: 'demo@ucenter.example', phone: '13800000101' },
  second_user: {
    id: 102,
    username: 'second',
    password: 'second-password',
    email: 'second@ucenter.example',
    phone: '13800000102',
  },
  admin: {
    id: 103,
    username: 'admin',
    password: 'admin-password',
    email: 'admin@ucenter.example',
    phone: '13800000103',
  },
};
const expiredToken = 'ExpiredDemoTokenExpiredDemoTokenExpired1';

/**
 * Two apps and three people: `admin` develops the first app, where `user` is an editor; `second_user` is an ordinary
 * user there and develops the second one.
 */
export const demo: Demo = {
  async create({ database }) {
    const anybody = await database.selectFrom('ucenter_users').select('id').limit(1).executeTakeFirst();
    if (anybody !== undefined) return;
    const [rows, first, second] = await Promise.all([
      Promise.all(Object.values(people).map(prepareUser)),
      prepareApp({ ...app, name: '演示应用', redirectUris: [app.redirectUri] }),
      prepareApp({ ...secondApp, name: '第二个演示应用', redirectUris: [secondApp.redirectUri] }),
    ]);
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:ucenter');
      if ((await trx.selectFrom('ucenter_users').select('id').limit(1).executeTakeFirst()) !== undefined) return;
      await trx.insertInto('ucenter_users').values(rows).execute();
      const roles = await createApp(trx, first.row);
      // Later than the first: people who register get their role in the oldest app.
      const secondRoles = await createApp(trx, { ...second.row, created_at: first.row.created_at + 1 });
      const editor = await createEditor(trx);
      const { user, second_user, admin } = people;
      await trx
        .insertInto('ucenter_user_roles')
        .values([
          { user_id: admin.id, role_id: roles[DEVELOPER] },
          { user_id: user.id, role_id: editor },
          { user_id: second_user.id, role_id: roles[COMMON] },
          { user_id: second_user.id, role_id: secondRoles[DEVELOPER] },
          { user_id: user.id, role_id: secondRoles[COMMON] },
        ])
        .execute();
      await insertExpiredToken(trx, first.row.created_at);
    });
  },

  credentials: (baseUrl) => ({
    base_url: baseUrl,
    ...toCredentials(app),
    second_app: toCredentials(secondApp),
    ...Object.fromEntries(
      Object.entries(people).map(([name, { id, ...person }]) => [name, { user_id: id, ...person }]),
    ),
    expired_access_token: expiredToken,
  }),

  tryIt: (baseUrl) => `curl -s ${baseUrl}/api/oauth/accessToken \\
  -d grant_type=password -d client_id=${app.id} -d client_secret=${app.secret} \\
  -d username=${people.user.username} -d password=${people.user.password}`,
};

const toCredentials = ({ id, secret, redirectUri }: typeof app) => ({
  client_id: id,
  client_secret: secret,
  redirect_uri: redirectUri,
});

/** A role of the first app with permissions. Returns its id. */
async function createEditor(trx: Transaction): Promise<number> {
  const { id } = await trx
    .insertInto('ucenter_roles')
    .values({ client_id: app.id, name: 'editor', title: '编辑' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const group = await trx
    .insertInto('ucenter_permissions')
    .values({ client_id: app.id, group_id: null, name: 'user', title: '用户管理' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const permissions = await trx
    .insertInto('ucenter_permissions')
    .values(
      Object.entries({ 'create-user': '创建用户', 'update-user': '修改用户', 'delete-user': '删除用户' }).map(
        ([name, title]) => ({ client_id: app.id, group_id: group.id, name, title }),
      ),
    )
    .returning('id')
    .execute();
  await trx
    .insertInto('ucenter_role_permissions')
    .values(permissions.map((permission) => ({ role_id: id, permission_id: permission.id })))
    .execute();
  return id;
}

/** For whoever wants to see what an expired token is answered with. */
async function insertExpiredToken(trx: Transaction, now: number): Promise<void> {
  await trx
    .insertInto('oauth_tokens')
    .values({
      id: expiredToken,
      api: profile.api,
      client_id: app.id,
      user_id: String(people.user.id),
      scope: Object.keys(profile.scopes).join(' '),
      access_hash: sha256(expiredToken),
      access_expires_at: now - 1000,
      grant_id: expiredToken,
      created_at: now - 1000 - profile.lifetimes.accessToken * 1000,
    })
    .execute();
}
