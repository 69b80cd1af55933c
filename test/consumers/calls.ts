import { createHash } from 'node:crypto';
import type { Call } from './tools.ts';

/** What `GET /sandbox/credentials` has, as far as it is needed here. */
interface Credentials {
  tower: Application & { team_id: string; user: { username: string; password: string } };
  ucenter: Application & { user: { username: string; password: string } };
  ppmessage: {
    base_url: string;
    api_key: string;
    api_secret: string;
    app_uuid: string;
    redirect_uri: string;
    user: { email: string; password: string };
  };
  gobelieve: { base_url: string; appid: number; appsecret: string };
}

interface Application {
  base_url: string;
  client_id: string;
  client_secret: string;
}

/** Signs in at each API of the sandbox. Returns the call to make there, by the name of the API. */
export async function prepareCalls(url: string): Promise<Record<string, Call & { baseUrl: string }>> {
  const { tower, ucenter, ppmessage, gobelieve } = (await read(`${url}/sandbox/credentials`)) as Credentials;
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const digest = createHash('md5').update(gobelieve.appsecret).digest('hex');
  const none = { pathParameters: {}, hasQuery: false };
  return {
    tower: {
      ...none,
      baseUrl: tower.base_url,
      operationId: 'getCurrentMember',
      method: 'get',
      path: '/api/v1/teams/{team_id}/member',
      pathParameters: { team_id: tower.team_id },
      headers: bearer(await signIn(tower, '/oauth/token')),
      expected: '"type":"members"',
    },
    ucenter: {
      ...none,
      baseUrl: ucenter.base_url,
      operationId: 'getUser',
      method: 'get',
      path: '/api/user',
      hasQuery: true,
      headers: bearer(await signIn(ucenter, '/api/oauth/accessToken')),
      expected: `"username":"${ucenter.user.username}"`,
    },
    ppmessage: {
      ...none,
      baseUrl: ppmessage.base_url,
      operationId: 'getAppInfo',
      method: 'post',
      path: '/api/PP_GET_APP_INFO',
      body: { app_uuid: ppmessage.app_uuid },
      headers: bearer(await signInAtPage(ppmessage)),
      expected: `"uuid":"${ppmessage.app_uuid}"`,
    },
    gobelieve: {
      ...none,
      baseUrl: gobelieve.base_url,
      operationId: 'sendPeerMessage',
      method: 'post',
      path: '/messages/peers',
      body: { sender: 10001, receiver: 10002, content: 'hello' },
      headers: { Authorization: `Basic ${btoa(`${gobelieve.appid}:${digest}`)}` },
      expected: '"success":true',
    },
  };
}

async function read(url: string, fields?: Record<string, string>): Promise<unknown> {
  const response = await fetch(url, fields && { method: 'POST', body: new URLSearchParams(fields) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
  return response.json();
}

/** A token by password. */
async function signIn({ base_url, client_id, client_secret, user }: Credentials['tower' | 'ucenter'], path: string) {
  const fields = { grant_type: 'password', client_id, client_secret, ...user };
  return ((await read(base_url + path, fields)) as { access_token: string }).access_token;
}

/** A token by the code that the page gives. */
async function signInAtPage({ base_url, api_key, api_secret, redirect_uri, user }: Credentials['ppmessage']) {
  const client = { client_id: api_key, redirect_uri };
  const form = { ...client, response_type: 'code', state: 'x', user_email: user.email, user_password: user.password };
  const page = await fetch(`${base_url}/ppauth/auth`, {
    method: 'POST',
    body: new URLSearchParams(form),
    redirect: 'manual',
  });
  const code = new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const fields = { ...client, grant_type: 'authorization_code', client_secret: api_secret, code };
  return ((await read(`${base_url}/ppauth/token`, fields)) as { access_token: string }).access_token;
}
