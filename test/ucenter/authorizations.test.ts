import { expect, it } from 'vitest';
import { Browser, textOf } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { expectToken, useCentre } from './centre.ts';

// Section 1.1 of the document; U-10 to U-13.
describeEachDatabase('authorization pages', (databases) => {
  const centre = useCentre(databases);
  const username = () => centre.credentials.user.username;
  const password = () => centre.credentials.user.password;

  it('goes through sign-in and consent and returns to the application with a code and the state', async () => {
    const browser = new Browser(centre.server.url);
    const signIn = await browser.visit(centre.authorizeUrl({ state: 'af0ifjsldkj' }));
    expect([signIn.status, signIn.url.pathname]).toEqual([200, '/ucenter/oauth/sign_in']);
    const consent = await browser.submit(signIn.forms[0], { username: username(), password: password() });
    expect([consent.status, consent.url.pathname]).toEqual([200, '/ucenter/oauth/authorize']);
    const { url, foreign } = await browser.submit(consent.forms[0], { decision: 'allow' });
    expect(foreign).toBe(true);
    expect(url.origin + url.pathname).toBe(centre.app.redirect_uri);
    expect(url.searchParams.get('state')).toBe('af0ifjsldkj');
    expectToken(await centre.grant(centre.codeFields(url.searchParams.get('code') as string)), true);
  });

  it.each([
    ['2049 characters', 'x'.repeat(2049)],
    ['700 percent signs', '%'.repeat(700)],
    ['14000 characters', 'x'.repeat(14_000)],
    ['5000 percent signs', '%'.repeat(5000)],
  ])('returns a long state unchanged: %s', async (_, state) => {
    const { url, foreign } = await centre.decide('allow', { state });
    expect(foreign).toBe(true);
    expect(url.searchParams.get('state')).toBe(state);
  });

  it('accepts a long scope that repeats one value', async () => {
    await centre.code({ scope: Array.from({ length: 500 }, () => 'user_info').join(' ') });
  });

  it('shows only the consent page to a signed-in user', async () => {
    const browser = await centre.signedIn();
    const consent = await browser.visit(centre.authorizeUrl());
    expect(consent.history).toHaveLength(1);
    expect([consent.status, consent.url.pathname]).toEqual([200, '/ucenter/oauth/authorize']);
    expect(consent.html).not.toContain('name="password"');
  });

  it('lists 个人信息 on the consent page', async () => {
    const browser = await centre.signedIn();
    for (const scope of [undefined, '', 'user_info'])
      expect(textOf((await browser.visit(centre.authorizeUrl({ scope }))).html)).toContain('个人信息');
  });

  it('accepts user name, phone and e-mail address on the sign-in page', async () => {
    const user = await centre.newUser();
    const email = `${user.phone}@example.com`;
    await centre.put('/api/user', { email, username: `name-${user.phone}` }, user.token);
    for (const login of [user.phone, email, `name-${user.phone}`])
      await centre.signedIn({ username: login, password: user.password });
  });

  it('shows the form again with 401 after a wrong password and starts no session', async () => {
    const browser = new Browser(centre.server.url);
    const signIn = await browser.visit(centre.authorizeUrl());
    const again = await browser.submit(signIn.forms[0], { username: username(), password: 'wrong' });
    expect([again.status, again.url.pathname]).toEqual([401, '/ucenter/oauth/sign_in']);
    expect(again.forms[0]?.names).toContain('password');
    expect((await browser.visit(centre.authorizeUrl())).url.pathname).toBe('/ucenter/oauth/sign_in');
  });

  it('returns a denial with access_denied and the state', async () => {
    const { url, foreign } = await centre.decide('deny', { state: '状态 &=' });
    expect(foreign).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: 'access_denied', state: '状态 &=' });
    expect(url.searchParams.has('code')).toBe(false);
  });

  it('does not redirect to an address that is not registered', async () => {
    const browser = await centre.signedIn();
    for (const wrong of [
      { client_id: undefined },
      { client_id: 'nobody' },
      { redirect_uri: undefined },
      { redirect_uri: 'https://evil.example/' },
      { redirect_uri: `${centre.app.redirect_uri}/` },
      { redirect_uri: centre.credentials.second_app.redirect_uri },
    ]) {
      const page = await browser.visit(centre.authorizeUrl({ state: 's', ...wrong }));
      expect([page.foreign, page.status], JSON.stringify(wrong)).toEqual([false, 400]);
    }
  });

  it('returns other errors to the application once the user is signed in', async () => {
    const browser = await centre.signedIn();
    for (const [wrong, error] of [
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ response_type: undefined }, 'invalid_request'],
      [{ scope: 'everything' }, 'invalid_scope'],
      [{ code_challenge: 'x', code_challenge_method: 'plain' }, 'invalid_request'],
    ] as const) {
      const { url, foreign } = await browser.visit(centre.authorizeUrl({ state: 's', ...wrong }));
      expect([foreign, url.searchParams.get('error'), url.searchParams.get('state')]).toEqual([true, error, 's']);
      // RFC 9700 §4.11.2.
      const shown = await new Browser(centre.server.url).visit(centre.authorizeUrl({ state: 's', ...wrong }));
      expect([shown.foreign, shown.status]).toEqual([false, 400]);
    }
  });

  it('refuses a decision without the CSRF token of the form', async () => {
    const browser = await centre.signedIn();
    const consent = await browser.visit(centre.authorizeUrl());
    const form = consent.forms[0];
    if (form === undefined) throw new Error('There is no form');
    for (const csrf_token of ['', 'forged']) {
      const page = await browser.post(form, { ...form.fields, csrf_token, decision: 'allow' });
      expect(page.foreign).toBe(false);
      expect([400, 403]).toContain(page.status);
    }
  });

  it('shows the signed-in user and signs out', async () => {
    const browser = await centre.signedIn();
    const account = await browser.visit(`${centre.url}/oauth/account`);
    expect(account.html).toContain(username());
    const out = await browser.submit(account.forms[0], {});
    expect(out.url.pathname).toBe('/ucenter/oauth/sign_in');
    expect((await browser.visit(centre.authorizeUrl())).url.pathname).toBe('/ucenter/oauth/sign_in');
  });

  it('issues the code for the user who allowed it', async () => {
    const user = await centre.newUser();
    const code = await centre.code({}, centre.app, await centre.signedIn(user));
    const token = expectToken(await centre.grant(centre.codeFields(code)), true);
    expect((await centre.profileOf(token)).user_id).toBe(user.user_id);
  });
});
