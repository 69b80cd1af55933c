import { createRequire } from 'node:module';
import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { pkce } from '../oauth/flow.ts';
import { Browser, textOf } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { credentialsOf, useDesk } from './desk.ts';

/** The part of simple-oauth2 that this test uses; the package has no types. */
const { AuthorizationCode } = createRequire(import.meta.url)('simple-oauth2') as {
  AuthorizationCode: new (
    settings: object,
  ) => {
    authorizeURL(parameters: object): string;
    getToken(parameters: object): Promise<{ token: Record<string, unknown> }>;
  };
};

// P-1 to P-7; RFC 6749 §4.1.
describeEachDatabase('ppmessage: authorization', (databases) => {
  const desk = useDesk(databases);

  const url = (parameters: Record<string, string>) => `${desk.url}/ppauth/auth?${new URLSearchParams(parameters)}`;

  /** Opens the page, signs in, and returns the redirect. */
  async function signIn(parameters: Record<string, string>): Promise<URL> {
    const browser = new Browser(desk.server.url);
    const page = await browser.visit(url(parameters));
    expect(page.status, page.html).toBe(200);
    const { url: target, foreign } = await browser.submit(page.forms[0], credentialsOf(desk.agent));
    expect(foreign, target.href).toBe(true);
    return target;
  }

  it('leads from the page by e-mail and password to the redirect and a token', async () => {
    const target = await signIn({ ...desk.request(), state: 'af0ifjsldkj' });
    expect(target.origin + target.pathname).toBe(desk.credentials.redirect_uri);
    expect([...target.searchParams.keys()].sort()).toEqual(['code', 'state']);
    expect(target.searchParams.get('state')).toBe('af0ifjsldkj');
    const { status, body } = await desk.token(target.searchParams.get('code') as string);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^[\w-]{16,}$/),
        token_type: 'Bearer',
        expires_in: 86400,
        user_uuid: desk.agent.user_uuid,
        app_uuid: desk.app_uuid,
      },
    });
  });

  it('keeps no session: the next request asks for the password again', async () => {
    const browser = new Browser(desk.server.url);
    const page = await browser.visit(url(desk.request()));
    await browser.submit(page.forms[0], credentialsOf(desk.agent));
    const again = await browser.visit(url(desk.request()));
    expect(again.status).toBe(200);
    expect(again.html).toMatch(/name="user_email"[\s\S]*name="user_password"/);
  });

  describe('state', () => {
    it.each([
      'a&b=c',
      'a#b?c',
      '状态 & 50%',
      '%00%zz%E4',
      ' leading and trailing ',
      '"><script>alert(1)</script>',
      '+ +',
      "it's {json: [1]}",
      'a;b,c',
      '\u2028🀄️',
      'x'.repeat(2000),
      'a\tb',
    ])('comes back unchanged: %j', async (state) => {
      const target = await signIn({ ...desk.request(), state });
      expect(target.searchParams.get('state')).toBe(state);
    });

    it('is absent when the request has none', async () => {
      expect((await signIn(desk.request())).searchParams.has('state')).toBe(false);
    });

    it('is escaped in the page', async () => {
      const { html } = await new Browser(desk.server.url).visit(url({ ...desk.request(), state: '"><b>x</b>' }));
      expect(html).not.toContain('<b>x</b>');
    });
  });

  // P-54, RFC 7636.
  describe('PKCE', () => {
    const { verifier, challenge } = pkce();
    const challenged = { code_challenge: challenge, code_challenge_method: 'S256' };

    it.each<[string, Record<string, string>, number]>([
      ['the verifier', { code_verifier: verifier }, 200],
      ['no verifier', {}, 400],
      ['another verifier', { code_verifier: pkce().verifier }, 400],
    ])('lets a code with a challenge be exchanged with the verifier alone: %s', async (_title, more, status) => {
      const code = (await signIn({ ...desk.request(), ...challenged })).searchParams.get('code') as string;
      expect((await desk.token(code, undefined, more)).status).toBe(status);
    });

    it('refuses a verifier for a code without a challenge', async () => {
      const code = (await signIn(desk.request())).searchParams.get('code') as string;
      expect((await desk.token(code, undefined, { code_verifier: verifier })).status).toBe(400);
    });

    it.each<Record<string, string>>([
      { code_challenge: challenge },
      { code_challenge: challenge, code_challenge_method: 'plain' },
      { code_challenge: 'short', code_challenge_method: 'S256' },
      { code_challenge_method: 'S256' },
    ])('shows an error page for %j', async (wrong) => {
      const page = await new Browser(desk.server.url).visit(url({ ...desk.request(), ...wrong }));
      expect([page.status, page.foreign]).toEqual([400, false]);
      const posted = await desk.postForm('/ppauth/auth', { ...desk.request(), ...wrong, ...credentialsOf(desk.agent) });
      expect(posted.status).toBe(400);
    });
  });

  // RFC 9700 §4.11.2: the user has not signed in yet.
  it('shows a page for a wrong response_type, and does not redirect', async () => {
    for (const response_type of ['token', '']) {
      const browser = new Browser(desk.server.url);
      const shown = await browser.visit(url({ ...desk.request(), response_type, state: 's' }));
      expect([shown.foreign, shown.status, shown.history.length]).toEqual([false, 400, 1]);
      const form = { ...desk.request(), response_type, ...credentialsOf(desk.agent) };
      const posted = await desk.postForm('/ppauth/auth', form);
      expect([posted.status, posted.headers.get('location')]).toEqual([400, null]);
    }
  });

  describe('redirect_uri', () => {
    it('keeps its own query', async () => {
      const { redirect_uri_with_query } = desk.credentials;
      expect(redirect_uri_with_query).toContain('?');
      const target = await signIn({ ...desk.request(), redirect_uri: redirect_uri_with_query, state: 's' });
      const registered = new URL(redirect_uri_with_query);
      expect(target.origin + target.pathname).toBe(registered.origin + registered.pathname);
      for (const [name, value] of registered.searchParams) expect(target.searchParams.get(name)).toBe(value);
      const code = target.searchParams.get('code') as string;
      expect((await desk.token(code, undefined, { redirect_uri: redirect_uri_with_query })).status).toBe(200);
    });

    it('may be called redirect_id', async () => {
      const { redirect_uri, ...rest } = desk.request();
      const target = await signIn({ ...rest, redirect_id: redirect_uri as string, state: 's' });
      expect(target.origin + target.pathname).toBe(redirect_uri);
      expect((await desk.token(target.searchParams.get('code') as string)).status).toBe(200);
    });

    it('wins over redirect_id', async () => {
      const { redirect_uri_with_query, redirect_uri } = desk.credentials;
      const target = await signIn({ ...desk.request(), redirect_id: redirect_uri_with_query });
      expect(target.origin + target.pathname + target.search.replace(/[?&]?code=.*/, '')).toBe(redirect_uri);
      const evil = await new Browser(desk.server.url).visit(
        url({ ...desk.request(), redirect_uri: 'https://evil.example/', redirect_id: redirect_uri }),
      );
      expect([evil.status, evil.foreign]).toEqual([400, false]);
    });

    it.each([
      ['another host', () => 'https://evil.example/'],
      ['another path', (uri: string) => `${uri}/more`],
      ['one more slash', (uri: string) => `${uri}/`],
      ['one more query', (uri: string) => `${uri}?a=b`],
      ['a fragment', (uri: string) => `${uri}#a`],
      ['upper case', (uri: string) => uri.toUpperCase()],
      ['a user', (uri: string) => uri.replace('://', '://evil@')],
      ['a script', () => 'javascript:alert(1)'],
      ['nothing', () => ''],
    ])('has to match exactly: shows a page and does not redirect for %s', async (_, change) => {
      const redirect_uri = change(desk.credentials.redirect_uri);
      const shown = await fetch(url({ ...desk.request(), redirect_uri, state: 's' }), { redirect: 'manual' });
      expect([shown.status, shown.headers.get('location')]).toEqual([400, null]);
      const form = { ...desk.request(), redirect_uri, ...credentialsOf(desk.agent) };
      const posted = await desk.postForm('/ppauth/auth', form);
      expect([posted.status, posted.headers.get('location')]).toEqual([400, null]);
    });

    it('has to match exactly, the query included', async () => {
      const { redirect_uri_with_query } = desk.credentials;
      for (const redirect_uri of [`${redirect_uri_with_query}1`, redirect_uri_with_query.split('?')[0] as string]) {
        if (redirect_uri === desk.credentials.redirect_uri) continue;
        const shown = await fetch(url({ ...desk.request(), redirect_uri }), { redirect: 'manual' });
        expect([redirect_uri, shown.status]).toEqual([redirect_uri, 400]);
      }
    });
  });

  it.each([
    ['no client_id', { client_id: '' }],
    ['an unknown client_id', { client_id: 'nobody' }],
  ])('shows a page for %s', async (_, change) => {
    const shown = await fetch(url({ ...desk.request(), ...change }), { redirect: 'manual' });
    expect([shown.status, shown.headers.get('location')]).toEqual([400, null]);
    expect(shown.headers.get('content-type')).toMatch(/^text\/html/);
  });

  it('shows the page again after a wrong password, filled in but for the password', async () => {
    const browser = new Browser(desk.server.url);
    const page = await browser.visit(url({ ...desk.request(), state: '状态&' }));
    const { user_email, user_password } = desk.agent;
    const again = await browser.submit(page.forms[0], { user_email, user_password: 'wrong' });
    expect(again.status).toBe(401);
    expect(again.html).not.toContain('wrong"');
    expect(again.forms[0]?.fields).toMatchObject({ ...page.forms[0]?.fields, user_email });
    const { url: target, foreign } = await browser.submit(again.forms[0], { user_email, user_password });
    expect([foreign, target.searchParams.get('state')]).toEqual([true, '状态&']);
  });

  it('says the same for an unknown e-mail address and a wrong password', async () => {
    const pages = await Promise.all(
      [desk.agent.user_email, 'nobody@desk.example'].map(async (user_email) => {
        const form = { ...desk.request(), user_email, user_password: 'wrong' };
        return textOf(await (await desk.postForm('/ppauth/auth', form)).text());
      }),
    );
    expect(pages[0]).toBe(pages[1]);
  });

  it('does not sign in a customer without a password', async () => {
    const { user_email } = desk.credentials.customer;
    for (const user_password of ['', 'null', 'undefined']) {
      const { status } = await desk.postForm('/ppauth/auth', { ...desk.request(), user_email, user_password });
      expect(status).toBe(401);
    }
  });

  it("does not sign in a user with another app's key", async () => {
    const app = await desk.otherApp();
    const strange = await desk.postForm('/ppauth/auth', {
      ...desk.request(),
      ...credentialsOf(app.agent),
    });
    expect(strange.status).toBe(401);
  });

  it('accepts the e-mail address in any case and with blanks around it', async () => {
    const form = { ...desk.request(), ...credentialsOf(desk.agent) };
    await desk.submit({ ...form, user_email: ` ${desk.agent.user_email.toUpperCase()} ` });
  });

  it('keeps passwords and codes out of caches, frames and scripts', async () => {
    const page = await fetch(url(desk.request()));
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(await page.text()).not.toMatch(/<script|\son\w+=/i);
    const granted = await desk.postForm('/ppauth/auth', { ...desk.request(), ...credentialsOf(desk.agent) });
    expect([granted.status, granted.headers.get('cache-control')]).toEqual([302, 'no-store']);
  });

  it('signs in dozens of users within seconds, some after a wrong password', async () => {
    const right = { ...desk.request(), ...credentialsOf(desk.agent) };
    const statuses = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const form = index % 6 === 5 ? { ...right, user_password: `wrong ${index}` } : right;
        return (await desk.postForm('/ppauth/auth', form)).status;
      }),
    );
    expect(statuses).toEqual(statuses.map((_, index) => (index % 6 === 5 ? 401 : 302)));
  });

  describe('other OAuth clients', () => {
    it('works with simple-oauth2', async () => {
      const { api_key, api_secret, redirect_uri } = desk.credentials;
      const client = new AuthorizationCode({
        client: { id: api_key, secret: api_secret },
        auth: {
          tokenHost: desk.server.url,
          tokenPath: '/ppmessage/ppauth/token',
          authorizePath: '/ppmessage/ppauth/auth',
        },
        options: { authorizationMethod: 'body' },
      });
      const browser = new Browser(desk.server.url);
      const page = await browser.visit(client.authorizeURL({ redirect_uri, state: 'a/b+c' }));
      const { url: target } = await browser.submit(page.forms[0], credentialsOf(desk.agent));
      const code = target.searchParams.get('code') as string;
      const { token } = await client.getToken({ code, redirect_uri });
      expect(token).toMatchObject({ token_type: 'Bearer', user_uuid: desk.agent.user_uuid });
      await expect(client.getToken({ code, redirect_uri })).rejects.toThrow();
    });

    it('works with oauth4webapi, which checks the answer against the standard', async () => {
      const { api_key, api_secret, redirect_uri } = desk.credentials;
      const server = {
        issuer: desk.server.url,
        authorization_endpoint: `${desk.url}/ppauth/auth`,
        token_endpoint: `${desk.url}/ppauth/token`,
      };
      const client = { client_id: api_key };
      const state = oauth.generateRandomState();
      const callback = oauth.validateAuthResponse(server, client, await signIn({ ...desk.request(), state }), state);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.ClientSecretPost(api_secret),
        callback,
        redirect_uri,
        oauth.nopkce,
        { [oauth.allowInsecureRequests]: true },
      );
      const token = await oauth.processAuthorizationCodeResponse(server, client, response);
      expect(token).toMatchObject({ token_type: 'bearer', expires_in: 86400 });
      const used = await oauth.protectedResourceRequest(
        token.access_token,
        'POST',
        new URL(`${desk.url}/api/PP_GET_APP_INFO`),
        new Headers({ 'Content-Type': 'application/json' }),
        JSON.stringify({ app_uuid: token.app_uuid }),
        { [oauth.allowInsecureRequests]: true },
      );
      expect(await used.json()).toMatchObject({ error_code: '0', uuid: desk.app_uuid });
    });
  });
});
