import type { Database, Transaction } from '../database/open.ts';
import { lockInTransaction, transact } from '../database/transact.ts';
import type { Demo, DemoPerson } from '../http/api.ts';
import { LOCAL_REDIRECT_URIS } from '../oauth/clients/redirect-uris.ts';
import { sha256 } from '../secrets.ts';
import { createApplication, prepareApplication } from './model/applications.ts';
import { COMMON, DEVELOPER } from './model/roles.ts';
import { prepareUser } from './model/users.ts';
import { defaultScopes, profile } from './profile.ts';

// These credentials are public. Only a sandbox has them.
const application = {
  id: 'UC00000000demo1',
  secret: 'ucenter-demo-secret',
  redirectUri: 'http://127.0.0.1:8080/callback',
};
const secondApplication = {
  id: 'UC00000000demo2',
  secret: 'ucenter-second-demo-secret',
  redirectUri: 'http://127.0.0.1:8081/second/callback',
};
const users = {
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
 * Two applications and three users. In the first application `admin` is the developer, `user` an editor and
 * `second_user` an ordinary user; in the second application `second_user` is the developer.
 */
export const demo: Demo = {
  async create(context) {
    const { database } = context;
    if (await hasUsers(database)) return;
    const [rows, first, second] = await Promise.all([
      Promise.all(Object.values(users).map((user) => prepareUser(user, context))),
      prepareApplication(
        { ...application, name: '演示应用', redirectUris: [application.redirectUri, ...LOCAL_REDIRECT_URIS] },
        context,
      ),
      prepareApplication(
        {
          ...secondApplication,
          name: '第二个演示应用',
          redirectUris: [secondApplication.redirectUri, 'http://127.0.0.1/second/callback'],
        },
        context,
      ),
    ]);
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:ucenter');
      if (await hasUsers(trx)) return;
      await trx.insertInto('ucenter_users').values(rows).execute();
      const roles = await createApplication(trx, first.row);
      // Created later than the first: new users get their role in the oldest application (U-23).
      const secondRoles = await createApplication(trx, { ...second.row, created_at: first.row.created_at + 1 });
      const editor = await createEditor(trx);
      const { user, second_user, admin } = users;
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
    ...toCredentials(application),
    second_app: toCredentials(secondApplication),
    ...Object.fromEntries(Object.entries(users).map(([name, { id, ...user }]) => [name, { user_id: id, ...user }])),
    expired_access_token: expiredToken,
  }),

  people: [
    toPerson('user', '演示用户', users.user),
    toPerson('second', '第二个用户', users.second_user),
    toPerson('admin', '管理员', users.admin),
  ],

  tryIt: (baseUrl) => `curl -s ${baseUrl}/api/oauth/accessToken \\
  -d grant_type=password -d client_id=${application.id} -d client_secret=${application.secret} \\
  -d username=${users.user.username} -d password=${users.user.password}`,
};

function toPerson(key: string, name: string, { id, username, password }: typeof users.user): DemoPerson {
  return { key, name, user_id: id, username, password };
}

const hasUsers = async (database: Database | Transaction): Promise<boolean> =>
  (await database.selectFrom('ucenter_users').select('id').limit(1).executeTakeFirst()) !== undefined;

const toCredentials = ({ id, secret, redirectUri }: typeof application) => ({
  client_id: id,
  client_secret: secret,
  redirect_uri: redirectUri,
});

/** Creates a role of the first application with permissions. Returns its id. */
async function createEditor(trx: Transaction): Promise<number> {
  const { id } = await trx
    .insertInto('ucenter_roles')
    .values({ client_id: application.id, name: 'editor', title: '编辑' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const group = await trx
    .insertInto('ucenter_permissions')
    .values({ client_id: application.id, group_id: null, name: 'user', title: '用户管理' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const permissions = await trx
    .insertInto('ucenter_permissions')
    .values(
      Object.entries({ 'create-user': '创建用户', 'update-user': '修改用户', 'delete-user': '删除用户' }).map(
        ([name, title]) => ({ client_id: application.id, group_id: group.id, name, title }),
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

/** With this token callers can see the answer to an expired one. */
async function insertExpiredToken(trx: Transaction, now: number): Promise<void> {
  await trx
    .insertInto('oauth_tokens')
    .values({
      id: expiredToken,
      api: profile.api,
      client_id: application.id,
      user_id: String(users.user.id),
      scope: defaultScopes.join(' '),
      access_hash: sha256(expiredToken),
      access_expires_at: now - 1000,
      grant_id: expiredToken,
      created_at: now - 1000 - profile.lifetimes.accessToken * 1000,
    })
    .execute();
}
