import { describe, expect, it } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { useTower } from './flow.ts';

// A path below the API's base, otherwise the app centre. Open redirects: RFC 9700 §4.11.
describeEachDatabase('return_to', (databases) => {
  const tower = useTower(databases);
  const form = (value: string) => `${tower.url}/oauth/sign_in?${new URLSearchParams({ return_to: value })}`;

  const evil = [
    '//evil.example',
    '///evil.example',
    '////evil.example/x',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    'https://evil.example',
    'https:evil.example',
    'https:/evil.example',
    'HTTPS://evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    '@evil.example',
    ':evil.example',
    '.evil.example',
    '/%2Fevil.example',
    '/%5Cevil.example',
    '/%2e%2e//evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/../../evil',
    '/../sandbox/outbox',
    '/%2e%2e/sandbox/outbox',
    '/x/../../sandbox/outbox',
    '/app_center\r\nSet-Cookie: evil=1',
    '/app_center\0',
    '/app_center\u2028',
    '/中文',
    '/app_center?{a|b}"<>',
    '',
    '/',
  ];

  /** All addresses are on this server, below the API's base, and no header was injected. */
  function expectHarmless(history: string[], browser: Browser) {
    for (const address of history) {
      const url = new URL(address);
      expect(url.origin, address).toBe(tower.server.url);
      expect(url.pathname, address).toMatch(/^\/tower\//);
    }
    expect(browser.cookie('evil')).toBeUndefined();
  }

  describe.each(evil)('%j', (value) => {
    it('stays on the server after sign-in', async () => {
      const browser = new Browser(tower.server.url);
      const page = await browser.visit(form(value));
      expect(page.status).toBe(200);
      const { username, password } = tower.credentials.user;
      const after = await browser.submit(page.forms[0], { username, password });
      expectHarmless(after.history, browser);
      expect(after.status).toBeLessThan(500);
    });

    it('stays on the server for a browser that is signed in, and for changed forms', async () => {
      const browser = await tower.signedIn();
      const page = await browser.visit(form(value));
      expectHarmless(page.history, browser);
      expect(page.status).toBeLessThan(500);

      const home = await browser.visit(`${tower.url}/app_center`);
      const signOut = home.forms.find(({ action }) => action.endsWith('/oauth/sign_out'));
      const out = await browser.post(signOut as never, { ...signOut?.fields, return_to: value });
      expectHarmless(out.history, browser);
      expect(out.status).toBeLessThan(500);

      const signIn = await browser.visit(`${tower.url}/oauth/sign_in`);
      const { username, password } = tower.credentials.user;
      const after = await browser.post(signIn.forms[0] as never, {
        ...signIn.forms[0]?.fields,
        username,
        password,
        return_to: value,
      });
      expectHarmless(after.history, browser);
      expect(after.status).toBeLessThan(500);
    });
  });

  it('leads to the requested page', async () => {
    const wanted = `/app_center/teams/${tower.credentials.team_id}/applications`;
    const browser = new Browser(tower.server.url);
    const page = await browser.visit(`${tower.url}${wanted}`);
    expect(page.url.pathname).toBe('/tower/oauth/sign_in');
    const { username, password } = tower.credentials.user;
    const wrong = await browser.submit(page.forms[0], { username, password: 'wrong' });
    expect(wrong.status).toBe(401);
    const after = await browser.submit(wrong.forms[0], { username, password });
    expect(after.url.pathname).toBe(`/tower${wanted}`);
    expect(after.status).toBe(200);
  });

  it('leads to the requested page after the second step', async () => {
    const person = await tower.addMember({ secondStep: true });
    const browser = new Browser(tower.server.url);
    const page = await browser.visit(tower.authorizeUrl({ state: 'a b&c' }));
    const second = await browser.submit(page.forms[0], { username: person.username, password: person.password });
    const [code = ''] = await tower.codesSentTo(person.username);
    const consent = await browser.submit(second.forms[0], { captcha: code });
    expect(consent.url.pathname).toBe('/tower/oauth/authorize');
    expect(consent.url.searchParams.get('state')).toBe('a b&c');
  });
});
