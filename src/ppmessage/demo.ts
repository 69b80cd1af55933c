import type { Insertable } from 'kysely';
import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { lockInTransaction, transact } from '../database/transact.ts';
import { demoTime } from '../demo-time.ts';
import type { Demo, DemoName, DemoPerson, DemoState } from '../http/api.ts';
import { demoPeople } from '../http/demo-names.ts';
import { LOCAL_REDIRECT_URIS } from '../oauth/clients/redirect-uris.ts';
import { demoSecret } from '../oauth/demo-credentials.ts';
import type { PpmessageUsersTable } from './database/tables.ts';
import {
  arrivals,
  conversationUuid,
  type DemoUser,
  demoPackage,
  founded,
  isAgent,
  left,
  traces,
  type UserName,
  users,
} from './demo-content.ts';
import { storeDemoFiles } from './demo-files.ts';
import { appUuid, demoId } from './demo-ids.ts';
import {
  DemoPlan,
  deviceColumnsOf,
  planDevices,
  planGroupMembers,
  planGroups,
  planScriptGroups,
  planScripts,
  planVisits,
} from './demo-plan.ts';
import { insertSamples, samples } from './demo-samples.ts';
import { type PreparedApp, prepareApp } from './model/apps.ts';
import { insertKeys } from './model/keys.ts';
import { prepareUser } from './model/users.ts';
import { customerPage } from './pages/customer.ts';
import { deskPage } from './pages/desk.ts';
import { profile } from './profile.ts';

// These credentials are public. Only a sandbox has them.
const otherAppUuid = demoId('00', 2);
const keys = {
  own: { apiKey: 'ppmessage-demo-key', apiSecret: 'ppmessage-demo-secret' },
  kefu: { apiKey: 'ppmessage-demo-kefu-key', apiSecret: 'ppmessage-demo-kefu-secret' },
  console: { apiKey: 'ppmessage-demo-console-key', apiSecret: 'ppmessage-demo-console-secret' },
  ppcom: { apiKey: 'ppmessage-demo-ppcom-key', apiSecret: 'ppmessage-demo-ppcom-secret' },
  ppkefu: { apiKey: 'ppmessage-demo-ppkefu-key', apiSecret: 'ppmessage-demo-ppkefu-secret' },
  ppconsole: { apiKey: 'ppmessage-demo-ppconsole-key', apiSecret: 'ppmessage-demo-ppconsole-secret' },
};
const redirectUri = 'http://127.0.0.1:8080/callback';
const redirectUriWithQuery = 'http://127.0.0.1:8080/callback?tenant=7';
const APP_NAME = '青禾书店';
const otherOwner = {
  uuid: demoId('00', 21),
  fullname: '程野',
  email: 'owner@other.example',
  password: 'stranger-password',
};
const { owner, agent, admin, muted, removed, empty, xuNuo: customer } = users;

/** The customer service of a bookshop with three weeks of conversations, and two more apps with the administrator. */
export const demo: Demo = {
  async create(context) {
    const { clock, database } = context;
    const findAnyApp = (trx: Pick<Context['database'], 'selectFrom'>) =>
      trx.selectFrom('ppmessage_apps').select('uuid').limit(1).executeTakeFirst();
    if ((await findAnyApp(database)) !== undefined) return;
    const now = clock.now();
    const plan = new DemoPlan(APP_NAME, now);
    const names = Object.keys(users) as UserName[];
    const [rows, otherOwnerRow] = await Promise.all([
      Promise.all(names.map((name) => prepareDemoUser(name, plan, now, context))),
      prepareUser(otherAppUuid, { ...otherOwner, isAgent: true, status: 'OWNER_2' }, context),
      storeDemoFiles(context),
    ]);
    const find = (name: UserName) => rows[names.indexOf(name)] as (typeof rows)[number];
    const [app, ...otherApps] = await Promise.all([
      prepareApp(context, {
        uuid: appUuid,
        name: APP_NAME,
        owner: find('owner'),
        redirectUris: [redirectUri, redirectUriWithQuery, ...LOCAL_REDIRECT_URIS],
        keys,
      }),
      prepareApp(context, {
        uuid: otherAppUuid,
        name: '山风户外',
        owner: { ...noDetails, ...otherOwnerRow },
        redirectUris: [redirectUri, ...LOCAL_REDIRECT_URIS],
      }),
      prepareApp(context, {
        uuid: demoId('00', 3),
        name: '知味茶馆',
        owner: inApp(find('admin'), demoId('00', 3)),
        redirectUris: [redirectUri, ...LOCAL_REDIRECT_URIS],
      }),
    ]);
    const others = [...rows.filter((row) => row !== app.owner), inApp(find('admin'), otherAppUuid)];
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:ppmessage');
      if ((await findAnyApp(trx)) !== undefined) return;
      await insertApps(trx, [app, ...otherApps], demoTime(now, ...founded));
      const counts = { last_seq: plan.seq, message_count: plan.messages.length };
      await trx.updateTable('ppmessage_apps').set(counts).where('uuid', '=', appUuid).execute();
      await trx.insertInto('ppmessage_users').values(others).execute();
      await insertContent(trx, plan, now);
      const signedIn = demo.people.map(({ key, user_uuid }) => ({ key, userId: String(user_uuid) }));
      await insertSamples(trx, signedIn, now);
    });
  },

  async names(database) {
    const app = await database
      .selectFrom('ppmessage_apps')
      .select('uuid')
      .where('uuid', '=', appUuid)
      .executeTakeFirst();
    const uuids = demo.people.map(({ user_uuid }) => String(user_uuid));
    const rows = await database
      .selectFrom('ppmessage_users')
      .select('uuid')
      .where('app_uuid', '=', appUuid)
      .where('uuid', 'in', uuids)
      .execute();
    const there = new Set(rows.map(({ uuid }) => uuid));
    return new Map<string, DemoName>([
      ...demoPeople(demo.people, ({ user_uuid }) => (there.has(String(user_uuid)) ? user_uuid : undefined)),
      ...(app ? [['demo_app', { kind: 'apps', id: app.uuid }] as const] : []),
    ]);
  },

  credentials: (baseUrl) => ({
    base_url: baseUrl,
    api_key: keys.own.apiKey,
    api_secret: keys.own.apiSecret,
    redirect_uri: redirectUri,
    redirect_uri_with_query: redirectUriWithQuery,
    app_uuid: appUuid,
    other_app_uuid: otherAppUuid,
    conversation_uuid: conversationUuid,
    user: { user_uuid: owner.uuid, email: owner.email, password: owner.password },
    keys: Object.fromEntries(
      (['ppcom', 'ppkefu', 'ppconsole', 'kefu', 'console'] as const).map((kind) => [
        kind,
        toKeyCredentials(keys[kind]),
      ]),
    ),
    agents: [owner, agent, admin].map(({ uuid, email, password }) => ({ user_uuid: uuid, email, password })),
    kefu: toKeyCredentials(keys.kefu),
    console: toKeyCredentials(keys.console),
    owner: toUserCredentials(owner),
    agent: toUserCredentials(agent),
    other_agent: toUserCredentials(admin),
    customer: { user_uuid: customer.uuid, user_email: customer.email },
  }),

  people: [
    toPerson('owner', owner),
    toPerson('agent', agent),
    toPerson('admin', admin),
    toPerson('muted', muted, 'muted'),
    toPerson('removed', removed, 'removed'),
    toPerson('empty', empty, 'empty'),
  ],

  pages: [
    customerPage(keys.ppcom),
    deskPage(
      keys.ppkefu,
      [agent, admin].map(({ email, password, fullname: name }) => ({ email, password, name })),
    ),
  ],

  samples,

  tryIt: (baseUrl) =>
    `code=$(curl -s -o /dev/null -w '%{redirect_url}' ${baseUrl}/ppauth/auth \\
  -d client_id=${keys.own.apiKey} -d redirect_uri=${redirectUri} -d response_type=code \\
  -d user_email=${owner.email} -d user_password=${owner.password} | sed 's/.*code=//')
curl -s ${baseUrl}/ppauth/token -d grant_type=authorization_code -d code=$code \\
  -d client_id=${keys.own.apiKey} -d client_secret=${keys.own.apiSecret} -d redirect_uri=${redirectUri}`,

  stream: {
    path: '/events',
    authorization: `OAuth ${demoSecret(profile.api, 'token', 'agent')}`,
    send: (baseUrl) => `curl -s ${baseUrl}/api/PP_SEND_MESSAGE \\
  -H 'Authorization: OAuth ${demoSecret(profile.api, 'token', 'owner')}' -H 'Content-Type: application/json' \\
  -d '{"app_uuid":"${appUuid}","uuid":"'$(node -p 'crypto.randomUUID()')'","conversation_uuid":"${conversationUuid}",
  "conversation_type":"P2S","from_uuid":"${customer.uuid}","from_type":"DU","to_uuid":"${appUuid}","to_type":"AP",
  "message_type":"NOTI","message_subtype":"TEXT","message_body":"什么时候发货？"}'`,
  },
};

const statuses: Partial<Record<UserName, PpmessageUsersTable['user_status']>> = {
  owner: 'OWNER_3',
  admin: 'ADMIN',
  visitor: 'ANONYMOUS',
};

/** Rows that are inserted together have the same columns. */
const noDetails = {
  user_signature: null,
  user_mobile: null,
  user_company: null,
  mobile_device_uuid: null,
  browser_device_uuid: null,
  ppcom_mobile_device_uuid: null,
  ppcom_browser_device_uuid: null,
  ppcom_trace_uuid: null,
  is_anonymous_user: 0,
  user_mute_notification: 0,
  latest_send_message_time: null,
  removed_at: null,
} as const;

type NewUserRow = Insertable<PpmessageUsersTable>;

const arrivalOf = (name: UserName, now: number): number => demoTime(now, ...(arrivals[name] ?? founded));

async function prepareDemoUser(
  name: UserName,
  plan: DemoPlan,
  now: number,
  context: Pick<Context, 'clock' | 'passwords'>,
): Promise<NewUserRow> {
  const user: DemoUser = users[name];
  const status = statuses[name] ?? (isAgent(name) ? 'SERVICE' : 'THIRDPARTY');
  const row = await prepareUser(appUuid, { ...user, isAgent: isAgent(name), language: 'zh_cn', status }, context);
  const arrived = arrivalOf(name, now);
  const filled = {
    ...noDetails,
    ...row,
    ...deviceColumnsOf(name),
    user_signature: user.signature ?? null,
    user_mobile: user.mobile ?? null,
    user_company: user.company ?? null,
    ppcom_trace_uuid: traces[name] ?? null,
    is_anonymous_user: name === 'visitor' ? (1 as const) : (0 as const),
    user_mute_notification: name === 'muted' ? (1 as const) : (0 as const),
    latest_send_message_time: plan.sentAt.get(name) ?? null,
    created_at: arrived,
    updated_at: arrived,
  };
  if (name !== 'removed') return filled;
  const gone = { user_email: null, user_name: '', user_signature: null, password_hash: null };
  return { ...filled, ...gone, removed_at: demoTime(now, ...left) };
}

/** The account of a user in another app. */
const inApp = (user: NewUserRow, app_uuid: string): NewUserRow => ({ ...user, ...noDetails, app_uuid });

async function insertApps(trx: Transaction, apps: readonly PreparedApp[], created_at: number): Promise<void> {
  const times = { created_at, updated_at: created_at };
  await trx
    .insertInto('ppmessage_apps')
    .values(apps.map(({ app }) => ({ ...app, ...times })))
    .execute();
  await trx
    .insertInto('ppmessage_users')
    .values(apps.map(({ owner }) => ({ ...owner, ...times })))
    .execute();
  await insertKeys(
    trx,
    apps.flatMap(({ own, kefu, console, ownPrograms }) => [own, kefu, console, ...ownPrograms]),
  );
}

async function insertContent(trx: Transaction, plan: DemoPlan, now: number): Promise<void> {
  const begun = demoTime(now, ...founded);
  await trx
    .insertInto('ppmessage_devices')
    .values(planDevices((user) => arrivalOf(user, now)))
    .execute();
  await trx.insertInto('ppmessage_groups').values(planGroups(begun)).execute();
  await trx.insertInto('ppmessage_group_members').values(planGroupMembers(begun)).execute();
  await trx.insertInto('ppmessage_script_groups').values(planScriptGroups(begun)).execute();
  await trx.insertInto('ppmessage_scripts').values(planScripts(begun)).execute();
  await trx.insertInto('ppmessage_files').values(plan.files).execute();
  await trx.insertInto('ppmessage_conversations').values(plan.conversations).execute();
  await trx.insertInto('ppmessage_conversation_members').values(plan.members).execute();
  await trx.insertInto('ppmessage_messages').values(plan.messages).execute();
  await trx.insertInto('ppmessage_pushes').values(plan.pushes).execute();
  await trx.insertInto('ppmessage_waiting_customers').values(plan.waiting).execute();
  await trx.insertInto('ppmessage_packages').values(demoPackage).execute();
  await trx.insertInto('ppmessage_navigations').values(planVisits(now)).execute();
}

function toPerson(
  key: string,
  { uuid, email, password, fullname }: DemoUser & { password: string },
  state?: DemoState,
): DemoPerson {
  const signIn = { user_uuid: uuid, user_email: email, user_password: password };
  return { key, name: fullname, ...(state && { state }), ...signIn };
}

const toKeyCredentials = ({ apiKey, apiSecret }: typeof keys.own) => ({ api_key: apiKey, api_secret: apiSecret });

const toUserCredentials = ({ uuid, email, password }: DemoUser) => ({
  user_uuid: uuid,
  user_email: email,
  user_password: password,
});
