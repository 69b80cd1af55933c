import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMockApp } from '../../src/app.ts';
import { createSandboxClient, type SandboxClient } from '../../src/client/index.ts';
import { listen } from '../../src/http/listen.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let sandbox: SandboxClient;
beforeAll(async () => {
  server = await startServer();
  sandbox = createSandboxClient({ baseUrl: `${server.url}/sandbox` });
});
afterAll(() => server.close());
beforeEach(async () => void (await sandbox.DELETE('/requests')));

const json = { 'Content-Type': 'application/json' };

async function list(query: Record<string, unknown> = {}) {
  const { data } = await sandbox.GET('/requests', { params: { query } });
  return data ?? [];
}

async function newest() {
  const [{ id } = { id: '' }] = await list();
  const { data } = await sandbox.GET('/requests/{request_id}', { params: { path: { request_id: id } } });
  if (data === undefined) throw new Error(`${id} is not there`);
  return data;
}

const signIn = (password: string) =>
  fetch(`${server.url}/tower/oauth/token`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({
      grant_type: 'password',
      client_id: 'tower-demo-client',
      client_secret: 'tower-demo-secret',
      username: 'demo@tower.example',
      password,
    }),
  });

describe('the request log', () => {
  it('has every request to an API, newest first, and none of the control API', async () => {
    await fetch(`${server.url}/tower/api/v1/user?page=2`);
    const answer = await fetch(`${server.url}/gobelieve/nowhere`, { method: 'POST' });
    await fetch(`${server.url}/livez`);
    expect(await list()).toMatchObject([
      { api: 'gobelieve', operation: null, method: 'POST', path: '/nowhere', status: 404, fault: null },
      { api: 'tower', operation: 'getUser', method: 'GET', path: '/api/v1/user', query: 'page=2', status: 401 },
    ]);
    const [first] = await list({ limit: 1 });
    expect(first).toMatchObject({ request_id: answer.headers.get('x-request-id'), duration_ms: expect.any(Number) });
    expect(first).not.toHaveProperty('request');
  });

  it('is filtered by API, operation, status, id and time', async () => {
    for (const path of ['tower/api/v1/user', 'ucenter/api/user', 'tower/nowhere']) await fetch(`${server.url}/${path}`);
    const [third, second, first] = await list();
    expect(await list({ api: 'ucenter' })).toEqual([second]);
    expect(await list({ operation: 'getUser' })).toEqual([second, first]);
    expect(await list({ status: 404 })).toEqual([third]);
    expect(await list({ since: first?.id })).toEqual([third, second]);
    expect(await list({ since: first?.time })).toHaveLength(3);
    expect(await list({ since: '2999-01-01T00:00:00Z' })).toEqual([]);
  });

  it.each([
    ['/requests?operation=nope', /^operation must be an operationId, such as /],
    ['/requests?api=tower&operation=createWorld', /^operation must be an operationId of tower, such as /],
    ['/requests?api=nope', /^api must be one of tower, gobelieve, ucenter, ppmessage$/],
    ['/tokens?api=nope', /^api must be one of tower, gobelieve, ucenter, ppmessage$/],
  ])('refuses an API or an operation that does not exist, and names those that do: %s', async (path, message) => {
    const response = await fetch(`${server.url}/sandbox${path}`);
    expect([response.status, (await response.json()).message]).toEqual([400, expect.stringMatching(message)]);
  });

  it('waits for the first match', async () => {
    const waiting = list({ operation: 'getUser', wait: '20s' });
    await fetch(`${server.url}/tower/nowhere`);
    await fetch(`${server.url}/tower/api/v1/user`);
    expect(await waiting).toMatchObject([{ operation: 'getUser' }]);
  });

  it('has headers and bodies without their secrets, and a command for curl', async () => {
    expect((await signIn('demo-password')).status).toBe(200);
    const entry = await newest();
    expect(entry.request.body).toEqual({
      grant_type: 'password',
      client_id: 'tower-demo-client',
      client_secret: '***',
      username: 'demo@tower.example',
      password: '***',
    });
    expect(entry.response).toMatchObject({ body: { access_token: '***', refresh_token: '***' }, truncated: false });
    expect(JSON.stringify(entry)).not.toMatch(/demo-password|tower-demo-secret/);
    expect(entry.curl).toMatch(/^curl -X POST 'http:\/\/127\.0\.0\.1:\d+\/tower\/oauth\/token'/);
    expect(entry.curl).toContain(`-H 'content-type: application/json'`);
    expect(entry.curl).toContain('--data-raw');
  });

  it('blanks tokens in the query, in forms, in headers and where an answer repeats them', async () => {
    const token = 'secret-token-of-a-caller';
    await fetch(`${server.url}/ucenter/api/user?access_token=${token}&x=1`);
    const query = await newest();
    expect(query).toMatchObject({ query: 'access_token=***&x=1' });
    expect(query.curl).toContain('access_token=$TOKEN&x=1"');
    await fetch(`${server.url}/tower/${token}`, {
      headers: { Authorization: `Bearer ${token}`, Cookie: 'a=other-secret' },
    });
    const header = await newest();
    expect(header.request.headers).toMatchObject({ authorization: '***', cookie: '***' });
    expect(header.curl).toContain('-H "Authorization: Bearer $TOKEN"');
    await fetch(`${server.url}/tower/oauth/revoke`, { method: 'POST', body: new URLSearchParams({ token }) });
    const form = await newest();
    expect(form.request.body).toMatchObject({ token: '***' });
    expect(form.curl).toContain('--data-urlencode "token=$TOKEN"');
    for (const entry of [query, header, form]) expect(JSON.stringify(entry)).not.toMatch(/secret-token|other-secret/);
  });

  it('blanks the code of the second step, and what it belongs to', async () => {
    const fields = { csrf_token: 'any', challenge: 'any-challenge', captcha: '654321' };
    await fetch(`${server.url}/tower/oauth/sign_in`, { method: 'POST', body: new URLSearchParams(fields) });
    const entry = await newest();
    expect(entry.request.body).toEqual({ csrf_token: '***', challenge: '***', captcha: '***' });
    expect(JSON.stringify(entry)).not.toMatch(/any-challenge|654321/);
  });

  it('keeps the first 16 KiB of a body', async () => {
    const name = 'x'.repeat(20_000);
    await fetch(`${server.url}/tower/oauth/token`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ password: 'demo-password', grant_type: name }),
    });
    const { request } = await newest();
    expect(request.truncated).toBe(true);
    expect(request.body).toHaveLength(16_384 - 'demo-password'.length + 3);
    expect(request.body).toContain('"password":"***"');
  });

  it('keeps 500 requests', async () => {
    for (let round = 0; round < 11; round += 1)
      await Promise.all(Array.from({ length: 50 }, () => fetch(`${server.url}/tower/nowhere`)));
    const all = await list({ limit: 500 });
    expect(all).toHaveLength(500);
    const ids = all.map(({ id }) => Number(id.slice(1)));
    expect(ids).toEqual(ids.toSorted((one, other) => other - one));
    const gone = { params: { path: { request_id: `r${(ids.at(-1) as number) - 1}` } } };
    expect((await sandbox.GET('/requests/{request_id}', gone)).response.status).toBe(404);
  });
});

describe('the verdict of the contract', () => {
  it('names the field, the rule and the line', async () => {
    await fetch(`${server.url}/tower/oauth/token`, {
      method: 'POST',
      headers: json,
      body: '{"grant_type":"password"}',
    });
    const { verdict } = await newest();
    expect(verdict.response).toEqual({ valid: true, violations: [] });
    expect(verdict.request?.valid).toBe(false);
    expect(verdict.request?.violations[0]).toMatchObject({
      path: expect.stringMatching(/^\/body\//),
      rule: 'required',
      message: 'is required',
      contract: expect.stringMatching(/^openapi\/tower\/(components\/schemas|paths)\/\w+\.yaml:\d+$/),
    });
  });

  it.each([
    ['/gobelieve/nowhere', {}, '/path', 'paths', 'openapi/gobelieve/openapi.yaml'],
    ['/tower/api/v1/user', { method: 'PUT' }, '/method', 'paths', 'openapi/tower/openapi.yaml'],
    ['/tower/api/v1/user', {}, '/headers/authorization', 'security', 'openapi/tower/paths/api_v1_user.yaml'],
    [
      '/tower/oauth/token',
      { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'x' },
      '/headers/content-type',
      'content',
      'openapi/tower/paths/oauth_token.yaml',
    ],
    [
      '/tower/oauth/token',
      { method: 'POST', headers: json, body: '{' },
      '/body',
      'content',
      'openapi/tower/paths/oauth_token.yaml',
    ],
  ])('of %s with %j is at %s', async (path, init, pointer, rule, file) => {
    await fetch(server.url + path, init as RequestInit);
    const { verdict } = await newest();
    expect(verdict.request).toMatchObject({ valid: false, violations: [{ path: pointer, rule }] });
    expect(verdict.request?.violations[0]?.contract).toMatch(new RegExp(`^${file.replaceAll('.', '\\.')}:\\d+$`));
  });

  it.each([
    ['/ucenter/api/user/rolePermission', 'GET', 'Bearer none', /^The credentials are not valid: \w+$/],
    ['/ppmessage/api/PP_GET_APP_INFO', 'POST', 'OAuth none', /^The credentials are not valid: \w+$/],
    ['/gobelieve/client/groups', 'GET', 'Bearer none', /^The credentials are not valid: \w+$/],
    ['/tower/api/v1/user', 'GET', 'Bearer none', /^The access token is invalid$/],
  ])('has a sentence for a wrong token at %s', async (path, method, authorization, sentence) => {
    await fetch(server.url + path, { method, headers: { ...json, Authorization: authorization } });
    expect((await newest()).verdict.request?.violations[0]?.message).toMatch(sentence);
  });

  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

  function uploadForm() {
    const fields = new FormData();
    for (const name of ['key', 'policy', 'Signature', 'OSSAccessKeyId']) fields.set(name, 'none');
    fields.set('file', new Blob(['bytes']), 'file.txt');
    return fields;
  }

  it.each([
    ['/ucenter/api/user?access_token=none', {}, '/query/access_token'],
    ['/ucenter/api/user?acess_token=none', {}, '/query/acess_token'],
    ['/ucenter/api/user', { headers: { Authorization: 'Bearer none' } }, '/headers/authorization'],
    ['/ucenter/api/user?access_token=none', { headers: { Authorization: 'Bearer none' } }, '/headers/authorization'],
    ['/ucenter/api/user', {}, '/headers/authorization'],
    ['/ucenter/api/user', { method: 'PUT', headers: form, body: 'access_token=none' }, '/body/access_token'],
    ['/tower/storage', { method: 'POST', body: uploadForm() }, '/body/Signature'],
    ['/ppmessage/api/PP_GET_APP_INFO', { method: 'POST', headers: json, body: '{}' }, '/headers/authorization'],
    ['/gobelieve/client/groups', { headers: { Authorization: 'Basic none' } }, '/headers/authorization'],
  ])('has the place of refused credentials at %s with %j', async (path, init: RequestInit, pointer) => {
    await fetch(server.url + path, init);
    const { verdict } = await newest();
    expect(verdict.request?.violations).toMatchObject([{ path: pointer, rule: 'security' }]);
  });

  it('is null for a request that a fault answered, and finds the answer that breaks it', async () => {
    const fault = { api: 'tower', operation: 'getUser', status: 401, body: { closed: true }, times: 1 };
    const { data } = await sandbox.POST('/faults', { body: fault });
    await fetch(`${server.url}/tower/api/v1/user`, { headers: { Accept: 'application/json' } });
    expect(await newest()).toMatchObject({
      fault: data?.id,
      status: 401,
      verdict: {
        request: null,
        response: {
          valid: false,
          violations: [
            { path: '/body/errors', rule: 'required', contract: expect.stringMatching(/^openapi\/tower\/.*:\d+$/) },
          ],
        },
      },
    });
    await sandbox.POST('/faults', { body: { api: 'tower', operation: 'getUser', drop: 'before', times: 1 } });
    await expect(fetch(`${server.url}/tower/api/v1/user`)).rejects.toThrow();
    expect(await newest()).toMatchObject({ status: null, verdict: { request: null, response: null } });
  });
});

describe('REQUEST_LOG=0', () => {
  it('keeps nothing', async () => {
    const silent = await startServer({ REQUEST_LOG: '0' });
    await fetch(`${silent.url}/tower/api/v1/user`);
    expect(await (await fetch(`${silent.url}/sandbox/requests`)).json()).toEqual([]);
    await silent.close();
  });
});

describe('the mock', () => {
  it('serves faults and requests itself', async () => {
    const mock = await listen(createMockApp(server.context), { host: '127.0.0.1', port: 0, variable: 'PORT' });
    const control = createSandboxClient({ baseUrl: `${mock.url}/sandbox` });
    const { data } = await control.POST('/faults', {
      body: { api: 'gobelieve', status: 401, times: 1, method: 'GET', operation: 'listMessages' },
    });
    expect(data).toBeDefined();
    await control.DELETE('/faults');
    await control.POST('/faults', { body: { api: 'tower', operation: 'getUser', status: 406 } });
    const answer = await fetch(`${mock.url}/tower/api/v1/user`);
    expect([answer.status, answer.headers.get('qiyue-fault')]).toEqual([406, 'f2']);
    const { data: requests } = await control.GET('/requests', {});
    expect(requests).toMatchObject([{ api: 'tower', operation: 'getUser', status: 406, fault: 'f2' }]);
    await mock.close();
  });
});
