import { expect, it } from 'vitest';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { sendRaw } from '../tower/raw.ts';
import { sha256, startTower, useTower } from './flow.ts';

const COOKIE = 'qiyue_session';

describeEachDatabase('session', (databases) => {
  const tower = useTower(databases);
  const home = () => `${tower.url}/app_center`;

  async function isSignedIn(browser: Browser): Promise<boolean> {
    return (await browser.visit(home())).url.pathname === '/tower/app_center';
  }

  const withCookie = (value: string): Browser => {
    const browser = new Browser(tower.server.url);
    browser.cookies = [{ name: COOKIE, value, path: '/tower' }];
    return browser;
  };

  it('gets a new cookie at sign-in (session fixation)', async () => {
    const victim = new Browser(tower.server.url);
    const page = await victim.visit(`${tower.url}/oauth/sign_in`);
    const planted = victim.cookie(COOKIE) as string;
    expect(planted).toMatch(/\S/);
    const { username, password } = tower.credentials.user;
    await victim.submit(page.forms[0], { username, password });
    const own = victim.cookie(COOKIE) as string;
    expect(own).not.toBe(planted);
    expect(await isSignedIn(victim)).toBe(true);
    expect(await isSignedIn(withCookie(planted))).toBe(false);
  });

  it('gets a new cookie after the second step, and does not start before it', async () => {
    const person = await tower.addMember({ secondStep: true });
    const victim = new Browser(tower.server.url);
    const page = await victim.visit(`${tower.url}/oauth/sign_in`);
    const second = await victim.submit(page.forms[0], { username: person.username, password: person.password });
    const planted = victim.cookie(COOKIE) as string;
    expect(await isSignedIn(withCookie(planted))).toBe(false);
    const [code = ''] = await tower.codesSentTo(person.username);
    await victim.submit(second.forms[0], { captcha: code });
    expect(victim.cookie(COOKIE)).not.toBe(planted);
    expect(await isSignedIn(victim)).toBe(true);
    expect(await isSignedIn(withCookie(planted))).toBe(false);
  });

  it.each(['chosen-by-an-attacker', '0'.repeat(64), 'A'.repeat(64), '', '%00', '"'.repeat(70), '🙂'])(
    'takes no cookie %j for a session and never fails over it',
    async (value) => {
      const browser = withCookie(encodeURI(value));
      const page = await browser.visit(home());
      expect(page.url.pathname).toBe('/tower/oauth/sign_in');
      expect(page.status).toBe(200);
    },
  );

  it('does not accept the hash of the database as cookie', async () => {
    const browser = await tower.signedIn();
    const hash = sha256(browser.cookie(COOKIE) as string);
    const rows = await tower.database.selectFrom('oauth_sessions').select('id_hash').execute();
    expect(rows.map(({ id_hash }) => id_hash)).toContain(hash);
    expect(await isSignedIn(withCookie(hash))).toBe(false);
  });

  it('ends with sign-out', async () => {
    const browser = await tower.signedIn();
    const cookie = browser.cookie(COOKIE) as string;
    const page = await browser.visit(home());
    const form = page.forms.find(({ action }) => action.endsWith('/oauth/sign_out'));
    const after = await browser.submit(form);
    expect(after.url.pathname).toBe('/tower/oauth/sign_in');
    expect(await isSignedIn(withCookie(cookie))).toBe(false);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('expires', async () => {
    const browser = await tower.signedIn();
    expect(await isSignedIn(browser)).toBe(true);
    await tower.database
      .updateTable('oauth_sessions')
      .set({ expires_at: Date.now() - 1 })
      .execute();
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('is separate for each browser', async () => {
    const member = await tower.addMember();
    const [one, two] = [await tower.signedIn(), await tower.signedIn(member)];
    expect((await two.visit(home())).html).toContain(member.username);
    expect((await one.visit(home())).html).not.toContain(member.username);
  });

  it('ends when its user is deleted', async () => {
    const member = await tower.addMember();
    const browser = await tower.signedIn(member);
    await tower.database.deleteFrom('tower_members').where('user_id', '=', member.id).execute();
    await tower.database.deleteFrom('tower_users').where('id', '=', member.id).execute();
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('goes on in a sign-in form that was opened before another tab signed in', async () => {
    const browser = new Browser(tower.server.url);
    const tab = await browser.visit(tower.authorizeUrl());
    const other = await browser.visit(`${tower.url}/oauth/sign_in`);
    const { username, password } = tower.credentials.user;
    await browser.submit(other.forms[0], { username, password });
    const cookie = browser.cookie(COOKIE);
    const consent = await browser.submit(tab.forms[0], { username, password });
    expect([consent.status, consent.url.pathname]).toEqual([200, '/tower/oauth/authorize']);
    expect(browser.cookie(COOKIE)).toBe(cookie);
    // The form may have been forged, so it must not sign anyone in.
    const { username: stranger } = tower.credentials.outsider;
    const forged = await browser.submit(tab.forms[0], {
      username: stranger,
      password: tower.credentials.outsider.password,
    });
    expect(forged.html).toContain(username);
    expect(browser.cookie(COOKIE)).toBe(cookie);
  });

  it('has a __Host- cookie on an own host name behind https', async () => {
    const secure = await startTower({ DATABASE_URL: await databases.createUrl(), PUBLIC_URL: 'https://qiyue.example' });
    try {
      const page = await sendRaw(secure.server.url, 'GET', '/oauth/sign_in', { host: 'tower.localhost' });
      expect(page.headers['set-cookie']?.[0]).toMatch(/^__Host-qiyue_session=[0-9a-f]{64}; .*Path=\/; .*Secure/);
    } finally {
      await secure.server.close();
    }
  });

  it('has a Secure cookie behind https', async () => {
    const secure = await startTower({ DATABASE_URL: await databases.createUrl(), PUBLIC_URL: 'https://qiyue.example' });
    try {
      const browser = new Browser(secure.server.url);
      await browser.visit(`${secure.server.url}/tower/oauth/sign_in`);
      expect(browser.setCookies).toHaveLength(1);
      expect(browser.setCookies[0]).toMatch(/; Secure(;|$)/);
    } finally {
      await secure.server.close();
    }
  });
});
