import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import type { components } from '../../generated/tower.ts';
import { createTowerClient, memoryStore } from '../../src/client/index.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { clientOf, member, redirectUri, signedIn, startTower, team } from './fake-tower.ts';

type Schemas = components['schemas'];

describe('a call', () => {
  it('sends the access token and parses JSON:API', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    const { data, error, response } = await client.GET(member, team);
    expect(error).toBeUndefined();
    expect(response.status).toBe(200);
    expect(data?.data.attributes.nickname).toBe('Demo');
    const [call] = tower.to(`/api/v1/teams/${team.params.path.team_id}/member`);
    expect(call?.headers.authorization).toBe(`Bearer ${client.tokens?.access_token}`);
    expect(call?.headers.accept).toMatch(/^application\/vnd\.api\+json,/);
  });

  it('returns an error response as `error`, also without tokens', async () => {
    const tower = await startTower();
    const { data, error, response } = await clientOf(tower).GET(member, team);
    expect(data).toBeUndefined();
    expect(error?.errors[0]?.status).toBe('401');
    expect(response.status).toBe(401);
    expect(tower.calls).toHaveLength(1);
  });

  it('sends the access token to API operations only', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    await client.GET('/.well-known/oauth-authorization-server');
    await client.POST('/oauth/introspect', { body: { token: 'a' } });
    await client.signOut();
    expect(tower.calls.map((call) => call.headers.authorization)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('is type-checked', () => {
    const client = createTowerClient({ baseUrl: 'http://127.0.0.1/tower', clientId: 'app' });
    expectTypeOf(client.GET<typeof member, typeof team>).returns.resolves.toHaveProperty('response');
    const mistakes = () => [
      // @ts-expect-error no such path
      client.GET('/api/v1/teams/{team_id}/members', team),
      // @ts-expect-error no such method
      client.DELETE(member, team),
      // @ts-expect-error team_id is missing
      client.GET(member, { params: { path: {} } }),
      // @ts-expect-error params are missing
      client.GET(member),
      // @ts-expect-error no such grant
      client.POST('/oauth/token', { body: { grant_type: 'magic' } }),
      // @ts-expect-error the password is missing
      client.POST('/oauth/token', { body: { grant_type: 'password', username: 'demo' } }),
      // @ts-expect-error the password is missing
      client.signInWithPassword({ username: 'demo' }),
      // @ts-expect-error tokens to start with would be lost beside a store
      createTowerClient({ baseUrl: '', clientId: '', tokens: { access_token: '' }, store: memoryStore() }),
      client.GET(member, team).then(({ data, error }) => {
        // @ts-expect-error there may be no data
        data.data;
        expectTypeOf(data).toEqualTypeOf<Schemas['MemberDocument'] | undefined>();
        expectTypeOf(error).toEqualTypeOf<Schemas['ErrorDocument'] | undefined>();
      }),
    ];
    expect(mistakes).toBeTypeOf('function');
  });
});

describe('signing in with a password', () => {
  it('returns the tokens and keeps them', async () => {
    const tower = await startTower();
    const onTokens = vi.fn();
    const client = clientOf(tower, { onTokens, now: () => 1_000_000 });
    const tokens = await client.signInWithPassword({ username: 'demo', password: 'right' });
    expect(tokens).toMatchObject({ token_type: 'bearer', email: 'demo@tower.example', expires_at: 8_200_000 });
    expect(client.tokens).toEqual(tokens);
    expect(onTokens.mock.calls).toEqual([[tokens]]);
    const form = {
      grant_type: 'password',
      username: 'demo',
      password: 'right',
      client_id: 'app',
      client_secret: 'secret',
    };
    expect(tower.calls[0]?.form).toEqual(form);
  });

  it('throws otp_required first and accepts the captcha then', async () => {
    const tower = await startTower();
    const client = clientOf(tower);
    const credentials = { username: 'careful', password: 'right' };
    const error = await reasonOf(client.signInWithPassword(credentials));
    expect(error).toBeInstanceOf(OAuthError);
    expect(error).toMatchObject({ code: 'otp_required', status: 401, description: 'otp_required!' });
    expect(client.tokens).toBeUndefined();
    await client.signInWithPassword({ ...credentials, captcha: '123456' });
    expect((await client.GET(member, team)).response.status).toBe(200);
  });

  it('throws an error with the reason and the seconds of Retry-After', async () => {
    const tower = await startTower();
    const client = clientOf(tower);
    const wrong = await reasonOf(client.signInWithPassword({ username: 'demo', password: 'wrong' }));
    expect(wrong).toMatchObject({ name: 'OAuthError', code: 'invalid_grant', status: 400, retryAfter: undefined });
    expect(wrong.message).toBe('invalid_grant: invalid_grant!');
    const busy = await reasonOf(client.signInWithPassword({ username: 'busy', password: 'right' }));
    expect(busy).toMatchObject({ code: 'temporarily_unavailable', status: 429, retryAfter: 42 });
  });

  it.each([
    ['a page', 502, '<h1>Bad gateway</h1>'],
    ['a page that claims success', 200, '<h1>Please pay for the Wi-Fi</h1>'],
    ['JSON of another kind', 404, '{"message":"nothing here"}'],
    ['an answer without a token', 200, '{}'],
    ['no object', 200, 'null'],
  ])('throws invalid_response for %s', async (_, status, body) => {
    const fetch = async () => new Response(body, { status });
    const client = createTowerClient({ baseUrl: 'http://tower.example', clientId: 'app', fetch });
    const error = await reasonOf(client.signInWithPassword({ username: 'demo', password: 'right' }));
    expect(error).toMatchObject({ name: 'OAuthError', code: 'invalid_response' });
  });
});

it('does not follow a redirect of the token endpoint', async () => {
  const [tower, other] = [await startTower(), await startTower()];
  tower.redirect = `${other.baseUrl}/oauth/token`;
  await expect(signedIn(tower)).rejects.toThrow(TypeError);
  expect(other.calls).toEqual([]);
});

describe('signing in with a code', () => {
  it('goes to the authorization page and back, with PKCE', async () => {
    const tower = await startTower();
    const client = clientOf(tower, { clientSecret: undefined });
    const { url, ...flow } = await client.authorizationUrl({ redirectUri, scope: 'a b' });
    const { origin, pathname, searchParams } = new URL(url);
    expect(origin + pathname).toBe(`${tower.baseUrl}/oauth/authorize`);
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: 'app',
      redirect_uri: redirectUri,
      scope: 'a b',
      state: flow.state,
      code_challenge: createHash('sha256').update(flow.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(flow.codeVerifier).toMatch(/^[\w-]{43}$/);

    const answer = new URLSearchParams({ code: tower.approve(url), state: flow.state, iss: tower.baseUrl });
    await client.handleCallback(`${redirectUri}?${answer}`, flow);
    expect((await client.GET(member, team)).response.status).toBe(200);
    expect(tower.calls[0]?.form).not.toHaveProperty('client_secret');
  });

  it('makes a new state and verifier each time, unless the caller passes a state', async () => {
    const client = createTowerClient({ baseUrl: 'http://tower.example', clientId: 'app' });
    const [one, two] = [await client.authorizationUrl({ redirectUri }), await client.authorizationUrl({ redirectUri })];
    expect(one.state).not.toBe(two.state);
    expect(one.codeVerifier).not.toBe(two.codeVerifier);
    expect((await client.authorizationUrl({ redirectUri, state: 'a&b=ü' })).url).toContain('state=a%26b%3D%C3%BC');
  });

  it.each([
    ['another state', 'state_mismatch', { state: 'other', code: 'c' }],
    ['no state', 'state_mismatch', { code: 'c' }],
    ['another state and an error', 'state_mismatch', { state: 'other', error: 'access_denied' }],
    ['another issuer', 'issuer_mismatch', { state: 's', code: 'c', iss: 'https://evil.example' }],
    ['a denial', 'access_denied', { state: 's', error: 'access_denied', error_description: 'No!' }],
    ['no code', 'invalid_response', { state: 's' }],
  ])('refuses %s before anything is sent', async (_, code, answer) => {
    const fetch = vi.fn();
    const client = createTowerClient({ baseUrl: 'http://tower.example/', clientId: 'app', fetch });
    const url = new URL(`${redirectUri}?${new URLSearchParams(answer as Record<string, string>)}`);
    const error = await reasonOf(client.handleCallback(url, { state: 's', codeVerifier: 'v', redirectUri }));
    expect(error).toMatchObject({ name: 'OAuthError', code, status: undefined });
    expect(fetch).not.toHaveBeenCalled();
  });

  it('accepts the configured issuer of a server behind a proxy', async () => {
    const issuer = 'http://server.example/tower';
    const fetch = vi.fn().mockRejectedValue(new TypeError('sent'));
    const client = createTowerClient({ baseUrl: 'http://proxy.example/tower', clientId: 'app', fetch, issuer });
    const url = `${redirectUri}?${new URLSearchParams({ iss: issuer, code: 'c', state: 's' })}`;
    await expect(client.handleCallback(url, { state: 's', codeVerifier: 'v', redirectUri })).rejects.toThrow('sent');
    const proxy = `${redirectUri}?${new URLSearchParams({ iss: 'http://proxy.example/tower', code: 'c', state: 's' })}`;
    const error = await reasonOf(client.handleCallback(proxy, { state: 's', codeVerifier: 'v', redirectUri }));
    expect(error).toMatchObject({ code: 'issuer_mismatch' });
  });

  it.each(['localhost:3000/tower', '', '/tower', 'ftp://tower.example'])('throws for the baseUrl %j', (baseUrl) => {
    expect(() => createTowerClient({ baseUrl, clientId: 'app' })).toThrow(/^baseUrl must be an address/);
  });

  it('rejects a callback when no state was kept', async () => {
    const client = createTowerClient({ baseUrl: 'http://tower.example', clientId: 'app' });
    const flow = { state: '', codeVerifier: 'v', redirectUri };
    expect(await reasonOf(client.handleCallback(`${redirectUri}?state=&code=c`, flow))).toMatchObject({
      code: 'state_mismatch',
    });
  });
});

describe('refreshing', () => {
  it('happens once for many calls at once, which all succeed', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.GET(member, team)));
    expect(answers.map(({ response }) => response.status)).toEqual(Array(20).fill(200));
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('also happens once when the last 401 arrives after it', async () => {
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

  it('sends the old access token and the credentials', async () => {
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

  it('needs only the old access token when there is no secret (T-15)', async () => {
    const tower = await startTower();
    const client = await signedIn(tower, { clientSecret: undefined });
    tower.expire();
    expect((await client.GET(member, team)).response.status).toBe(200);
    expect(Object.keys(tower.refreshes()[0]?.form ?? {})).toEqual(['grant_type', 'refresh_token']);
  });

  it('happens 30 seconds before the access token expires', async () => {
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

  it('does not happen at once for a token with a lifetime below 30 seconds', async () => {
    const tower = await startTower({ expiresIn: 20 });
    let time = 0;
    const client = await signedIn(tower, { now: () => time });
    await client.GET(member, team);
    expect(tower.refreshes()).toHaveLength(0);
    time = 10_000;
    await client.GET(member, team);
    expect(tower.refreshes()).toHaveLength(1);
  });

  it("computes the expiry by the server's clock for tokens without expires_at", async () => {
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

  it('is repeated when the response is lost', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    tower.answersToLose = 1;
    expect((await client.GET(member, team)).response.status).toBe(200);
    const [first, second] = tower.refreshes();
    expect(second?.body).toBe(first?.body);
    expect(client.tokens?.access_token).toBe(tower.rotated?.answer.access_token);
  });

  it('is repeated when a gateway loses the response', async () => {
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

  it('is repeated when the response does not arrive in time', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementationOnce(() => AbortSignal.abort());
    onTestFinished(() => timeout.mockRestore());
    expect((await client.GET(member, team)).response.status).toBe(200);
    expect(timeout.mock.calls).toEqual([[8000], [8000]]);
  });

  it('fails after the second attempt and keeps the tokens', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    const before = client.tokens;
    tower.expire();
    tower.answersToLose = 2;
    await expect(client.GET(member, team)).rejects.toThrow(TypeError);
    expect(tower.refreshes()).toHaveLength(2);
    expect(client.tokens).toEqual(before);
    // Within its ten seconds the server still gives the same answer.
    expect((await client.GET(member, team)).response.status).toBe(200);
  });

  it('is not repeated after an error response of the server', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    const before = client.tokens;
    tower.expire();
    const refused = { error: 'invalid_client', error_description: 'The secret was changed' };
    const other = clientOf(tower, {
      tokens: before,
      fetch: async (input, init) => (init?.body ? Response.json(refused, { status: 401 }) : fetch(input, init)),
    });
    expect(await reasonOf(other.GET(member, team))).toMatchObject({ code: 'invalid_client', status: 401 });
    expect(other.tokens).toEqual(before);
  });

  it('clears the tokens and returns the 401 when the refresh token is rejected', async () => {
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

  it('also returns the 401 when an early refresh is rejected', async () => {
    const tower = await startTower();
    let time = 0;
    const client = await signedIn(tower, { now: () => time });
    time = 8_000_000;
    tower.current = {};
    expect((await client.GET(member, team)).response.status).toBe(401);
    expect(client.tokens).toBeUndefined();
    expect(tower.refreshes()).toHaveLength(1);
  });

  it('does not fail the call when an early refresh fails and the token is still valid', async () => {
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

  it('repeats the request at most once', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    // Every token is void at once.
    tower.beforeAnswer = async () => tower.expire();
    expect((await client.GET(member, team)).response.status).toBe(401);
    expect(tower.refreshes()).toHaveLength(1);
    expect(tower.calls.filter(({ path }) => path.endsWith('/member'))).toHaveLength(2);
  });

  it('does not react to a 401 that is not about the token', async () => {
    const tower = await startTower();
    const refused = () =>
      new Response('{}', { status: 401, headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' } });
    const client = await signedIn(tower, { fetch: async (input, init) => (init ? fetch(input, init) : refused()) });
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
  it('can be passed in, also without a refresh token', async () => {
    const tower = await startTower();
    const { access_token } = (await signedIn(tower)).tokens ?? {};
    const client = clientOf(tower, { tokens: { access_token: access_token ?? '' } });
    expect((await client.GET(member, team)).response.status).toBe(200);
    tower.expire();
    expect((await client.GET(member, team)).response.status).toBe(401);
    expect(tower.refreshes()).toHaveLength(0);
  });

  it('are shared by clients with the same store, refreshes included', async () => {
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

  it('are refreshed by one browser tab at a time, also when the other tabs read the result late', async () => {
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

  it('of a new sign-in are not overwritten by an earlier refresh that ends later', async () => {
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

describe('signing out', () => {
  it('revokes the tokens and forgets them', async () => {
    const tower = await startTower();
    const onTokens = vi.fn();
    const client = await signedIn(tower, { onTokens });
    const { refresh_token } = client.tokens ?? {};
    expect(await client.signOut()).toBe(true);
    const [revocation] = tower.to('/oauth/revoke');
    expect(revocation?.form).toEqual({ token: refresh_token, client_id: 'app', client_secret: 'secret' });
    expect(client.tokens).toBeUndefined();
    expect(onTokens).toHaveBeenLastCalledWith(undefined);
    expect(await client.signOut()).toBe(false);
    expect(tower.to('/oauth/revoke')).toHaveLength(1);
  });

  it('forgets the tokens also when the server cannot be reached', async () => {
    const tower = await startTower();
    const client = await signedIn(tower, {
      fetch: (input, init) =>
        String(input).endsWith('/revoke') ? Promise.reject(new TypeError('down')) : fetch(input, init),
    });
    expect(await client.signOut()).toBe(false);
    expect(client.tokens).toBeUndefined();
  });

  it('waits for a refresh and revokes its tokens', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    tower.expire();
    let signedOut: Promise<boolean> | undefined;
    tower.beforeAnswer = async ({ form }) => {
      if (form.grant_type === 'refresh_token') signedOut = client.signOut();
    };
    await client.GET(member, team);
    await signedOut;
    expect(tower.to('/oauth/revoke')[0]?.form.token).toBe(tower.rotated?.answer.refresh_token);
    expect(client.tokens).toBeUndefined();
  });
});

describe('in a browser', () => {
  const bundle = async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: "export { createTowerClient } from './index.ts'",
        resolveDir: fileURLToPath(new URL('../../src/client', import.meta.url)),
      },
      bundle: true,
      format: 'iife',
      globalName: 'qiyue',
      platform: 'browser',
      minify: true,
      write: false,
    });
    return outputFiles[0]?.text ?? '';
  };

  it('imports no Node module and is small', async () => {
    // esbuild fails on an import of a Node module when the platform is the browser.
    expect((await bundle()).length).toBeLessThan(16_000);
  });

  it.skipIf(!hasChromium)(`works from pages of another origin (Chromium)${whySkipped}`, async () => {
    const tower = await startTower();
    const app = await startTower();
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const context = await browser.newContext();
    const script = await bundle();
    const openTab = async () => {
      const page = await context.newPage();
      await page.goto(new URL('/', app.baseUrl).href);
      await page.addScriptTag({ content: script });
      await page.addScriptTag({
        content: `
          const store = {
            load: () => JSON.parse(localStorage.getItem('tokens') ?? 'null') ?? undefined,
            save: (tokens) => localStorage.setItem('tokens', JSON.stringify(tokens)),
            clear: () => localStorage.removeItem('tokens'),
          };
          const client = qiyue.createTowerClient({ baseUrl: '${tower.baseUrl}', clientId: 'app', store });
          const read = async () => (await client.GET('${member}', ${JSON.stringify(team)})).response.status;
          const write = async () => (await client.POST('/api/v1/todos', { body: { a: 1 } })).data.received;
        `,
      });
      return page;
    };
    const [one, two] = [await openTab(), await openTab()];

    const url = await one.evaluate(`client.authorizationUrl({ redirectUri: '${redirectUri}' }).then((flow) => {
      globalThis.flow = flow;
      return flow.url;
    })`);
    const code = tower.approve(String(url));
    await one.evaluate(`client.handleCallback('${redirectUri}?code=${code}&state=' + flow.state, flow)`);
    expect(await one.evaluate('read()')).toBe(200);

    tower.expire();
    expect(await one.evaluate('write()')).toBe('{"a":1}');
    tower.expire();
    const calls = '(async () => Promise.all([read(), read(), read()]))()';
    expect(await Promise.all([one.evaluate(calls), two.evaluate(calls)])).toEqual([
      [200, 200, 200],
      [200, 200, 200],
    ]);
    expect(await two.evaluate('client.signOut()')).toBe(true);
    expect(await one.evaluate('read()')).toBe(401);
  });
});
