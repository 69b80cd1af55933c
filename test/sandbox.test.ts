import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxMessage } from '../src/messages/outbox.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => server.context.messages.clearOutbox());

const send = (to: string, body = 'Your code is 123456') =>
  server.context.messages.enqueue(server.context.database, { api: 'tower', channel: 'sms', to, body, code: '123456' });

const outbox = (query = '', init?: RequestInit) => fetch(`${server.url}/sandbox/outbox${query}`, init);
const messages = async (query = '') => (await (await outbox(query)).json()) as OutboxMessage[];

describe('GET /sandbox/credentials', () => {
  it('has the origin, and for each API credentials that work', async () => {
    const response = await fetch(`${server.url}/sandbox/credentials`);
    const { origin, tower, ...others } = (await response.json()) as {
      origin: string;
      tower: Record<string, unknown>;
      [name: string]: unknown;
    };
    expect(origin).toBe(server.url);
    const text = expect.any(String);
    expect(others).toMatchObject({
      ucenter: {
        base_url: `${server.url}/ucenter`,
        client_id: text,
        client_secret: text,
        redirect_uri: text,
        expired_access_token: text,
        user: { user_id: expect.any(Number), username: text, password: text, email: text, phone: text },
      },
      ppmessage: {
        base_url: `${server.url}/ppmessage`,
        api_key: text,
        api_secret: text,
        app_uuid: text,
        redirect_uri: text,
        redirect_uri_with_query: expect.stringContaining('?'),
        other_app_uuid: text,
        user: { user_uuid: text, email: text, password: text },
      },
      gobelieve: { base_url: `${server.url}/gobelieve`, appid: expect.any(Number), appsecret: text },
    });
    expect(tower).toEqual({
      base_url: `${server.url}/tower`,
      client_id: expect.any(String),
      client_secret: expect.any(String),
      redirect_uri: expect.any(String),
      team_id: expect.any(String),
      empty_team_id: expect.any(String),
      user: { username: expect.any(String), password: expect.any(String) },
      otp_user: { username: expect.any(String), password: expect.any(String) },
      outsider: { username: expect.any(String), password: expect.any(String) },
      colleague: { username: expect.any(String), password: expect.any(String) },
      people: expect.any(Array),
    });
    const { client_id, client_secret, user } = tower as Record<string, string> & { user: object };
    const signIn = await fetch(`${tower.base_url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'password', client_id, client_secret, ...user } as Record<
        string,
        string
      >),
    });
    expect(signIn.status).toBe(200);
  });

  it('has at least three people of each API, with what they sign in with', async () => {
    const credentials = (await (await fetch(`${server.url}/sandbox/credentials`)).json()) as Record<
      string,
      { people: { key: string }[] }
    >;
    const text = expect.any(String);
    const signIn = {
      tower: { username: text, password: text },
      ucenter: { user_id: expect.any(Number), username: text, password: text },
      ppmessage: { user_uuid: text, user_email: text },
      gobelieve: { uid: expect.any(Number), token: text },
    };
    for (const [api, fields] of Object.entries(signIn)) {
      const people = credentials[api]?.people ?? [];
      expect(people).toEqual(people.map(() => expect.objectContaining({ key: text, name: text, ...fields })));
      expect(new Set(people.map(({ key }) => key)).size).toBeGreaterThanOrEqual(3);
    }
  });

  it('has URLs below PUBLIC_URL', async () => {
    const behind = await startServer({ PUBLIC_URL: 'https://example.com/apis' });
    const credentials = await (await fetch(`${behind.url}/sandbox/credentials`)).json();
    await behind.close();
    expect(credentials).toMatchObject({
      origin: 'https://example.com/apis',
      tower: { base_url: 'https://example.com/apis/tower' },
    });
  });

  it('is not cached, and readable for pages of other origins', async () => {
    const { headers } = await fetch(`${server.url}/sandbox/credentials`, {
      headers: { Origin: 'http://localhost:5173' },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('GET /sandbox/outbox', () => {
  it('lists messages, newest first', async () => {
    await send('+8613800000001');
    await send('lily');
    expect(await messages()).toMatchObject([{ to: 'lily' }, { to: '+8613800000001' }]);
    expect((await messages())[0]).toEqual({
      id: expect.any(String),
      channel: 'sms',
      to: 'lily',
      subject: null,
      body: 'Your code is 123456',
      code: '123456',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });

  it('filters by recipient, also when the plus of a phone number was not encoded, and limits', async () => {
    await send('+8613800000001');
    await send('lily');
    await send('lily');
    expect(await messages('?to=lily')).toHaveLength(2);
    expect(await messages('?to=lily&limit=1')).toHaveLength(1);
    expect(await messages('?to=%2B8613800000001')).toHaveLength(1);
    expect(await messages('?to=+8613800000001')).toHaveLength(1);
    expect(await messages('?to=no-one')).toEqual([]);
    expect(await messages('?to=')).toHaveLength(3);
  });

  it('waits for the first message', async () => {
    const waiting = messages('?to=lily&wait=10s');
    await sleep(200);
    await send('another');
    await send('lily');
    expect(await waiting).toMatchObject([{ to: 'lily' }]);
  });

  it.each([
    ['300ms', 300],
    ['0.3s', 300],
    ['0.3', 300],
    ['0', 0],
  ])('answers with nothing after wait=%s', async (wait, least) => {
    const started = performance.now();
    expect(await messages(`?wait=${wait}`)).toEqual([]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(least - 5);
    expect(performance.now() - started).toBeLessThan(least + 5000);
  });

  it.each([
    ['wait', '?wait=soon'],
    ['wait', '?wait=5m'],
    ['wait', '?wait=-1'],
    ['wait', '?wait=61s'],
    ['wait', '?wait=1&wait=2'],
    ['limit', '?limit=0'],
    ['limit', '?limit=1001'],
    ['limit', '?limit=ten'],
    ['to', '?to=a&to=b'],
  ])('returns 400 to an invalid %s: %s', async (field, query) => {
    const response = await outbox(query);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: 'invalid_request',
      message: expect.stringMatching(new RegExp(`^${field} must be `)),
      details: [{ path: `/query/${field}` }],
    });
  });

  it('stops waiting when the client disconnects', async () => {
    const client = new AbortController();
    const { messages } = server.context;
    const original = messages.waitForOutbox;
    const waits: Promise<unknown>[] = [];
    messages.waitForOutbox = (...parameters) => {
      const waiting = original(...parameters);
      waits.push(waiting);
      return waiting;
    };
    const waiting = outbox('?wait=60s', { signal: client.signal });
    await expect.poll(() => waits).toHaveLength(1);
    client.abort();
    await expect(waiting).rejects.toThrow();
    const late = sleep(5000, 'still waiting', { ref: false });
    expect(await Promise.race([waits[0], late])).toEqual([]);
    messages.waitForOutbox = original;
  });
});

describe('DELETE /sandbox/outbox', () => {
  it('deletes all messages, or those of one recipient', async () => {
    await send('lily');
    await send('otto');
    const one = await outbox('?to=lily', { method: 'DELETE' });
    expect([one.status, await one.text()]).toEqual([204, '']);
    expect(await messages()).toMatchObject([{ to: 'otto' }]);
    await outbox('', { method: 'DELETE' });
    expect(await messages()).toEqual([]);
  });

  it('is allowed for pages of other origins', async () => {
    const headers = { Origin: 'http://localhost:5173', 'Access-Control-Request-Method': 'DELETE' };
    const response = await outbox('', { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toContain('DELETE');
  });
});

describe('the outbox page', () => {
  it('is sent to browsers, and has its own URL', async () => {
    await send('lily');
    const browser = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'Accept-Language': 'en' } };
    for (const response of [await outbox('', browser), await fetch(`${server.url}/sandbox/outbox.html`)]) {
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(response.headers.get('vary')).toContain('Accept');
      const page = await response.text();
      expect(page).toContain('<output>123456</output>');
      expect(page).toContain('<span>lily</span>');
    }
  });

  it('escapes the text of a message', async () => {
    await send('<b>', '<script>alert(1)</script>');
    const page = await (await fetch(`${server.url}/sandbox/outbox.html?to=<b>`)).text();
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('value="&lt;b&gt;"');
    expect(page).not.toContain('<script>alert');
  });
});
