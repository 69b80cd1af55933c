import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const token = (prefer: string, more: Record<string, string> = {}, base = server.url) =>
  fetch(`${base}/tower/oauth/token`, {
    method: 'POST',
    headers: { ...(prefer !== '' && { Prefer: prefer }) },
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'tower-demo-client',
      client_secret: 'tower-demo-secret',
      username: 'demo@tower.example',
      password: 'demo-password',
      ...more,
    }),
  });

/** A request that the contract allows, except for what it prefers. */
async function validRequest(api: string): Promise<RequestInit> {
  const prefer = { Prefer: 'code=418' };
  const json = { ...prefer, 'Content-Type': 'application/json' };
  if (api === 'ucenter') {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' });
    return { headers: prefer, body };
  }
  if (api === 'ppmessage')
    return { headers: json, body: JSON.stringify({ app_distinct_name: 'com.ppmessage.ppkefu', app_platform: 'MAC' }) };
  const { gobelieve } = await (await fetch(`${server.url}/sandbox/credentials`)).json();
  const digest = createHash('md5').update(gobelieve.appsecret).digest('hex');
  const basic = Buffer.from(`${gobelieve.appid}:${digest}`).toString('base64');
  const body = JSON.stringify({ sender: 10001, receiver: 10002, content: '{}' });
  return { headers: { ...json, Authorization: `Basic ${basic}` }, body };
}

describe('Prefer on the sandbox', () => {
  it.each([
    ['code=429', 429, { error: 'temporarily_unavailable' }],
    ['code=401, example=otpRequired', 401, { error: 'otp_required' }],
    ['example=otpRequired', 401, { error: 'otp_required' }],
    ['code=400, delay=20ms', 400, { error: 'invalid_grant' }],
  ])('%s answers instead of the operation', async (prefer, status, body) => {
    const answer = await token(prefer);
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining(body)]);
  });

  it('has Prism’s query parameters too', async () => {
    const user = await fetch(`${server.url}/gobelieve/groups/1?__code=500`, { method: 'DELETE' });
    expect(user.status).toBe(401);
    const page = await fetch(`${server.url}/tower/.well-known/oauth-authorization-server?__code=500`);
    expect(page.status).toBe(500);
  });

  it('with a delay alone calls the operation', async () => {
    const answer = await token('delay=20ms');
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ token_type: 'bearer' })]);
  });

  it('makes up values', async () => {
    const answer = await token('dynamic');
    expect([answer.status, typeof ((await answer.json()) as { access_token: string }).access_token]).toEqual([
      200,
      'string',
    ]);
  });

  it('comes after authentication and validation', async () => {
    expect((await token('code=200', { grant_type: 'magic' })).status).toBe(400);
    const headers = { Prefer: 'code=200' };
    expect((await fetch(`${server.url}/tower/api/v1/user`, { headers })).status).toBe(401);
  });

  it('names what there is when the contract has no such answer', async () => {
    const code = await token('code=418');
    expect(code.status).toBe(400);
    expect(await code.text()).toContain('Prefer asks for status 418, but createToken has only 200, 400, 401');
    const example = await token('code=401, example=none');
    expect(await example.text()).toContain('otpRequired');
    const late = await token('delay=soon');
    expect([late.status, await late.text()]).toEqual([400, expect.stringContaining('delay=soon')]);
  });

  it.each([
    ['ucenter', '/api/oauth/accessToken', 'createAccessToken', '参数错误, '],
    ['ppmessage', '/api/GET_APP_VERSION', 'getAppVersion', ''],
    ['gobelieve', '/messages/peers', 'sendPeerMessage', ''],
  ])('says so in a sentence in %s', async (api, path, operation, start) => {
    const answer = await fetch(`${server.url}/${api}${path}`, { method: 'POST', ...(await validRequest(api)) });
    expect(JSON.stringify(await answer.json())).toContain(
      `"${start}Prefer asks for status 418, but ${operation} has only 200, `,
    );
  });

  it('says so after the name of the header in an error of JSON:API', async () => {
    const { access_token } = (await (await token('')).json()) as { access_token: string };
    const headers = { Authorization: `Bearer ${access_token}`, Prefer: 'code=418' };
    const answer = await fetch(`${server.url}/tower/api/v1/user`, { headers });
    const { errors } = (await answer.json()) as { errors: { detail: string }[] };
    expect(errors[0]?.detail).toMatch(/^prefer asks for status 418, but getUser has only 200, /);
  });

  it('may be sent by pages of other origins', async () => {
    const preflight = await fetch(`${server.url}/tower/oauth/token`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'http://a.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'prefer',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toBe('prefer');
  });

  it('is ignored where the sandbox is off', async () => {
    const plain = await startServer({ QIYUE_SANDBOX: '0' });
    const answer = await fetch(`${plain.url}/tower/.well-known/oauth-authorization-server`, {
      headers: { Prefer: 'code=500' },
    });
    expect(answer.status).toBe(200);
    expect((await fetch(`${plain.url}/sandbox/faults`)).status).toBe(404);
    await plain.close();
  });
});
