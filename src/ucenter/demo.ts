import type { Context } from '../context.ts';
import type { Database, Transaction } from '../database/open.ts';
import { lockInTransaction, transact } from '../database/transact.ts';
import { demoTime } from '../demo-time.ts';
import type { Demo, DemoName, DemoPerson, DemoState } from '../http/api.ts';
import { demoPeople } from '../http/demo-names.ts';
import { demoApp } from '../oauth/clients/demo-app.ts';
import { LOCAL_REDIRECT_URIS } from '../oauth/clients/redirect-uris.ts';
import { sha256 } from '../secrets.ts';
import { type DemoUser, founded, permissions, roles, trusted, type UserName, users } from './demo-content.ts';
import { insertDemoRecords, storeDemoFiles } from './demo-records.ts';
import { insertSamples, samples, storeSampleFile } from './demo-samples.ts';
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
const expiredToken = 'ExpiredDemoTokenExpiredDemoTokenExpired1';

/**
 * Two applications and their users. In the first application `admin` is the developer, `user` an editor and `second_user`
 * an ordinary user; in the second application `second_user` is the developer.
 */
export const demo: Demo = {
  async create(context) {
    const { clock, database } = context;
    if (await hasUsers(database)) return;
    const now = clock.now();
    const names = Object.keys(users) as UserName[];
    const [rows, first, second] = await Promise.all([
      Promise.all(names.map((name) => prepareDemoUser(name, now, context))),
      prepareApplication(
        { ...application, name: '青禾编辑部', redirectUris: [application.redirectUri, ...LOCAL_REDIRECT_URIS] },
        context,
      ),
      prepareApplication(
        {
          ...secondApplication,
          name: '青禾报销',
          redirectUris: [secondApplication.redirectUri, 'http://127.0.0.1/second/callback'],
        },
        context,
      ),
      storeDemoFiles(context),
      storeSampleFile(context),
    ]);
    const created_at = demoTime(now, ...founded);
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:ucenter');
      if (await hasUsers(trx)) return;
      await trx.insertInto('ucenter_users').values(rows).execute();
      await insertDetails(trx);
      const own = await createApplication(trx, { ...first.row, created_at });
      // Created later than the first: new users get their role in the oldest application (U-23).
      const others = await createApplication(trx, { ...second.row, created_at: created_at + 1 });
      const { editor, reporter } = await createRoles(trx);
      await trx
        .insertInto('ucenter_user_roles')
        .values([
          ...[own[DEVELOPER], own[COMMON]].map((role_id) => ({ user_id: users.admin.id, role_id })),
          ...[own[COMMON], editor, reporter].map((role_id) => ({ user_id: users.user.id, role_id })),
          ...[own[COMMON], others[DEVELOPER]].map((role_id) => ({ user_id: users.second_user.id, role_id })),
          { user_id: users.unverified.id, role_id: own[COMMON] },
          { user_id: users.user.id, role_id: others[COMMON] },
        ])
        .execute();
      await insertDemoRecords(trx, application.id, now);
      await insertExpiredToken(trx, now);
      const signedIn = demo.people.map(({ key, user_id }) => ({ key, userId: String(user_id) }));
      await insertSamples(trx, secondApplication.id, signedIn, now);
    });
  },

  async names(database) {
    const ids = demo.people.map(({ user_id }) => Number(user_id));
    const rows = await database.selectFrom('ucenter_users').select('id').where('id', 'in', ids).execute();
    const there = new Set(rows.map(({ id }) => id));
    return new Map<string, DemoName>([
      ...demoPeople(demo.people, ({ user_id }) => (there.has(Number(user_id)) ? user_id : undefined)),
      ...(await demoApp(database, 'ucenter', application.id)),
    ]);
  },

  credentials: (baseUrl) => ({
    base_url: baseUrl,
    ...toCredentials(application),
    second_app: toCredentials(secondApplication),
    user: toUserCredentials(users.user),
    second_user: toUserCredentials(users.second_user),
    admin: toUserCredentials(users.admin),
    expired_access_token: expiredToken,
  }),

  people: [
    toPerson('user', users.user),
    toPerson('second', users.second_user),
    toPerson('admin', users.admin),
    toPerson('unverified', users.unverified, 'unverified'),
    toPerson('empty', users.empty, 'empty'),
  ],

  samples,

  tryIt: (baseUrl) => `curl -s ${baseUrl}/api/oauth/accessToken \\
  -d grant_type=password -d client_id=${application.id} -d client_secret=${application.secret} \\
  -d username=${users.user.username} -d password=${users.user.password}`,
};

function toPerson(key: string, { id, name, username, password }: DemoUser, state?: DemoState): DemoPerson {
  return { key, name, ...(state && { state }), user_id: id, username, password };
}

function toUserCredentials({ id, username, password, email, phone }: DemoUser) {
  return { user_id: id, username, password, email, phone };
}

const hasUsers = async (database: Database | Transaction): Promise<boolean> =>
  (await database.selectFrom('ucenter_users').select('id').limit(1).executeTakeFirst()) !== undefined;

const toCredentials = ({ id, secret, redirectUri }: typeof application) => ({
  client_id: id,
  client_secret: secret,
  redirect_uri: redirectUri,
});

async function prepareDemoUser(name: UserName, now: number, context: Pick<Context, 'clock' | 'passwords'>) {
  const user: DemoUser = users[name];
  const at = demoTime(now, ...user.at);
  const phone_trusted_at = name === 'unverified' ? demoTime(now, ...trusted) : 0;
  return { ...(await prepareUser(user, context)), phone_trusted_at, created_at: at, updated_at: at };
}

async function insertDetails(trx: Transaction): Promise<void> {
  const details = Object.values<DemoUser>(users).flatMap(({ id, details = {} }) =>
    Object.entries(details).map(([name, value]) => ({ user_id: id, name, value })),
  );
  await trx.insertInto('ucenter_details').values(details).execute();
}

/** Creates the first application's permissions, and the roles that have them. Returns the ids of the roles. */
async function createRoles(trx: Transaction): Promise<Record<(typeof roles)[number]['name'], number>> {
  const client_id = application.id;
  const [[groupName, groupTitle], ...others] = permissions;
  const group = await trx
    .insertInto('ucenter_permissions')
    .values({ client_id, group_id: null, name: groupName, title: groupTitle })
    .returning('id')
    .executeTakeFirstOrThrow();
  const inserted = await trx
    .insertInto('ucenter_permissions')
    .values(
      others.map(([name, title]) => ({ client_id, group_id: name.endsWith('-user') ? group.id : null, name, title })),
    )
    .returning(['id', 'name'])
    .execute();
  const created = await trx
    .insertInto('ucenter_roles')
    .values(roles.map(({ name, title }) => ({ client_id, name, title })))
    .returning(['id', 'name'])
    .execute();
  const idsOf = (rows: typeof inserted) => Object.fromEntries(rows.map(({ id, name }) => [name, id]));
  const [permissionIds, roleIds] = [idsOf(inserted), idsOf(created)];
  await trx
    .insertInto('ucenter_role_permissions')
    .values(
      roles.flatMap((role) =>
        role.permissions.map((name) => ({
          role_id: roleIds[role.name] as number,
          permission_id: permissionIds[name] as number,
        })),
      ),
    )
    .execute();
  return roleIds as Record<(typeof roles)[number]['name'], number>;
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
