import { expect, it } from 'vitest';
import { textOf } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { OUT_OF_BAND, useTower } from './flow.ts';

// RFC 6749 §4.1.2.1.
describeEachDatabase('denial', (databases) => {
  const tower = useTower(databases);

  it('redirects with access_denied, state and iss, without a code', async () => {
    const codes = () => tower.database.selectFrom('oauth_codes').select('code_hash').orderBy('code_hash').execute();
    const before = await codes();
    const browser = await tower.signedIn();
    const consent = await browser.visit(tower.authorizeUrl({ state: 'xyz' }));
    const { url, foreign } = await browser.submit(consent.forms[0], { decision: 'deny' });
    expect(foreign).toBe(true);
    expect(url.origin + url.pathname).toBe(tower.app.redirect_uri);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      error: 'access_denied',
      error_description: expect.stringMatching(/\S/),
      state: 'xyz',
      iss: tower.url,
    });
    expect(await codes()).toEqual(before);
  });

  it('sends no state when the request had none', async () => {
    const browser = await tower.signedIn();
    const consent = await browser.visit(tower.authorizeUrl());
    const { url } = await browser.submit(consent.forms[0], { decision: 'deny' });
    expect(url.searchParams.get('error')).toBe('access_denied');
    expect(url.searchParams.has('state')).toBe(false);
  });

  it('shows a page for the out-of-band address', async () => {
    const browser = await tower.signedIn();
    const consent = await browser.visit(tower.authorizeUrl({}, { ...tower.app, redirect_uri: OUT_OF_BAND }));
    const page = await browser.submit(consent.forms[0], { decision: 'deny' });
    expect(page.foreign).toBe(false);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(textOf(page.html)).toContain('你拒绝了请求');
    expect(page.html).not.toMatch(/[0-9a-f]{64}/);
  });

  it('can be followed by a request that is allowed', async () => {
    const browser = await tower.signedIn();
    const consent = await browser.visit(tower.authorizeUrl());
    await browser.submit(consent.forms[0], { decision: 'deny' });
    const again = await browser.visit(tower.authorizeUrl());
    expect(again.status).toBe(200);
    const { url } = await browser.submit(again.forms[0], { decision: 'allow' });
    expect(url.searchParams.get('code')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not revoke tokens', async () => {
    const token = await tower.signIn();
    const browser = await tower.signedIn();
    const consent = await browser.visit(tower.authorizeUrl());
    await browser.submit(consent.forms[0], { decision: 'deny' });
    expect(await tower.memberStatus(token)).toBe(200);
  });

  it('does not treat a missing or unknown decision as consent', async () => {
    const browser = await tower.signedIn();
    const { forms } = await browser.visit(tower.authorizeUrl());
    const [form] = forms;
    if (form === undefined) throw new Error('The consent page has no form');
    for (const fields of [form.fields, { ...form.fields, decision: '' }, { ...form.fields, decision: 'Allow' }]) {
      const page = await browser.post(form, fields);
      expect(page.status).toBe(400);
      expect(page.foreign).toBe(false);
    }
  });
});
