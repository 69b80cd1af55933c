import type { Transaction } from '../database/open.ts';
import type { DemoSamples } from '../http/demo-samples.ts';
import { demoSecret, insertDemoCode, insertDemoTokens } from '../oauth/demo-credentials.ts';
import { profile } from './profile.ts';

/** What the samples of the documentation use: fixed tokens and a code. */

const { api } = profile;

const authorization = {
  client_id: 'ppmessage-demo-key',
  redirect_uri: 'http://127.0.0.1:8080/callback',
  response_type: 'code',
  state: 'af0ifjsldkj',
};

/** Operations whose examples are about the first agent, for whom the owner cannot act. */
const ofAgents = new Set([
  ...['updateDevice', 'setDeviceInfo', 'validateOnlineDevice', 'logIn', 'logOut', 'logOutDevice'],
  ...['pageUserConversations', 'createAgentConversation', 'pageUnackedMessages', 'listUnackedMessages'],
  ...['getUnackedMessage', 'forwardMessage', 'setServiceUserStatus', 'setReady', 'setBusy', 'setRest'],
]);

export const samples: DemoSamples = {
  credential(person, scheme, operation) {
    if (scheme !== 'oauthHeader') return undefined;
    const { 'x-levels': levels = [] } = operation as { 'x-levels'?: string[] };
    // Most operations take the keys of third parties. Each of the others takes one program of the original.
    const program = levels.some((level) => level.startsWith('THIRD_PARTY_')) ? undefined : levels[0];
    return demoSecret(api, 'token', program === undefined ? person.key : tokenOf(person.key, program));
  },
  callerOf: ({ operationId }) => (ofAgents.has(operationId) ? 'agent' : undefined),
  fieldsOf: () => ({
    client_id: authorization.client_id,
    client_secret: 'ppmessage-demo-secret',
    redirect_uri: authorization.redirect_uri,
  }),
  signIn: {
    path: '/ppauth/token',
    form: {
      grant_type: 'password',
      client_id: '{{clientId}}',
      user_email: '{{username}}',
      user_password: '{{password}}',
    },
    token: ['access_token'],
    scheme: 'oauthHeader',
    variables: {
      username: 'agent@ppmessage.example',
      password: 'agent-password',
      clientId: 'ppmessage-demo-ppkefu-key',
    },
  },
  requests: {
    showAuthorization: { parameters: authorization },
    listApps: { as: 'admin' },
    createAuthorization: { body: { user_email: 'agent@ppmessage.example', user_password: 'agent-password' } },
    createToken: { body: { code: demoSecret(api, 'code', 'owner') } },
  },
};

/** The name of a token for a program. A customer's page and a console before the sign-in have no person. */
const tokenOf = (key: string, level: string) => (level in programs ? level : `${key}:${level}`);

const programs: Record<string, string> = {
  PPCOM: 'ppmessage-demo-ppcom-key',
  PPCONSOLE_BEFORE_LOGIN: 'ppmessage-demo-ppconsole-key',
};
const programsOfPeople = { PPKEFU: 'ppmessage-demo-ppkefu-key', PPCONSOLE: 'ppmessage-demo-ppconsole-key' };

/**
 * Adds everything that the samples use.
 *
 * @param people the demo people with their users, who are agents
 */
export async function insertSamples(
  trx: Transaction,
  people: readonly { key: string; userId: string }[],
  now: number,
): Promise<void> {
  const clients = await trx.selectFrom('oauth_clients').select(['id', 'scopes']).where('api', '=', api).execute();
  const scopeOf = (clientId: string) => clients.find(({ id }) => id === clientId)?.scopes ?? '';
  const grants = [
    ...people.map(({ key, userId }) => ({ key, userId, clientId: authorization.client_id })),
    ...people.flatMap(({ key, userId }) =>
      Object.entries(programsOfPeople).map(([level, clientId]) => ({ key: tokenOf(key, level), userId, clientId })),
    ),
    ...Object.entries(programs).map(([key, clientId]) => ({ key, userId: null, clientId })),
  ].map((grant) => ({ ...grant, scope: scopeOf(grant.clientId) }));
  await insertDemoTokens(trx, profile, grants, now);
  const [first] = people;
  if (first === undefined) return;
  const code = { key: 'owner', userId: first.userId, clientId: authorization.client_id };
  const { redirect_uri: redirectUri } = authorization;
  await insertDemoCode(trx, profile, { ...code, scope: scopeOf(code.clientId), redirectUri }, now);
}
