import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryStore, type TokenStore, type Tokens } from '../../src/client/index.ts';
import { clientOf, member, reasonOf, signedIn, startTower, team } from './fake-tower.ts';

describe('refreshing', () => {
  it('happens once for concurrent calls, which all succeed', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.GET(member, team)));
    expect(answers.map(({ response }) => response.status)).toEqual(Array(20).fill(200));
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('happens once when the last 401 comes after it', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    let slow: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      slow = resolve;
    });
    tower.beforeAnswer = ({ path }) => (path.endsWith('/slow/member') ? held : Promise.resolve());
    const late = client.GET(member, { params: { path: { team_id: 'slow' } } });
    await client.GET(member, team);
    slow();
    expect((await late).response.status).toBe(200);
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('sends the old access token and the client credentials', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    const { access_token, refresh_token } = client.tokens ?? {};
    tower.expire();
    await client.GET(member, team);
    const [refresh] = tower.refreshes();
    expect(refresh?.headers.authorization).toBe(`Bearer ${access_token}`);
    expect(refresh?.form).toEqual({
      grant_type: 'refresh_token',
      refresh_token,
      client_id: 'app',
      client_secret: 'secret',
    });
  });

  it('works with the old access token alone', async () => {
    const tower = await startTower();
    const client = await signedIn(tower, { clientSecret: undefined });
    tower.expire();
    expect((await client.GET(member, team)).response.status).toBe(200);
    expect(Object.keys(tower.refreshes()[0]?.form ?? {})).toEqual(['grant_type', 'refresh_token']);
  });

  it('happens 30 seconds before the expiry', async () => {
    const tower = await startTower();
    let time = 0;
    const client = await signedIn(tower, { now: () => time });
    time = 7_169_999;
    await client.GET(member, team);
    expect(tower.refreshes()).toHaveLength(0);
    time = 7_170_000;
    await client.GET(member, team);
    await client.GET(member, team);
    expect(tower.refreshes()).toHaveLength(1);
    expect(client.tokens?.expires_at).toBe(7_170_000 + 7_200_000);
  });

  it('happens later for tokens with a shorter lifetime', async () => {
    const tower = await startTower({ expiresIn: 20 });
    let time = 0;
    const client = await signedIn(tower, { now: () => time });
    await client.GET(member, team);
    expect(tower.refreshes()).toHaveLength(0);
    time = 10_000;
    await client.GET(member, team);
    expect(tower.refreshes()).toHaveLength(1);
  });

  it("uses the server's clock for tokens without expires_at", async () => {
    const tower = await startTower();
    const { expires_at: _, ...tokens } = await clientOf(tower).signInWithPassword({
      username: 'demo',
      password: 'right',
    });
    const client = clientOf(tower, { now: () => (tokens.created_at + 7170) * 1000 });
    await client.setTokens(tokens);
    await client.GET(member, team);
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('is repeated when its answer was lost', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    tower.answersToLose = 1;
    expect((await client.GET(member, team)).response.status).toBe(200);
    const [first, second] = tower.refreshes();
    expect(second?.body).toBe(first?.body);
    expect(client.tokens?.access_token).toBe(tower.rotated?.answer.access_token);
  });

  it('is repeated when a gateway lost the answer', async () => {
    const tower = await startTower();
    let gateways = 1;
    const client = await signedIn(tower, {
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        const isRefresh = String(init?.body).includes('grant_type=refresh_token');
        return isRefresh && gateways-- > 0 ? new Response('Bad gateway', { status: 502 }) : response;
      },
    });
    tower.expire();
    expect((await client.GET(member, team)).response.status).toBe(200);
    expect(tower.refreshes()).toHaveLength(2);
  });

  it('is repeated after a timeout', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementationOnce(() => AbortSignal.abort());
    onTestFinished(() => timeout.mockRestore());
    expect((await client.GET(member, team)).response.status).toBe(200);
    expect(timeout.mock.calls).toEqual([[8000], [8000]]);
  });

  it('fails after the second attempt, and keeps the tokens', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    const before = client.tokens;
    tower.expire();
    tower.answersToLose = 2;
    await expect(client.GET(member, team)).rejects.toThrow(TypeError);
    expect(tower.refreshes()).toHaveLength(2);
    expect(client.tokens).toEqual(before);
    // The server repeats its answer for ten seconds.
    expect((await client.GET(member, team)).response.status).toBe(200);
  });

  it('is not repeated after an answer of the server', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    const before = client.tokens;
    tower.expire();
    const rejected = { error: 'invalid_client', error_description: 'The secret was changed' };
    const other = clientOf(tower, {
      tokens: before,
      fetch: async (input, init) => (init?.body ? Response.json(rejected, { status: 401 }) : fetch(input, init)),
    });
    expect(await reasonOf(other.GET(member, team))).toMatchObject({ code: 'invalid_client', status: 401 });
    expect(other.tokens).toEqual(before);
  });

  it('clears the tokens and returns the 401 when it is rejected', async () => {
    const tower = await startTower();
    const onTokens = vi.fn();
    const client = await signedIn(tower, { onTokens });
    tower.current = {};
    const { error, response } = await client.GET(member, team);
    expect(response.status).toBe(401);
    expect(error?.errors[0]?.status).toBe('401');
    expect(client.tokens).toBeUndefined();
    expect(onTokens).toHaveBeenLastCalledWith(undefined);
    await client.GET(member, team);
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('returns the 401 when an early refresh is rejected', async () => {
    const tower = await startTower();
    let time = 0;
    const client = await signedIn(tower, { now: () => time });
    time = 8_000_000;
    tower.current = {};
    expect((await client.GET(member, team)).response.status).toBe(401);
    expect(client.tokens).toBeUndefined();
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('sends the old token when an early refresh fails', async () => {
    const tower = await startTower();
    let time = 0;
    const client = await signedIn(tower, {
      now: () => time,
      fetch: (input, init) =>
        String(init?.body).includes('refresh') ? Promise.reject(new TypeError('down')) : fetch(input, init),
    });
    time = 7_190_000;
    expect((await client.GET(member, team)).response.status).toBe(200);
  });

  it('repeats the request once', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    // The token is invalid at once.
    tower.beforeAnswer = async () => tower.expire();
    expect((await client.GET(member, team)).response.status).toBe(401);
    expect(tower.refreshes()).toHaveLength(1);
    expect(tower.calls.filter(({ path }) => path.endsWith('/member'))).toHaveLength(2);
  });

  it('does not happen for a 401 that is not about the token', async () => {
    const tower = await startTower();
    const rejected = () =>
      new Response('{}', { status: 401, headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' } });
    const client = await signedIn(tower, { fetch: async (input, init) => (init ? fetch(input, init) : rejected()) });
    expect((await client.GET(member, team)).response.status).toBe(401);
    expect(tower.refreshes()).toHaveLength(0);
  });

  it.each([
    ['text', () => '{"a":1}'],
    ['a stream', () => new Blob(['{"a"', ':1}']).stream()],
  ])('repeats a body of %s', async (_, body) => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    // The contract has no operation with a body yet.
    const post = client.POST as (path: string, init: object) => Promise<{ data?: unknown }>;
    const { data } = await post('/api/v1/todos', {
      body: body(),
      bodySerializer: (given: unknown) => given,
      duplex: 'half',
    });
    expect(data).toMatchObject({ received: '{"a":1}' });
    expect(tower.to('/api/v1/todos').map((call) => call.body)).toEqual(['{"a":1}', '{"a":1}']);
  });
});

describe('tokens', () => {
  it('can be set, and work without a refresh token', async () => {
    const tower = await startTower();
    const { access_token } = (await signedIn(tower)).tokens ?? {};
    const client = clientOf(tower, { tokens: { access_token: access_token ?? '' } });
    expect((await client.GET(member, team)).response.status).toBe(200);
    tower.expire();
    expect((await client.GET(member, team)).response.status).toBe(401);
    expect(tower.refreshes()).toHaveLength(0);
  });

  it('are shared by clients with the same store', async () => {
    const tower = await startTower();
    const store = memoryStore();
    const [one, two] = [await signedIn(tower, { store }), clientOf(tower, { store })];
    expect((await two.GET(member, team)).response.status).toBe(200);
    tower.expire();
    await one.GET(member, team);
    expect((await two.GET(member, team)).response.status).toBe(200);
    expect(two.tokens).toEqual(one.tokens);
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('can be kept in an asynchronous store', async () => {
    const tower = await startTower();
    const memory = memoryStore();
    const later = <T>(value: T) => setTimeout(5, value);
    const store: TokenStore = {
      load: async () => later(await memory.load()),
      save: async (tokens) => later(await memory.save(tokens)),
      clear: async () => later(await memory.clear()),
    };
    const client = await signedIn(tower, { store });
    tower.expire();
    await Promise.all([client.GET(member, team), client.GET(member, team)]);
    expect(tower.refreshes()).toHaveLength(1);
    expect(await store.load()).toEqual(client.tokens);
  });

  it('are refreshed by one browser tab at a time, with a delayed localStorage', async () => {
    const tower = await startTower();
    let turn: Promise<unknown> = Promise.resolve();
    const request = (_: string, work: () => Promise<void>) => {
      turn = turn.then(work);
      return turn;
    };
    vi.stubGlobal('navigator', { locks: { request } });
    onTestFinished(() => void vi.unstubAllGlobals());
    const tabs: { own: Tokens | undefined }[] = [];
    const openTab = () => {
      const tab = { own: tabs[0]?.own };
      tabs.push(tab);
      const store: TokenStore = {
        load: () => tab.own,
        save(tokens) {
          tab.own = tokens;
          void setTimeout(50).then(() => tabs.map((other) => Object.assign(other, { own: tokens })));
        },
        clear() {},
      };
      return clientOf(tower, { store });
    };
    const one = openTab();
    await one.signInWithPassword({ username: 'demo', password: 'right' });
    const two = openTab();
    tower.expire();
    const answers = await Promise.all([one.GET(member, team), two.GET(member, team)]);
    expect(answers.map(({ response }) => response.status)).toEqual([200, 200]);
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('of a new sign-in are not overwritten by an older refresh', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    const given = { access_token: 'a'.repeat(64) };
    tower.beforeAnswer = async ({ form }) => {
      if (form.grant_type === 'refresh_token') await client.setTokens(given);
    };
    await client.GET(member, team);
    expect(client.tokens).toEqual(given);
  });
});
