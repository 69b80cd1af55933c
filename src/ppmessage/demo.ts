import type { Context } from '../context.ts';
import { lockInTransaction, transact } from '../database/transact.ts';
import type { Demo, DemoPerson } from '../http/api.ts';
import { LOCAL_REDIRECT_URIS } from '../oauth/clients/redirect-uris.ts';
import { insertApp, prepareApp } from './model/apps.ts';
import { findOrCreateConversation } from './model/conversations.ts';
import { type NewMessage, storeMessage } from './model/messages.ts';
import { prepareUser } from './model/users.ts';
import { customerPage } from './pages/customer.ts';
import { deskPage } from './pages/desk.ts';

// These credentials are public. Only a sandbox has them.
const id = (number: number) => `d0000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const appUuid = id(1);
const otherAppUuid = id(2);
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

const owner = { uuid: id(11), email: 'owner@ppmessage.example', password: 'owner-password', fullname: '演示所有者' };
const agent = { uuid: id(12), email: 'agent@ppmessage.example', password: 'agent-password', fullname: '演示客服甲' };
const otherAgent = {
  uuid: id(13),
  email: 'agent2@ppmessage.example',
  password: 'agent2-password',
  fullname: '演示客服乙',
};
const customer = { uuid: id(14), email: 'customer@shop.example', fullname: '演示顾客' };
const otherOwner = {
  uuid: id(21),
  email: 'owner@other.example',
  password: 'stranger-password',
  fullname: '别的团队的所有者',
};

const conversationUuid = id(31);
const messages = [
  [customer, '你好，我的订单什么时候发货？'],
  [agent, '您好，请告诉我订单号。'],
  [customer, '20260301-7，买了两本书。'],
  [agent, '已经打包，今天下午发出。'],
] as const;

/** An app with its keys, an owner, two agents, and a customer who wrote to them; and another app. */
export const demo: Demo = {
  async create(context) {
    const { clock, database } = context;
    const now = clock.now();
    const findAnyApp = (trx: Pick<Context['database'], 'selectFrom'>) =>
      trx.selectFrom('ppmessage_apps').select('uuid').limit(1).executeTakeFirst();
    if ((await findAnyApp(database)) !== undefined) return;
    const asAgent = (user: typeof owner, app = appUuid) =>
      prepareUser(app, { ...user, isAgent: true, language: 'zh_cn', status: 'SERVICE' }, context);
    const [ownerRow, otherOwnerRow, ...otherUsers] = await Promise.all([
      asAgent(owner),
      asAgent(otherOwner, otherAppUuid),
      asAgent(agent),
      asAgent(otherAgent),
      prepareUser(appUuid, { ...customer, isAgent: false, language: 'zh_cn' }, context),
    ]);
    const [app, otherApp] = await Promise.all([
      prepareApp(context, {
        uuid: appUuid,
        name: '演示团队',
        owner: { ...ownerRow, user_status: 'OWNER_3' },
        redirectUris: [redirectUri, redirectUriWithQuery, ...LOCAL_REDIRECT_URIS],
        keys,
      }),
      prepareApp(context, {
        uuid: otherAppUuid,
        name: '另一个团队',
        owner: otherOwnerRow,
        redirectUris: [redirectUri, ...LOCAL_REDIRECT_URIS],
      }),
    ]);
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:ppmessage');
      if ((await findAnyApp(trx)) !== undefined) return;
      await insertApp(trx, app);
      await insertApp(trx, otherApp);
      await trx.insertInto('ppmessage_users').values(otherUsers).execute();
      const users = await trx.selectFrom('ppmessage_users').selectAll().where('app_uuid', '=', appUuid).execute();
      const find = ({ uuid }: { uuid: string }) => users.find((user) => user.uuid === uuid) as (typeof users)[number];
      const newConversation = {
        uuid: conversationUuid,
        type: 'P2S' as const,
        creator: find(customer),
        members: [find(agent), find(otherAgent)],
        group: undefined,
        name: undefined,
      };
      await findOrCreateConversation(trx, newConversation, now);
      for (const [index, [from, body]] of messages.entries()) {
        await storeMessage(trx, toNewMessage(id(41 + index), from, body), context);
      }
    });
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
    agents: [owner, agent, otherAgent].map(({ uuid, email, password }) => ({ user_uuid: uuid, email, password })),
    kefu: toKeyCredentials(keys.kefu),
    console: toKeyCredentials(keys.console),
    owner: toUserCredentials(owner),
    agent: toUserCredentials(agent),
    other_agent: toUserCredentials(otherAgent),
    customer: { user_uuid: customer.uuid, user_email: customer.email },
  }),

  people: [
    toPerson('owner', owner),
    toPerson('agent', agent),
    toPerson('agent2', otherAgent),
    toPerson('customer', customer),
  ],

  pages: [
    customerPage(keys.ppcom),
    deskPage(
      keys.ppkefu,
      [agent, otherAgent].map(({ email, password, fullname: name }) => ({ email, password, name })),
    ),
  ],

  tryIt: (baseUrl) =>
    `code=$(curl -s -o /dev/null -w '%{redirect_url}' ${baseUrl}/ppauth/auth \\
  -d client_id=${keys.own.apiKey} -d redirect_uri=${redirectUri} -d response_type=code \\
  -d user_email=${owner.email} -d user_password=${owner.password} | sed 's/.*code=//')
curl -s ${baseUrl}/ppauth/token -d grant_type=authorization_code -d code=$code \\
  -d client_id=${keys.own.apiKey} -d client_secret=${keys.own.apiSecret} -d redirect_uri=${redirectUri}`,
};

/** Customers have no password. */
function toPerson(
  key: string,
  { uuid, email, password, fullname }: { uuid: string; email: string; password?: string; fullname: string },
): DemoPerson {
  const signIn = { user_uuid: uuid, user_email: email, ...(password !== undefined && { user_password: password }) };
  return { key, name: fullname, ...signIn };
}

const toNewMessage = (uuid: string, from: { uuid: string }, body: string): NewMessage => ({
  app_uuid: appUuid,
  uuid,
  conversation_uuid: conversationUuid,
  conversation_type: from === customer ? 'P2S' : 'S2P',
  from_uuid: from.uuid,
  from_type: 'DU',
  from_device_uuid: null,
  to_uuid: appUuid,
  to_type: 'AP',
  message_subtype: 'TEXT',
  body,
});

const toKeyCredentials = ({ apiKey, apiSecret }: typeof keys.own) => ({ api_key: apiKey, api_secret: apiSecret });

const toUserCredentials = ({ uuid, email, password }: typeof owner) => ({
  user_uuid: uuid,
  user_email: email,
  user_password: password,
});
