import { beforeAll, describe, expect, it } from 'vitest';
import { Browser, type Form, type Page } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { useTower } from './flow.ts';

// RFC 6749 §10.12: a CSRF token in each form, SameSite=Lax, no framing.
describeEachDatabase('CSRF', (databases) => {
  const tower = useTower(databases);

  const formOf = (page: Page, ending: string): Form => {
    const form = page.forms.find(({ action }) => new URL(action).pathname.endsWith(ending));
    if (form === undefined) throw new Error(`There is no form for ${ending} on ${page.url}`);
    return form;
  };

  /** The names of the applications, and the codes. */
  const read = async () => {
    const clients = await tower.database
      .selectFrom('oauth_clients')
      .select('name')
      .where('api', '=', 'tower')
      .execute();
    const codes = await tower.database
      .selectFrom('oauth_codes')
      .select('code_hash')
      .where('api', '=', 'tower')
      .execute();
    return { clients: clients.map(({ name }) => name).sort(), codes: codes.map((code) => code.code_hash).sort() };
  };
  let demo: Awaited<ReturnType<typeof read>>;
  beforeAll(async () => {
    demo = await read();
  });

  const applications = () => `${tower.url}/app_center/teams/${tower.credentials.team_id}/applications`;

  const forms: [
    string,
    () => Promise<{ browser: Browser; page: Page; ending: string; fields: Record<string, string> }>,
  ][] = [
    [
      'sign-in',
      async () => {
        const browser = new Browser(tower.server.url);
        const page = await browser.visit(`${tower.url}/oauth/sign_in`);
        const { username, password } = tower.credentials.user;
        return { browser, page, ending: '/oauth/sign_in', fields: { username, password } };
      },
    ],
    [
      'consent',
      async () => {
        const browser = await tower.signedIn();
        const page = await browser.visit(tower.authorizeUrl());
        return { browser, page, ending: '/oauth/authorize', fields: { decision: 'allow' } };
      },
    ],
    [
      'sign-out',
      async () => {
        const browser = await tower.signedIn();
        const page = await browser.visit(`${tower.url}/app_center`);
        return { browser, page, ending: '/oauth/sign_out', fields: {} };
      },
    ],
    [
      'new application',
      async () => {
        const browser = await tower.signedIn();
        const page = await browser.visit(applications());
        return {
          browser,
          page,
          ending: '/applications',
          fields: { name: 'Evil', redirect_uris: 'https://evil.example/' },
        };
      },
    ],
    [
      'new secret',
      async () => {
        const browser = await tower.signedIn();
        return { browser, page: await browser.visit(applications()), ending: '/secret', fields: {} };
      },
    ],
    [
      'deletion of an application',
      async () => {
        const browser = await tower.signedIn();
        return { browser, page: await browser.visit(applications()), ending: '/delete', fields: {} };
      },
    ],
  ];

  describe.each(forms)('the form for %s', (_name, open) => {
    it('returns 403 for a wrong token, another browser and missing cookies', async () => {
      const { browser, page, ending, fields } = await open();
      const form = formOf(page, ending);
      const { csrf_token: own = '', ...hidden } = form.fields;
      expect(own).toMatch(/\S{20,}/);
      const { browser: stranger, page: strangersPage, ending: same } = await open();
      const { csrf_token: strangers = '' } = formOf(strangersPage, same).fields;
      expect(strangers).not.toBe(own);

      for (const csrf_token of ['', 'x', strangers, own.toUpperCase(), `${own}0`, own.slice(0, -1)]) {
        const rejected = await browser.post(form, { ...hidden, ...fields, csrf_token });
        expect([400, 403], `${rejected.status} for ${csrf_token}`).toContain(rejected.status);
        expect(rejected.foreign).toBe(false);
      }
      expect((await browser.post(form, { ...hidden, ...fields, csrf_token: strangers })).status).toBe(403);
      expect((await browser.post(form, { ...hidden, ...fields })).status).toBe(400);
      expect((await stranger.post(form, { ...hidden, ...fields, csrf_token: own })).status).toBe(403);
      const cookieless = new Browser(tower.server.url);
      const rejected = await cookieless.post(form, { ...hidden, ...fields, csrf_token: own });
      expect(rejected.status).toBe(403);
      expect(cookieless.cookie('qiyue_session')).toBeUndefined();
    });

    it('cannot be submitted by GET', async () => {
      const { browser, page, ending, fields } = await open();
      const form = formOf(page, ending);
      const before = await tower.database.selectFrom('oauth_clients').select('id').execute();
      const answer = await browser.post({ ...form, method: 'GET' }, { ...form.fields, ...fields });
      expect(answer.foreign).toBe(false);
      expect(await tower.database.selectFrom('oauth_clients').select('id').execute()).toEqual(before);
    });

    it('is on a page that cannot be framed', async () => {
      const { page } = await open();
      expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    });
  });

  it('does nothing for rejected forms', async () => {
    const { clients, codes } = await read();
    expect(clients).not.toContain('Evil');
    // Those of the demo data are still there, and no others.
    expect({ clients, codes }).toEqual(demo);
  });

  it('sets the session cookie with HttpOnly, SameSite=Lax, the path of the API and, on https, Secure', async () => {
    const browser = await tower.signedIn();
    expect(browser.setCookies.length).toBeGreaterThan(0);
    for (const line of browser.setCookies) {
      expect(line).toMatch(/; HttpOnly(;|$)/);
      expect(line).toMatch(/; SameSite=Lax(;|$)/);
      expect(line).toMatch(/; Path=\/tower(;|$)/);
      expect(line).not.toMatch(/Secure|Domain/);
    }
  });
});
