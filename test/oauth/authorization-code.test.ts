import { expect, it } from 'vitest';
import { Browser, elementById } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { expectError, expectToken, OUT_OF_BAND, pkce, sha256, useTower } from './flow.ts';

// RFC 6749 §4.1; RFC 9207; Tower's quick start.
describeEachDatabase('authorization code', (databases) => {
  const tower = useTower(databases);

  it.each(['é12', '12é', '1\n2'])('rejects the code %j as malformed (RFC 6749 §A.11)', async (code) => {
    expectError(await tower.token(tower.codeFields(code)), 400, 'invalid_request');
  });

  it('leads from sign-in over consent to the application and a token', async () => {
    const browser = new Browser(tower.server.url);
    const signIn = await browser.visit(tower.authorizeUrl({ state: 'af0ifjsldkj' }));
    expect(signIn.url.pathname).toBe('/tower/oauth/sign_in');
    const { username, password } = tower.credentials.user;
    const consent = await browser.submit(signIn.forms[0], { username, password });
    expect(consent.url.pathname).toBe('/tower/oauth/authorize');
    const { url, foreign } = await browser.submit(consent.forms[0], { decision: 'allow' });
    expect(foreign).toBe(true);
    expect(url.origin + url.pathname).toBe(tower.app.redirect_uri);
    expect([...url.searchParams.keys()]).toEqual(['code', 'state', 'iss']);
    expect(url.searchParams.get('state')).toBe('af0ifjsldkj');
    expect(url.searchParams.get('iss')).toBe(tower.url);

    const token = expectToken(await tower.token(tower.codeFields(url.searchParams.get('code') as string)));
    expect(token).toMatchObject({
      token_type: 'bearer',
      email: username,
      refresh_token: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect([7199, 7200]).toContain(token.expires_in);
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('sends the code alone to a client that sends neither state nor challenge', async () => {
    const { url } = await tower.allow();
    expect(url.href).toMatch(/^[^?]+\?code=[0-9a-f]{64}$/);
    expect(url.origin + url.pathname).toBe(tower.app.redirect_uri);
  });

  it("redirects to the address of Tower's quick start", async () => {
    const app = { ...tower.app, redirect_uri: 'https://www.getpostman.com/oauth2/callback' };
    const { url } = await tower.allow({}, app);
    expect(url.origin + url.pathname).toBe(app.redirect_uri);
    expectToken(await tower.token(tower.codeFields(url.searchParams.get('code') as string, app)));
  });

  it('sends iss to a client that sends a challenge', async () => {
    const { url } = await tower.allow({ code_challenge: pkce().challenge, code_challenge_method: 'S256' });
    expect([...url.searchParams.keys()]).toEqual(['code', 'iss']);
  });

  it("shows the application's name and the redirection URI on the consent page", async () => {
    const app = await tower.addApp({ name: 'Kanban <b>& Co</b>', redirectUris: ['https://kanban.example/callback'] });
    const browser = await tower.signedIn();
    const page = await browser.visit(tower.authorizeUrl({}, app));
    expect(page.html).toContain('Kanban &lt;b&gt;&amp; Co&lt;/b&gt;');
    expect(page.html).not.toContain('Kanban <b>');
    expect(page.html).toContain('https://kanban.example/callback');
  });

  it('shows the code on a page for the out-of-band address', async () => {
    const app = { ...tower.app, redirect_uri: OUT_OF_BAND };
    const page = await tower.allow({}, app);
    expect(page.foreign).toBe(false);
    expect(page.url.pathname).toBe('/tower/oauth/authorize/native');
    expect(page.status).toBe(200);
    const code = elementById(page.html, 'code') ?? '';
    expect(page.url.searchParams.get('code')).toBe(code);
    expectToken(await tower.token(tower.codeFields(code, app)));
  });

  it('shows no code that was not issued in this session or can no longer be used', async () => {
    const app = { ...tower.app, redirect_uri: OUT_OF_BAND };
    const browser = await tower.signedIn();
    const { url, status } = await tower.allow({}, app, browser);
    const code = url.searchParams.get('code') as string;
    const stranger = await tower.signedIn(tower.credentials.outsider);
    const other = await tower.code({}, tower.app, browser);
    const shown = async (visitor: Browser, text: string) => {
      const page = await visitor.visit(`${tower.url}/oauth/authorize/native?code=${text}`);
      return [page.status, page.html.includes(text)];
    };
    expect([status, await shown(browser, code)]).toEqual([200, [200, true]]);
    expect(await shown(browser, 'anything')).toEqual([400, false]);
    expect(await shown(stranger, code)).toEqual([400, false]);
    expect(await shown(await tower.signedIn(), code)).toEqual([400, false]);
    // A code for an address belongs to the application there.
    expect(await shown(browser, other)).toEqual([400, false]);
    expectToken(await tower.token(tower.codeFields(code, app)));
    expect(await shown(browser, code)).toEqual([400, false]);
  });

  it('rejects the out-of-band address when the client has not registered it', async () => {
    const app = await tower.addApp();
    const page = await (await tower.signedIn()).visit(tower.authorizeUrl({ redirect_uri: OUT_OF_BAND }, app));
    expect(page.status).toBe(400);
  });

  it('accepts a code once; a second use revokes its tokens', async () => {
    const code = await tower.code();
    const token = expectToken(await tower.token(tower.codeFields(code)));
    const refreshed = expectToken(await tower.token(tower.refreshFields(token)));
    expect(await tower.memberStatus(refreshed)).toBe(200);
    expectError(await tower.token(tower.codeFields(code)), 400, 'invalid_grant');
    expect(await tower.memberStatus(refreshed)).toBe(401);
    expectError(await tower.token(tower.refreshFields(refreshed)), 400, 'invalid_grant');
  });

  it('does not revoke tokens of other grants after a replay', async () => {
    const code = await tower.code();
    expectToken(await tower.token(tower.codeFields(code)));
    const newer = await tower.signIn();
    expectError(await tower.token(tower.codeFields(code)), 400, 'invalid_grant');
    expect(await tower.memberStatus(newer)).toBe(200);
  });

  it("rejects another client's code without consuming it", async () => {
    const other = await tower.addApp({ redirectUris: [tower.app.redirect_uri] });
    const code = await tower.code();
    expectError(await tower.token(tower.codeFields(code, other)), 400, 'invalid_grant');
    const token = expectToken(await tower.token(tower.codeFields(code)));
    expectError(await tower.token(tower.codeFields(code, other)), 400, 'invalid_grant');
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('requires the redirect_uri of the authorization request', async () => {
    const app = await tower.addApp({ redirectUris: ['https://one.example/cb', 'https://two.example/cb'] });
    const code = await tower.code({}, app);
    expectError(
      await tower.token(tower.codeFields(code, { ...app, redirect_uri: 'https://two.example/cb' })),
      400,
      'invalid_grant',
    );
    expectError(await tower.token({ ...tower.codeFields(code, app), redirect_uri: undefined }), 400, 'invalid_request');
    expectError(
      await tower.token({ ...tower.codeFields(code, app), redirect_uri: 'https://one.example/cb/' }),
      400,
      'invalid_grant',
    );
    expectToken(await tower.token(tower.codeFields(code, app)));
  });

  it('returns invalid_request without a code and invalid_grant for an unknown one', async () => {
    expectError(await tower.token({ ...tower.codeFields(''), code: undefined }), 400, 'invalid_request');
    expectError(await tower.token(tower.codeFields('')), 400, 'invalid_request');
    expectError(await tower.token(tower.codeFields('f'.repeat(64))), 400, 'invalid_grant');
    expectError(await tower.token(tower.codeFields('no code at all')), 400, 'invalid_grant');
    expectError(await tower.token(tower.codeFields('授权码')), 400, 'invalid_request');
  });

  it('accepts a code for ten minutes', async () => {
    const age = (code: string, milliseconds: number) =>
      tower.database
        .updateTable('oauth_codes')
        .set(({ eb }) => ({ expires_at: eb('expires_at', '-', milliseconds) }))
        .where('code_hash', '=', sha256(code))
        .execute();
    const valid = await tower.code();
    await age(valid, 590_000);
    expectToken(await tower.token(tower.codeFields(valid)));
    const expired = await tower.code();
    await age(expired, 600_000);
    expectError(await tower.token(tower.codeFields(expired)), 400, 'invalid_grant');
  });

  it('redirects an invalid request to a registered address with the error', async () => {
    const browser = await tower.signedIn();
    const cases = [
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ response_type: undefined }, 'invalid_request'],
      [{ response_type: '' }, 'invalid_request'],
      [{ scope: 'everything' }, 'invalid_scope'],
    ] as const;
    for (const [parameters, error] of cases) {
      const { foreign, url } = await browser.visit(tower.authorizeUrl({ state: 's', ...parameters }));
      expect(foreign, error).toBe(true);
      expect(url.origin + url.pathname).toBe(tower.app.redirect_uri);
      expect(Object.fromEntries(url.searchParams)).toMatchObject({ error, state: 's', iss: tower.url });
      expect(url.searchParams.has('code')).toBe(false);
    }
  });

  // RFC 9700 §4.11.2.
  it('shows the error on a page while the user is not signed in', async () => {
    const browser = new Browser(tower.server.url);
    for (const parameters of [{ response_type: 'token' }, { scope: 'everything' }, { code_challenge: 'x' }]) {
      const page = await browser.visit(tower.authorizeUrl({ state: 's', ...parameters }));
      expect([page.foreign, page.status, page.history.length], JSON.stringify(parameters)).toEqual([false, 400, 1]);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    }
    // The same for a consent form whose session has ended.
    const { csrf_token = '' } = (await browser.visit(`${tower.url}/oauth/sign_in`)).forms[0]?.fields ?? {};
    const { client_id, redirect_uri } = tower.app;
    const form = { csrf_token, client_id, redirect_uri, response_type: 'token', decision: 'deny' };
    const posted = await browser.post({ action: `${tower.url}/oauth/authorize`, method: 'POST' }, form);
    expect([posted.foreign, posted.status]).toEqual([false, 400]);
  });

  it('ignores unknown parameters (RFC 6749 §3.1)', async () => {
    expectToken(await tower.token(tower.codeFields(await tower.code({ nonce: 'n', prompt: 'consent', captcha: '' }))));
  });

  it('keeps codes out of caches and out of the Referer header', async () => {
    const { headers } = await tower.allow();
    expect(headers.get('cache-control')).toBe('no-store');
    const page = await tower.allow({}, { ...tower.app, redirect_uri: OUT_OF_BAND });
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('issues a token for the user who gave consent', async () => {
    const member = await tower.addMember();
    const code = await tower.code({}, tower.app, await tower.signedIn(member));
    expect(expectToken(await tower.token(tower.codeFields(code))).email).toBe(member.username);
  });

  it('invalidates codes and tokens of a deleted client', async () => {
    const app = await tower.addApp();
    const token = await tower.signIn(tower.credentials.user, app);
    const code = await tower.code({}, app);
    await tower.database.deleteFrom('oauth_clients').where('id', '=', app.client_id).execute();
    expectError(await tower.token(tower.codeFields(code, app)), 401, 'invalid_client');
    expect(await tower.memberStatus(token)).toBe(401);
  });
});
