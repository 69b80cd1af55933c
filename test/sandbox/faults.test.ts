import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gobelieve } from '../../src/gobelieve/index.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startServer();
  const answer = await fetch(`${server.url}/tower/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'tower-demo-client',
      client_secret: 'tower-demo-secret',
      username: 'demo@tower.example',
      password: 'demo-password',
    }),
  });
  token = ((await answer.json()) as { access_token: string }).access_token;
});
afterAll(() => server.close());
beforeEach(() => control('DELETE', '/faults'));

const TEAM = 'd0000000000000000000000000000001';

const control = (method: string, path: string, body?: object) =>
  fetch(`${server.url}/sandbox${path}`, {
    method,
    ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });

/** Sets a fault, and returns it. */
async function set(fault: object): Promise<{ id: string; matched: number; fired: number }> {
  const answer = await control('POST', '/faults', fault);
  expect([answer.status, await answer.clone().text()]).toEqual([201, expect.any(String)]);
  return (await answer.json()) as { id: string; matched: number; fired: number };
}

const call = (path: string, init: RequestInit = {}) =>
  fetch(server.url + path, { ...init, headers: { Authorization: `Bearer ${token}`, ...init.headers } });

describe('a fault', () => {
  it('answers in the error body of the API, before the caller is authenticated', async () => {
    const { id } = await set({ api: 'tower', operation: 'getUser', status: 406, times: 1 });
    const failed = await fetch(`${server.url}/tower/api/v1/user`);
    expect([failed.status, failed.headers.get('qiyue-fault')]).toEqual([406, id]);
    expect(failed.headers.get('content-type')).toContain('application/vnd.api+json');
    expect(await failed.json()).toMatchObject({
      errors: [{ code: 'not_acceptable', id: failed.headers.get('x-request-id') }],
    });
    expect((await fetch(`${server.url}/tower/api/v1/user`)).status).toBe(401);
    expect(await (await control('GET', '/faults')).json()).toMatchObject([{ id, matched: 2, fired: 1 }]);
  });

  it.each([
    ['tower', '/api/v1/user', {}, 500, { errors: [expect.objectContaining({ code: 'internal' })] }],
    ['ucenter', '/api/user', { code: 1003 }, 403, { code: 1003 }],
    ['gobelieve', '/groups', { status: 401 }, 401, { meta: expect.objectContaining({ code: 401 }) }],
  ])('of %s at %s with %j is %d', async (api, path, wanted, status, body) => {
    await set({ api, path, ...wanted });
    const answer = await fetch(`${server.url}/${api}${path}`, { method: api === 'gobelieve' ? 'POST' : 'GET' });
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining(body)]);
  });

  it('of PPMessage is error 17 with 200 unless it says what goes wrong, and a code has its status', async () => {
    const ask = () => fetch(`${server.url}/ppmessage/api/PP_GET_APP_INFO`, { method: 'POST' });
    const { id } = await set({ api: 'ppmessage', times: 1 });
    const usual = await ask();
    expect([usual.status, usual.headers.get('qiyue-fault')]).toEqual([200, id]);
    expect(await usual.json()).toMatchObject({ error_code: '17', uri: '/PP_GET_APP_INFO' });
    await set({ api: 'ppmessage', code: 17, times: 1 });
    expect(await (await ask()).json()).toMatchObject({ error_code: '17' });
    await set({ api: 'ppmessage', operation: 'getAppInfo', code: 13 });
    const known = await ask();
    expect([known.status, await known.json()]).toEqual([200, expect.objectContaining({ error_code: '13' })]);
  });

  it('of OAuth has the status that the contract pairs with its code', async () => {
    await set({ api: 'tower', operation: 'createToken', code: 'invalid_grant' });
    const answer = await fetch(`${server.url}/tower/oauth/token`, { method: 'POST' });
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })]);
  });

  it('is a status of proxies in the body of the API', async () => {
    await set({ status: 502 });
    const ucenter = await fetch(`${server.url}/ucenter/api/user`);
    expect([ucenter.status, await ucenter.json()]).toEqual([502, expect.objectContaining({ code: -1 })]);
    const tower = await fetch(`${server.url}/tower/api/v1/user`);
    expect([tower.status, await tower.json()]).toEqual([502, { errors: [expect.objectContaining({ status: '502' })] }]);
  });

  it('sends its own body, or a named example', async () => {
    await set({ api: 'tower', operation: 'getUser', status: 401, body: { closed: true }, times: 1 });
    const own = await call('/tower/api/v1/user', { headers: { Accept: 'application/json' } });
    expect([own.status, await own.json()]).toEqual([401, { closed: true }]);
    await set({ api: 'tower', operation: 'createToken', example: 'otpRequired' });
    const example = await fetch(`${server.url}/tower/oauth/token`, { method: 'POST' });
    expect([example.status, await example.json()]).toEqual([401, expect.objectContaining({ error: 'otp_required' })]);
  });

  it('acts on the third call with after 2 and times 1', async () => {
    await set({ path: '/api/v1/user', after: 2, times: 1, status: 503 });
    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await call('/tower/api/v1/user')).status);
    expect(statuses).toEqual([200, 200, 503, 200, 200]);
  });

  it('chooses the same calls with the same seed', async () => {
    const run = async (seed: string | number) => {
      await control('DELETE', '/faults');
      await set({ api: 'tower', chance: 0.5, seed, status: 503 });
      const calls = Array.from({ length: 16 }, () => call('/tower/api/v1/user'));
      const statuses = [];
      for (const one of calls) statuses.push((await one).status);
      return statuses.filter((status) => status === 503).length;
    };
    const [first, second] = [await run(7), await run(7)];
    expect(first).toBe(second);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(16);
  });

  it('leaves the oldest one to win, and counts at all', async () => {
    await set({ api: 'tower', operation: 'getUser', status: 401 });
    await set({ path: '/api/v1/*', method: 'GET', status: 406 });
    expect((await call('/tower/api/v1/user')).status).toBe(401);
    const faults = await (await control('GET', '/faults')).json();
    expect(faults).toMatchObject([
      { matched: 1, fired: 1 },
      { matched: 1, fired: 0 },
    ]);
    const [{ id }] = faults as [{ id: string }];
    expect((await control('DELETE', `/faults/${id}`)).status).toBe(204);
    expect((await control('DELETE', `/faults/${id}`)).status).toBe(404);
    expect((await call('/tower/api/v1/user')).status).toBe(406);
  });

  it('matches a path of the contract and a concrete one', async () => {
    await set({ path: '/api/v1/teams/{team_id}/member', status: 404 });
    await set({ path: '/api/v1/teams/a%2Fb/member', status: 401 });
    expect((await fetch(`${server.url}/tower/api/v1/teams/x/member`)).status).toBe(404);
    await control('DELETE', '/faults');
    await set({ path: '/api/v1/teams/one/member', status: 500 });
    expect((await fetch(`${server.url}/tower/api/v1/teams/one/member`)).status).toBe(500);
    expect((await fetch(`${server.url}/tower/api/v1/teams/two/member`)).status).toBe(401);
  });

  it('with a delay alone is a late right answer', async () => {
    const { id } = await set({ delay: '30ms' });
    const answer = await call('/tower/api/v1/user');
    expect([answer.status, answer.headers.get('qiyue-fault')]).toEqual([200, id]);
    expect(await answer.json()).toHaveProperty('data');
  });

  it('cuts the connection before or after the work', async () => {
    const projects = `/tower/api/v1/teams/${TEAM}/projects`;
    const create = (name: string) =>
      call(projects, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ project: { name } }),
      });
    await set({ operation: 'createProject', drop: 'before', times: 1 });
    await expect(create('Never made')).rejects.toThrow();
    await set({ operation: 'createProject', drop: 'after', times: 1 });
    await expect(create('Made in silence')).rejects.toThrow();
    const list = await (await call(projects)).text();
    expect([list.includes('Never made'), list.includes('Made in silence')]).toEqual([false, true]);
  });

  it('cuts a stream of events after the first one', async () => {
    const { path, authorization } = gobelieve.demo?.stream ?? { path: '', authorization: '' };
    await set({ api: 'gobelieve', method: 'GET', drop: 'after' });
    const answer = await fetch(`${server.url}/gobelieve${path}`, { headers: { Authorization: authorization } });
    expect(answer.status).toBe(200);
    let text = '';
    const read = async () => {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
        text += Buffer.from(chunk).toString();
    };
    await expect(read()).rejects.toThrow();
    expect(text.match(/^data:/gm)).toHaveLength(1);
  });

  it('never acts on the sandbox itself, on probes and on preflights', async () => {
    await set({ status: 503 });
    expect((await control('GET', '/credentials')).status).toBe(200);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    const preflight = await fetch(`${server.url}/tower/api/v1/user`, {
      method: 'OPTIONS',
      headers: { Origin: 'http://a.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect(preflight.status).toBe(204);
    const answer = await fetch(`${server.url}/tower/api/v1/user`, { headers: { Origin: 'http://a.example' } });
    expect(answer.headers.get('access-control-expose-headers')).toContain('Qiyue-Fault');
  });
});

describe('the faults and requests of a world', () => {
  it('are its own, and a reset clears its faults only', async () => {
    const { id, base_url } = (await (await control('POST', '/worlds')).json()) as { id: string; base_url: string };
    const inside = (method: string, path: string, body?: object) =>
      fetch(`${base_url}/sandbox${path}`, {
        method,
        ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      });
    await inside('POST', '/faults', { api: 'tower', operation: 'getUser', status: 406 });
    expect((await fetch(`${base_url}/tower/api/v1/user`)).status).toBe(406);
    expect((await fetch(`${server.url}/tower/api/v1/user`, { headers: { 'Qiyue-World': id } })).status).toBe(406);
    expect((await fetch(`${server.url}/tower/api/v1/user`)).status).toBe(401);
    expect((await inside('POST', '/reset')).status).toBe(204);
    expect(await (await inside('GET', '/faults')).json()).toEqual([]);
    const requests = (await (await inside('GET', '/requests')).json()) as object[];
    expect(requests).toMatchObject([
      { operation: 'getUser', path: '/api/v1/user', status: 406 },
      { operation: 'getUser', path: '/api/v1/user', status: 406 },
    ]);
    await control('DELETE', `/worlds/${id}`);
  });
});

describe('a fault that cannot be', () => {
  it.each([
    [{ api: 'sandbox' }, '/body/api', 'one of tower, gobelieve, ucenter, ppmessage'],
    [{ api: 'tower', operation: 'getNothing' }, '/body/operation', 'such as get'],
    [{ method: 'HEAD' }, '/body/method', 'GET'],
    [{ path: '/tower/api/v1/user' }, '/body/path', 'without the prefix'],
    [{ operation: 'getUser', status: 418 }, '/body/status', 'it has 200, 400'],
    [{ api: 'tower', operation: 'createTodos' }, '/body/operation', 'such as createTodo,'],
    [{ api: 'tower', status: 402 }, '/body/status', 'of tower has no status 402; all have 400, 500, 502, 503, 504'],
    [
      { api: 'gobelieve', operation: 'getSupporter', status: 502, code: 400 },
      '/body/code',
      'cannot be given with status 502',
    ],
    [{ api: 'tower', code: 'nothing' }, '/body/code', 'there is no code nothing, but conflict, '],
    [{ api: 'ppmessage', code: 99 }, '/body/code', 'there is no code 99, but -1, 0, 1, 3, 4, '],
    [{ operation: 'getAppInfo', code: 99 }, '/body/code', 'it has 0, 1, 3'],
    [{ operation: 'createToken', example: 'none' }, '/body/example', 'otpRequired'],
    [{ status: 404, drop: 'after' }, '/body/drop', 'status'],
    [{ delay: '1 s' }, '/body/delay', 'such as 800ms'],
    [{ chance: 2 }, '/body/chance', '<= 1'],
    [{ times: 0 }, '/body/times', '>= 1'],
    [{ statuz: 404 }, '/body/statuz', ''],
  ])('%j is a 400 at %s', async (fault, path, named) => {
    const answer = await control('POST', '/faults', fault);
    const body = (await answer.json()) as { error: string; details: { path: string; message: string }[] };
    expect([answer.status, body.error]).toEqual([400, 'invalid_request']);
    expect(body.details.map((detail) => detail.path)).toContain(path);
    expect(body.details.find((detail) => detail.path === path)?.message).toContain(named);
  });
});
