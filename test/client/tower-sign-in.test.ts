import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { createTowerClient, OAuthError } from '../../src/client/index.ts';
import { clientOf, member, reasonOf, redirectUri, signedIn, startTower, team } from './fake-tower.ts';

describe('signing in with a password', () => {
  it('returns tokens and stores them', async () => {
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

  it('throws otp_required and accepts the code', async () => {
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

  it('throws the error with retryAfter', async () => {
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
    ['JSON that is not an object', 200, 'null'],
  ])('throws an error for %s', async (_, status, body) => {
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
  it('works over the authorization page, with PKCE', async () => {
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

  it('uses a random verifier, and the given or a random state', async () => {
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
  ])('rejects %s without a request', async (_, code, answer) => {
    const fetch = vi.fn();
    const client = createTowerClient({ baseUrl: 'http://tower.example/', clientId: 'app', fetch });
    const url = new URL(`${redirectUri}?${new URLSearchParams(answer as Record<string, string>)}`);
    const error = await reasonOf(client.handleCallback(url, { state: 's', codeVerifier: 'v', redirectUri }));
    expect(error).toMatchObject({ name: 'OAuthError', code, status: undefined });
    expect(fetch).not.toHaveBeenCalled();
  });

  it('accepts the given issuer, for servers behind a proxy', async () => {
    const issuer = 'http://server.example/tower';
    const fetch = vi.fn().mockRejectedValue(new TypeError('sent'));
    const client = createTowerClient({ baseUrl: 'http://proxy.example/tower', clientId: 'app', fetch, issuer });
    const url = `${redirectUri}?${new URLSearchParams({ iss: issuer, code: 'c', state: 's' })}`;
    await expect(client.handleCallback(url, { state: 's', codeVerifier: 'v', redirectUri })).rejects.toThrow('sent');
    const proxy = `${redirectUri}?${new URLSearchParams({ iss: 'http://proxy.example/tower', code: 'c', state: 's' })}`;
    const error = await reasonOf(client.handleCallback(proxy, { state: 's', codeVerifier: 'v', redirectUri }));
    expect(error).toMatchObject({ code: 'issuer_mismatch' });
  });

  it.each(['localhost:3000/tower', '', '/tower', 'ftp://tower.example'])('is not created for %j', (baseUrl) => {
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

describe('signing out', () => {
  it('revokes and forgets the tokens', async () => {
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

  it('forgets the tokens when the server is not reached', async () => {
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
