import { Agent, createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import express, { type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTowerClient } from '../src/client/index.ts';
import { createTokenProxy, type TokenProxyOptions } from '../src/token-proxy.ts';

const secret = 'p/ss:wörd';
const redirectUri = 'https://app.example/callback';
const tokens = {
  access_token: 'a',
  token_type: 'bearer',
  expires_in: 7200,
  refresh_token: 'r',
  created_at: 1,
  email: 'demo@tower.example',
} as const;
const code = { grant_type: 'authorization_code', code: 'c', redirect_uri: redirectUri, code_verifier: 'v' };
const basic = `Basic ${Buffer.from('app:p%2Fss%3Aw%C3%B6rd').toString('base64')}`;

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}

/** A server with the proxy, and a Tower that always returns the same answer. */
async function startProxy(answer: Answer = {}, options: Partial<TokenProxyOptions> = {}, ...before: RequestHandler[]) {
  const calls: { url: string | undefined; headers: IncomingHttpHeaders; form: Record<string, string> }[] = [];
  const upstream = await listen(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    calls.push({ url: request.url, headers: request.headers, form });
    response.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json', ...answer.headers });
    response.end(answer.body ?? JSON.stringify(tokens));
  });
  const app = express();
  const proxy = createTokenProxy({ baseUrl: `${upstream}/tower/`, clientId: 'app', clientSecret: secret, ...options });
  app.post('/token', ...before, proxy);
  const url = `${await listen(app)}/token`;
  return {
    url,
    upstream: `${upstream}/tower`,
    calls,
    post: (body: BodyInit | object, headers: Record<string, string> = {}) => {
      const isRaw = typeof body === 'string' || body instanceof URLSearchParams;
      const type: Record<string, string> = isRaw ? {} : { 'Content-Type': 'application/json' };
      return fetch(url, {
        method: 'POST',
        headers: { ...type, ...headers },
        body: isRaw ? body : JSON.stringify(body),
      });
    },
  };
}

describe('a code', () => {
  const cases: [string, RequestHandler[], (fields: Record<string, string>) => object][] = [
    ['JSON', [], (fields) => fields],
    ['a form', [], (fields) => new URLSearchParams(fields)],
    ['JSON that a parser has read', [express.json()], (fields) => fields],
    ['a form that a parser has read', [express.urlencoded()], (fields) => new URLSearchParams(fields)],
    ['a form that the parser does not read', [express.json()], (fields) => new URLSearchParams(fields)],
    ['a form with an empty body left by a parser', [emptyBody], (fields) => new URLSearchParams(fields)],
  ];

  it.each(cases)('is exchanged when it is sent as %s', async (_, parsers, encode) => {
    const { post, calls } = await startProxy({}, {}, ...parsers);
    const response = await post(encode({ ...code, client_id: 'other', client_secret: 'guess', username: 'demo' }));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(tokens);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(calls).toMatchObject([{ url: '/tower/oauth/token', form: code, headers: { authorization: basic } }]);
    expect(Object.keys(calls[0]?.form ?? {})).toEqual(Object.keys(code));
  });

  it("is sent with the secret in place of the caller's Authorization header", async () => {
    const { post, calls } = await startProxy();
    await post(code, { Authorization: 'Bearer stolen' });
    expect(calls[0]?.headers.authorization).toBe(basic);
  });

  it('can be sent with the code of the second step', async () => {
    const { post, calls } = await startProxy();
    await post({ ...code, captcha: '123456' });
    expect(calls[0]?.form).toEqual({ ...code, captcha: '123456' });
  });

  it('is rejected for an address that is not allowed', async () => {
    const { post, calls } = await startProxy({}, { redirectUris: [redirectUri] });
    expect((await post(code)).status).toBe(200);
    const response = await post({ ...code, redirect_uri: 'https://evil.example' });
    expect([response.status, (await response.json()).error]).toEqual([400, 'invalid_grant']);
    expect(calls).toHaveLength(1);
  });
});

describe('a refresh', () => {
  const refresh = { grant_type: 'refresh_token', refresh_token: 'r' };

  it('passes on the access token, with the secret in the body', async () => {
    const { post, calls } = await startProxy();
    expect((await post(refresh, { Authorization: 'bearer old' })).status).toBe(200);
    expect(calls[0]?.headers.authorization).toBe('bearer old');
    expect(calls[0]?.form).toEqual({ ...refresh, client_id: 'app', client_secret: secret });
  });

  it.each([undefined, 'Basic Z3Vlc3M6Z3Vlc3M='])('uses the secret alone when the header is %s', async (header) => {
    const { post, calls } = await startProxy();
    await post(refresh, header === undefined ? {} : { Authorization: header });
    expect(calls[0]?.headers.authorization).toBe(basic);
    expect(calls[0]?.form).toEqual(refresh);
  });
});

describe('rejects', () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  it.each<[string, number, string, BodyInit | object, Record<string, string>?]>([
    ['the password grant', 400, 'unsupported_grant_type', { grant_type: 'password', username: 'a', password: 'b' }],
    ['client credentials', 400, 'unsupported_grant_type', { grant_type: 'client_credentials' }],
    ['the name of an object property', 400, 'unsupported_grant_type', { grant_type: 'constructor' }],
    ['no grant', 400, 'invalid_request', { code: 'c' }],
    ['two grants', 400, 'invalid_request', 'grant_type=refresh_token&grant_type=password', form],
    ['a parameter that is not text', 400, 'invalid_request', { ...code, code: { $ne: null } }],
    ['broken JSON', 400, 'invalid_request', '{"grant', { 'Content-Type': 'application/json' }],
    ['JSON that is not an object', 400, 'invalid_request', 'null', { 'Content-Type': 'application/json' }],
    ['another media type', 415, 'invalid_request', 'grant_type=refresh_token', { 'Content-Type': 'text/plain' }],
    [
      'too large a body',
      413,
      'invalid_request',
      `grant_type=refresh_token&refresh_token=${'x'.repeat(3_000_000)}`,
      form,
    ],
  ])('%s', async (_, status, error, body, headers) => {
    const { post, calls } = await startProxy();
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error, error_description: expect.any(String) });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(calls).toHaveLength(0);
  });
});

it('keeps the connection open after a body that is too large', async () => {
  const { url, calls } = await startProxy();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const send = (body: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      sent.on('error', reject).end(body);
    });
  expect(await send('x'.repeat(3_000_000))).toBe(413);
  expect(await send('grant_type=refresh_token&refresh_token=r')).toBe(200);
  expect(calls).toHaveLength(1);
});

describe('the answer of the server', () => {
  it('is passed on, with Retry-After and without a challenge', async () => {
    const said = { error: 'temporarily_unavailable', error_description: 'Wait' };
    const headers = {
      'Retry-After': '42',
      'X-Request-Id': 'request-1',
      'WWW-Authenticate': 'Basic realm="Tower"',
      'Set-Cookie': 'a=b',
    };
    const { post } = await startProxy({ status: 429, headers, body: JSON.stringify(said) });
    const response = await post(code);
    expect(response.status).toBe(429);
    expect(await response.json()).toEqual(said);
    expect(response.headers.get('retry-after')).toBe('42');
    expect(response.headers.get('x-request-id')).toBe('request-1');
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it.each<[string, Answer, Partial<TokenProxyOptions>]>([
    ['missing', {}, { baseUrl: 'http://127.0.0.1:9' }],
    ['a page', { status: 500, body: '<h1>Oops</h1>' }, {}],
    ['a redirect', { status: 307, headers: { Location: 'http://127.0.0.1:9/' }, body: '{}' }, {}],
  ])('becomes temporarily_unavailable when it is %s', async (_, answer, options) => {
    const { post } = await startProxy(answer, options);
    const response = await post(code);
    const body = await response.text();
    expect(response.status).toBe(502);
    expect(JSON.parse(body)).toEqual({ error: 'temporarily_unavailable', error_description: expect.any(String) });
    expect(body + JSON.stringify([...response.headers])).not.toContain(secret);
  });
});

it('works as token endpoint of the typed client', async () => {
  const { url, upstream, calls } = await startProxy();
  const client = createTowerClient({ baseUrl: upstream, clientId: 'app', tokenEndpoint: url, now: () => 0 });
  await client.signInWithCode({ code: 'c', redirectUri, codeVerifier: 'v' });
  expect(calls[0]?.form).toEqual(code);
  await client.setTokens({ ...tokens, expires_at: 0 });
  await client.GET('/api/v1/teams/{team_id}/member', { params: { path: { team_id: 't' } } });
  expect(calls[1]?.form).toEqual({
    grant_type: 'refresh_token',
    refresh_token: 'r',
    client_id: 'app',
    client_secret: secret,
  });
  expect(calls[1]?.headers.authorization).toBe('Bearer a');
});

/** Like parsers for Express 4, which leave an empty body when they do not read it. */
function emptyBody(...[request, , next]: Parameters<RequestHandler>) {
  request.body = {};
  next();
}
