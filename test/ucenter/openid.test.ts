import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ucenter } from '../../src/ucenter/index.ts';
import type { Page } from '../support/browser.ts';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type App, bearer, type Fields, startCentre, type Token, useCentre } from './centre.ts';

// OpenID Connect Core; U-52 to U-55.
describeEachDatabase('OpenID Connect', (databases) => {
  const centre = useCentre(databases);

  afterEach(() => void vi.useRealTimers());
  const later = (seconds: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });

  const command = async (action: string, options: Record<string, unknown> = {}) =>
    (await ucenter.commands?.['signing-key']?.[action]?.run(options, centre.server.context)) as never;

  /** The token answer of a sign-in on the pages. */
  async function signIn(parameters: Fields = { scope: 'openid' }, browser?: Browser): Promise<Token> {
    const code = await centre.code(parameters, undefined, browser);
    return (await centre.grant(centre.codeFields(code))).data;
  }

  async function claimsOf(token: Token): Promise<JWTPayload> {
    const keys = createRemoteJWKSet(new URL(`${centre.url}/oauth/jwks`));
    const options = { issuer: centre.url, audience: centre.app.client_id, algorithms: ['RS256'] };
    return (await jwtVerify(token.id_token as string, keys, options)).payload;
  }

  const userInfo = async (token: Token, init: RequestInit = {}) => {
    const answer = await fetch(`${centre.url}/oauth/userinfo`, { headers: bearer(token), ...init });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  };

  const keyIds = async (): Promise<string[]> => {
    const { keys } = (await (await fetch(`${centre.url}/oauth/jwks`)).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };

  const parametersOf = ({ url }: Page) => Object.fromEntries(url.searchParams);

  describe('an ID token', () => {
    it('says who signed in, when, for whom, and for which request and access token', async () => {
      const before = Math.floor(Date.now() / 1000);
      const token = await signIn({ scope: 'openid', nonce: 'n-0S6_WzA2Mj' });
      const claims = await claimsOf(token);
      const half = createHash('sha256').update(token.access_token).digest().subarray(0, 16);
      expect(claims).toEqual({
        iss: centre.url,
        sub: String(centre.credentials.user.user_id),
        aud: centre.app.client_id,
        iat: expect.any(Number),
        exp: (claims.iat as number) + 3600,
        auth_time: expect.any(Number),
        nonce: 'n-0S6_WzA2Mj',
        at_hash: half.toString('base64url'),
      });
      expect(claims.auth_time).toBeGreaterThanOrEqual(before);
      expect(decodeProtectedHeader(token.id_token as string)).toMatchObject({ alg: 'RS256', kid: (await keyIds())[0] });
    });

    it('comes with a refresh, too: with the time of the sign-in and without the nonce', async () => {
      const first = await signIn({ scope: 'openid user_info', nonce: 'once' });
      const { auth_time } = await claimsOf(first);
      later(60);
      const refreshed = (await centre.grant(centre.refreshFields(first))).data;
      const claims = await claimsOf(refreshed);
      expect(claims).toMatchObject({ auth_time, sub: String(centre.credentials.user.user_id) });
      expect(claims.nonce).toBeUndefined();
      const narrowed = await centre.grant({ ...centre.refreshFields(refreshed), scope: 'user_info' });
      expect(narrowed.data).not.toHaveProperty('id_token');
    });

    it('is only for those who request it, and for users who sign in on the pages', async () => {
      const plain = await signIn({});
      expect([plain.id_token, plain.scope.includes('openid')]).toEqual([undefined, false]);
      const byPassword = (await centre.grant({ ...centre.passwordFields(), scope: 'openid' })).data;
      expect(byPassword.id_token).toBeUndefined();
      expect((await userInfo(byPassword)).status).toBe(200);
    });
  });

  describe('the scopes', () => {
    it('are on the consent page', async () => {
      const browser = await centre.signedIn();
      const page = await browser.visit(centre.authorizeUrl({ scope: 'openid phone' }));
      expect(page.html).toContain('知道你的手机号');
      expect(page.html).not.toContain('知道你的邮箱');
    });

    it('can be requested by applications that may read the profile, and by no others', async () => {
      const run = ucenter.commands?.app?.create?.run;
      const register = async (scopes: string) => {
        const options = { name: 'x', developer: 'demo', 'redirect-uri': [centre.app.redirect_uri], scopes };
        return { ...centre.app, ...((await run?.(options, centre.server.context)) as object) };
      };
      const sender = await register('message_send');
      const refused = (await (await centre.signedIn()).visit(centre.authorizeUrl({ scope: 'openid' }, sender))).url;
      expect(refused.searchParams.get('error')).toBe('invalid_scope');
      const reader = await register('openid email');
      const code = await centre.code({}, reader);
      const token = (await centre.grant(centre.codeFields(code, reader))).data;
      expect(token.scope).toBe('openid email');
      expect(decodeJwt(token.id_token as string).aud).toBe(reader.client_id);
      expect((await userInfo(token)).body).toMatchObject({ email: 'demo@ucenter.example' });
    });
  });

  describe('userinfo', () => {
    it('has the claims of the scopes', async () => {
      const { token, phone, user_id } = await centre.newUser();
      await centre.put('/api/user', { email: 'Li@example.com', sex: '女', address: '深圳市' }, token);
      const grant = async (scope: string) => (await centre.grant({ ...centre.refreshFields(token), scope })).data;
      const all = { ...centre.passwordFields({ username: phone, password: `password of ${phone}` }) };
      const of = async (scope: string) => (await userInfo((await centre.grant({ ...all, scope })).data)).body;
      expect(await of('openid')).toEqual({ sub: String(user_id) });
      expect(await of('openid profile email phone address')).toEqual({
        sub: String(user_id),
        name: phone,
        preferred_username: phone,
        gender: 'female',
        email: 'Li@example.com',
        email_verified: false,
        phone_number: `+86${phone}`,
        phone_number_verified: true,
        address: { formatted: '深圳市' },
      });
      expect((await userInfo(await grant('user_info'))).status).toBe(403);
    });

    it('answers GET and POST, with the token in the header or in a form', async () => {
      const token = await signIn();
      const body = new URLSearchParams({ access_token: token.access_token });
      const posted = await userInfo(token, { method: 'POST', headers: {}, body });
      const sub = String(centre.credentials.user.user_id);
      expect([posted.body, (await userInfo(token, { method: 'POST' })).body]).toEqual([{ sub }, { sub }]);
      expect(posted.headers.get('cache-control')).toContain('no-store');
    });

    it('refuses a wrong token with the challenge of RFC 6750', async () => {
      const wrong = await userInfo({ access_token: 'wrong' } as Token);
      expect(wrong).toMatchObject({ status: 401, body: { code: 1001 } });
      expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
    });
  });

  describe('the pages', () => {
    it('ask a user who is signed in to sign in again, with prompt=login and after max_age', async () => {
      const browser = await centre.signedIn();
      const { username, password } = centre.credentials.second_user;
      for (const again of [{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '0' }, { max_age: '60' }]) {
        later(120);
        const form = await browser.visit(centre.authorizeUrl({ scope: 'openid', login_hint: username, ...again }));
        expect(form.url.pathname, JSON.stringify(again)).toBe('/ucenter/oauth/sign_in');
        expect(form.forms[0]?.fields.username).toBe(username);
        const now = Math.floor(Date.now() / 1000);
        const consent = await browser.submit(form.forms[0], { username, password });
        expect(consent.html).toContain('青禾编辑部');
        const { url } = await browser.submit(consent.forms[0], { decision: 'allow' });
        const code = url.searchParams.get('code') as string;
        const { auth_time } = await claimsOf((await centre.grant(centre.codeFields(code))).data);
        expect(auth_time).toBeGreaterThanOrEqual(now);
      }
    });

    it('do not ask again before max_age, nor with prompt=consent', async () => {
      const browser = await centre.signedIn();
      for (const not of [{ max_age: '600' }, { prompt: 'consent' }])
        expect((await browser.visit(centre.authorizeUrl({ scope: 'openid', ...not }))).url.pathname).toBe(
          '/ucenter/oauth/authorize',
        );
    });

    it('show nothing with prompt=none and say what the user would have to do', async () => {
      const none = centre.authorizeUrl({ scope: 'openid', prompt: 'none', state: 's' });
      const stranger = await new Browser(centre.server.url).visit(none);
      expect(parametersOf(stranger)).toMatchObject({ error: 'login_required', state: 's', iss: centre.url });
      const browser = await centre.signedIn();
      expect(parametersOf(await browser.visit(none))).toMatchObject({ error: 'consent_required', state: 's' });
      later(120);
      expect(parametersOf(await browser.visit(`${none}&max_age=60`))).toMatchObject({ error: 'login_required' });
    });

    it.each([
      [{ prompt: 'none login' }, 'invalid_request'],
      [{ prompt: 'create' }, 'invalid_request'],
      [{ max_age: '-1' }, 'invalid_request'],
      [{ nonce: '北京' }, 'invalid_request'],
      [{ nonce: 'x'.repeat(513) }, 'invalid_request'],
      [{ request: 'x' }, 'request_not_supported'],
      [{ request_uri: 'https://a.example' }, 'request_uri_not_supported'],
    ])('refuse %j with %s', async (parameters, error) => {
      const page = await (await centre.signedIn()).visit(
        centre.authorizeUrl({ scope: 'openid', state: 's', ...parameters }),
      );
      expect(parametersOf(page)).toMatchObject({ error, state: 's' });
    });
  });

  // RFC 7662; U-51.
  it('shows the state of a token to its own application, in the envelope and beside it', async () => {
    const { second_app } = centre.credentials;
    const inspect = async (token: string, { client_id, client_secret }: Omit<App, 'redirect_uri'> = centre.app) => {
      const body = new URLSearchParams({ token, client_id, client_secret });
      const answer = await fetch(`${centre.url}/api/oauth/introspect`, { method: 'POST', body });
      const { code, message, data, ...others } = (await answer.json()) as Record<string, object>;
      expect([code, message, others]).toEqual([1, '查询成功', data]);
      return data;
    };
    const token = await signIn({ scope: 'openid email' });
    const { user_id, username } = centre.credentials.user;
    const { client_id } = centre.app;
    const active = { active: true, client_id, username, sub: String(user_id), scope: 'openid email', iss: centre.url };
    expect(await inspect(token.access_token)).toMatchObject(active);
    expect(await inspect(token.refresh_token as string)).toMatchObject(active);
    expect(await inspect((await centre.appToken()).access_token)).not.toHaveProperty('sub');
    expect(await inspect(token.access_token, second_app)).toEqual({ active: false });
    expect(await inspect('unknown')).toEqual({ active: false });
  });

  describe('signing keys', () => {
    it('are replaced by a command; what the old one signed is valid for a day', async () => {
      const old = await signIn();
      const [oldKey] = await keyIds();
      const { id } = await command('create');
      expect((await keyIds()).slice(0, 2)).toEqual([id, oldKey]);
      const fresh = await signIn();
      expect(decodeProtectedHeader(fresh.id_token as string).kid).toBe(id);
      await claimsOf(old);
      later(25 * 3600);
      expect(await keyIds()).toEqual([id]);
    });

    it('are deleted by a command at once, and another takes their place', async () => {
      const token = await signIn();
      for (const key of await keyIds()) await command('delete', { id: key });
      await expect(claimsOf(token)).rejects.toThrow(/no applicable key/);
      const next = await signIn();
      await claimsOf(next);
      await expect(command('delete', { id: 'unknown' })).rejects.toThrow('There is no key unknown');
    });

    it('are one, however many requests need the first one at once', async () => {
      for (const key of await keyIds()) await command('delete', { id: key });
      const answers = await Promise.all(Array.from({ length: 6 }, keyIds));
      expect(new Set(answers.flat()).size).toBe(1);
      expect(await command('list')).toMatchObject([{ id: answers[0]?.[0], retired_at: null }]);
    });

    it('are encrypted in the database, and replaced when SECRET_KEY is another', async () => {
      const url = await databases.createUrl();
      const one = await startCentre({ DATABASE_URL: url, SECRET_KEY: 'the first secret key of this test' });
      await fetch(`${one.url}/oauth/jwks`);
      const rows = await one.database.selectFrom('oauth_signing_keys').selectAll().execute();
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
      await one.server.close();
      const other = await startCentre({ DATABASE_URL: url, SECRET_KEY: 'the second secret key of this test' });
      try {
        const { keys } = (await (await fetch(`${other.url}/oauth/jwks`)).json()) as { keys: unknown[] };
        expect(keys).toHaveLength(2);
      } finally {
        await other.server.close();
      }
    });
  });
});
