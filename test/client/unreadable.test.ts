import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createGobelieveClient,
  createPpmessageClient,
  createTowerClient,
  createUcenterClient,
  type Tokens,
} from '../../src/client/index.ts';

const page = '<!doctype html><title>Bad Gateway</title>';
const html = { 'Content-Type': 'text/html; charset=utf-8' };
const json = { 'Content-Type': 'application/json' };

/** [what, body, headers, the end of the message] */
const answers: [string, string | null, Record<string, string>, string][] = [
  ['an empty answer', '', {}, 'is empty'],
  ['an empty answer with a length', null, { 'Content-Length': '0' }, 'is empty'],
  ['a page', page, html, 'is text/html, not JSON'],
  ['a page with a length', page, { ...html, 'Content-Length': String(page.length) }, 'is text/html, not JSON'],
  ['half of the JSON', '{"code":1,"mess', json, 'is broken JSON'],
  ['text that claims to be JSON', page, json, 'is broken JSON'],
];
const cases = [200, 401, 404, 500, 502].flatMap((status) =>
  answers.map(([what, body, headers, reason]) => ({ what, status, body, headers, reason })),
);

type Fetch = typeof globalThis.fetch;
type Call = (fetch: Fetch) => Promise<unknown>;

const team = { params: { path: { team_id: 'a' } } };
const tower = (fetch: Fetch, tokens?: Tokens) =>
  createTowerClient({
    baseUrl: 'http://a.example/tower',
    clientId: 'a',
    clientSecret: 'b',
    fetch,
    ...(tokens && { tokens }),
  });
const ucenter = (fetch: Fetch) =>
  createUcenterClient({ baseUrl: 'http://a.example/ucenter', clientId: 'a', clientSecret: 'b', fetch });
const ppmessage = (fetch: Fetch) => createPpmessageClient({ baseUrl: 'http://a.example/ppmessage', token: 'a', fetch });
const gobelieve = (fetch: Fetch) => createGobelieveClient({ baseUrl: 'http://a.example/gobelieve', token: 'a', fetch });

/** Throws the error of a result. */
const refuse = async (result: Promise<{ data?: unknown; error?: unknown }>) => {
  const { data, error } = await result;
  if (error !== undefined) throw error;
  return data;
};
const grant = { code: 'a', redirectUri: 'http://b.example' };

const calls: [string, string, Call][] = [
  ['GET of Tower', 'TowerError', (fetch) => tower(fetch).GET('/api/v1/teams/{team_id}/member', team)],
  [
    'request of Tower',
    'TowerError',
    (fetch) => tower(fetch).request('get', '/api/v1/teams/{team_id}/member', { ...team, parseAs: 'json' }),
  ],
  ['signing in to Tower', 'OAuthError', (fetch) => tower(fetch).signInWithPassword({ username: 'a', password: 'b' })],
  ['GET of UCenter', 'UcenterError', (fetch) => refuse(ucenter(fetch).GET('/api/user'))],
  ['signing in to UCenter', 'UcenterError', (fetch) => ucenter(fetch).signInWithCode(grant)],
  ['an upload to UCenter', 'UcenterError', (fetch) => ucenter(fetch).upload(new Blob(['a']))],
  ['a call of PPMessage', 'PpmessageError', (fetch) => ppmessage(fetch).call('PP_GET_APP_INFO', { app_uuid: 'a' })],
  [
    'POST of PPMessage',
    'PpmessageError',
    (fetch) => ppmessage(fetch).POST('/api/PP_GET_APP_INFO', { body: { app_uuid: 'a' } }),
  ],
  ['signing in to PPMessage', 'OAuthError', (fetch) => ppmessage(fetch).exchangeCode(grant)],
  ['events of PPMessage', 'PpmessageError', (fetch) => ppmessage(fetch).events().next()],
  ['GET of GoBelieve', 'GobelieveError', (fetch) => gobelieve(fetch).GET('/messages')],
  ['events of GoBelieve', 'GobelieveError', (fetch) => gobelieve(fetch).events().next()],
];

describe.each(calls)('%s', (_what, name, call) => {
  it.each(cases)('throws a readable error for $what with status $status', async ({ status, body, headers, reason }) => {
    const error = await call(async () => new Response(body, { status, headers })).then(
      (result) => expect.fail(`It returned ${JSON.stringify(result)}`),
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name, status });
    expect((error as Error).message).toContain(`The answer has status ${status} and ${reason}`);
  });
});

describe('the error of an unreadable answer', () => {
  it.each(calls)('of %s says when to try again', async (_what, name, call) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    for (const value of ['7', 'Thu, 01 Jan 2026 00:00:07 GMT']) {
      const answer = async () => new Response(page, { status: 503, headers: { ...html, 'Retry-After': value } });
      // PPMessage's own errors have no such time.
      const expected = name === 'PpmessageError' ? { status: 503 } : { status: 503, retryAfter: 7 };
      await expect(call(answer)).rejects.toMatchObject(expected);
    }
  });
});

describe('a client', () => {
  it('returns downloads as they are, also empty ones and pages', async () => {
    for (const body of ['', page, '{"a":']) {
      const fetch = async () => new Response(body, { headers: { 'Content-Type': 'application/octet-stream' } });
      const path = { params: { path: { name: 'a' } }, parseAs: 'text' } as const;
      expect((await gobelieve(fetch).GET('/files/{name}', path)).data).toBe(body);
      const file = { params: { path: { date: '20260101', name: 'a' } }, parseAs: 'text' } as const;
      expect((await ucenter(fetch).GET('/storage/uploads/{date}/{name}', file)).data).toBe(body);
    }
  });

  it('throws its error for a download that a proxy refuses', async () => {
    const fetch = async () => new Response(page, { status: 502, headers: html });
    const path = { params: { path: { name: 'a' } }, parseAs: 'blob' } as const;
    await expect(gobelieve(fetch).GET('/files/{name}', path)).rejects.toMatchObject({
      name: 'GobelieveError',
      status: 502,
    });
  });

  it('keeps its tokens when a proxy refuses the refresh', async () => {
    const sent: string[] = [];
    for (const status of [200, 400, 502]) {
      const fetch = (async (input: RequestInfo | URL) => {
        const url = String(input instanceof Request ? input.url : input);
        sent.push(url);
        return url.includes('/api/v1/') || url.endsWith('/api/user')
          ? Response.json({}, { status: 401 })
          : new Response(page, { status, headers: html });
      }) as Fetch;
      const tokens = { access_token: 'a', refresh_token: 'b' };
      const towerClient = tower(fetch, tokens);
      await expect(towerClient.GET('/api/v1/teams/{team_id}/member', team)).rejects.toMatchObject({
        name: 'OAuthError',
        status,
      });
      expect(towerClient.tokens).toEqual(tokens);
      const ucenterClient = ucenter(fetch);
      await ucenterClient.setTokens(tokens);
      await expect(ucenterClient.GET('/api/user')).rejects.toMatchObject({ name: 'UcenterError', status });
      expect(ucenterClient.tokens).toEqual(tokens);
    }
  });
});
