import { beforeAll, describe, expect, it } from 'vitest';
import { type App, expectError, expectToken, OUT_OF_BAND, type Person, useTower } from '../oauth/flow.ts';
import { Browser, elementById, type Form, type Page, textOf } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';

// The pages of the app centre: T-3 to T-7.
describeEachDatabase('app centre', (databases) => {
  const tower = useTower(databases);
  const applications = (teamId = tower.credentials.team_id) => `${tower.url}/app_center/teams/${teamId}/applications`;

  const creation = (page: Page): Form => {
    const form = page.forms.find(
      ({ action, names, fields }) => action === applications() && ('name' in fields || names.includes('name')),
    );
    if (form === undefined) throw new Error('There is no form for a new application');
    return form;
  };

  const formFor = (page: Page, clientId: string, action: 'secret' | 'delete'): Form => {
    const form = page.forms.find((one) => one.action === `${applications()}/${clientId}/${action}`);
    if (form === undefined) throw new Error(`There is no ${action} form for ${clientId}`);
    return form;
  };

  async function create(browser: Browser, fields: Record<string, string> = {}): Promise<{ app: App; page: Page }> {
    const list = await browser.visit(applications());
    const page = await browser.submit(creation(list), {
      name: 'Made here',
      redirect_uris: 'https://app.example/callback',
      ...fields,
    });
    expect(page.status, textOf(page.html)).toBe(200);
    const client_id = elementById(page.html, 'client_id');
    const client_secret = elementById(page.html, 'client_secret');
    if (client_id === undefined || client_secret === undefined) throw new Error('The page shows no credentials');
    return { app: { client_id, client_secret, redirect_uri: 'https://app.example/callback' }, page };
  }

  it("leads from sign-in to the user's teams and to the applications of a team", async () => {
    const browser = new Browser(tower.server.url);
    const signIn = await browser.visit(`${tower.url}/app_center`);
    expect(signIn.url.pathname).toBe('/tower/oauth/sign_in');
    const { username, password } = tower.credentials.user;
    const teams = await browser.submit(signIn.forms[0], { username, password });
    expect(teams.url.pathname).toBe('/tower/app_center');
    const href = /href="([^"]*\/applications)"/.exec(teams.html)?.[1] as string;
    const list = await browser.visit(new URL(href, teams.url).href);
    expect(list.url.href).toBe(applications());
    expect(list.status).toBe(200);
    expect(list.html).toContain(tower.app.client_id);
    expect(list.html).toContain(tower.app.redirect_uri);
    expect(list.html).not.toContain(tower.app.client_secret);
  });

  it('shows only teams of which the user is an active member', async () => {
    const browser = await tower.signedIn(tower.credentials.outsider);
    const page = await browser.visit(`${tower.url}/app_center`);
    expect(page.status).toBe(200);
    expect(page.html).not.toContain(tower.credentials.team_id);
    const gone = await tower.addMember();
    await tower.database.updateTable('tower_members').set({ is_active: 0 }).where('user_id', '=', gone.id).execute();
    const left = await (await tower.signedIn(gone)).visit(`${tower.url}/app_center`);
    expect(left.html).not.toContain(tower.credentials.team_id);
  });

  it('creates an application, shows its secret once and accepts it at once', async () => {
    const browser = await tower.signedIn();
    const { app } = await create(browser, {
      name: '看板 <i>&',
      redirect_uris: `https://app.example/callback\n${OUT_OF_BAND}`,
      scopes: '',
    });
    expectToken(await tower.token(tower.passwordFields(undefined, app)));
    expectToken(await tower.token(tower.codeFields(await tower.code({}, app), app)));
    const oob = await tower.allow({}, { ...app, redirect_uri: OUT_OF_BAND });
    expect(elementById(oob.html, 'code')).toMatch(/^[0-9a-f]{64}$/);

    const list = await browser.visit(applications());
    expect(list.html).toContain(app.client_id);
    expect(list.html).toContain('看板 &lt;i&gt;&amp;');
    expect(list.html).not.toContain(app.client_secret);
  });

  it('registers the scopes of the form', async () => {
    const { app } = await create(await tower.signedIn(), { scopes: 'todos  teams' });
    expectToken(await tower.token({ ...tower.passwordFields(undefined, app), scope: 'todos' }));
    expectError(await tower.token({ ...tower.passwordFields(undefined, app), scope: 'money' }), 400, 'invalid_scope');
  });

  it('lets an admin create an application', async () => {
    const { app } = await create(await tower.signedIn(await tower.addMember({ role: 'admin' })));
    expectToken(await tower.token(tower.passwordFields(undefined, app)));
  });

  it.each([
    ['no name', { name: '', redirect_uris: 'https://app.example/' }],
    ['a name of blanks', { name: '  ', redirect_uris: 'https://app.example/' }],
    ['no address', { name: 'App', redirect_uris: '' }],
    ['an address of blanks', { name: 'App', redirect_uris: ' \n ' }],
    ['a relative address', { name: 'App', redirect_uris: '/callback' }],
    ['an address without a scheme', { name: 'App', redirect_uris: 'app.example' }],
    ['a fragment', { name: 'App', redirect_uris: 'https://app.example/#x' }],
    ['an empty fragment', { name: 'App', redirect_uris: 'https://app.example/#' }],
    ['a javascript: address', { name: 'App', redirect_uris: 'javascript:alert(1)' }],
    ['a data: address', { name: 'App', redirect_uris: 'data:text/html,x' }],
    ['a filesystem: address', { name: 'App', redirect_uris: 'filesystem:https://app.example/temporary/x' }],
    ['a jar: address', { name: 'App', redirect_uris: 'jar:https://app.example/x!/y' }],
    ['a view-source: address', { name: 'App', redirect_uris: 'view-source:https://app.example/' }],
    ['a scheme without a dot', { name: 'App', redirect_uris: 'myapp://callback' }],
    ['http on another machine', { name: 'App', redirect_uris: 'http://app.example/callback' }],
    ['http on a host that begins like the machine', { name: 'App', redirect_uris: 'http://localhost.evil.example/' }],
    ['https without a host', { name: 'App', redirect_uris: 'https:callback' }],
    ['a control character', { name: 'App', redirect_uris: 'https://app.example/\u0001x' }],
    ['one bad address among good ones', { name: 'App', redirect_uris: 'https://app.example/\njavascript:alert(1)' }],
  ])("rejects %s with 400, shows the reason and keeps the form's values", async (_title, fields) => {
    const browser = await tower.signedIn();
    const before = await tower.database.selectFrom('oauth_clients').select('id').execute();
    const page = await browser.submit(creation(await browser.visit(applications())), fields);
    expect(page.status).toBe(400);
    expect(page.html).toContain('role="alert"');
    if (fields.redirect_uris.trim() !== '') expect(page.html).toContain(fields.redirect_uris.split('\n')[0] as string);
    expect(await tower.database.selectFrom('oauth_clients').select('id').execute()).toHaveLength(before.length);
  });

  it('replaces a secret: the old one is void at once, and tokens stay valid', async () => {
    const browser = await tower.signedIn();
    const { app } = await create(browser);
    const token = await tower.signIn(tower.credentials.user, app);
    const page = await browser.submit(formFor(await browser.visit(applications()), app.client_id, 'secret'));
    const client_secret = elementById(page.html, 'client_secret') as string;
    expect(client_secret).not.toBe(app.client_secret);
    expectError(await tower.token(tower.passwordFields(undefined, app)), 401, 'invalid_client');
    expect(await tower.memberStatus(token)).toBe(200);
    expectToken(await tower.token(tower.refreshFields(token, { ...app, client_secret })));
  });

  it('deletes an application with its tokens', async () => {
    const browser = await tower.signedIn();
    const { app } = await create(browser);
    const token = await tower.signIn(tower.credentials.user, app);
    const page = await browser.submit(formFor(await browser.visit(applications()), app.client_id, 'delete'));
    expect(page.url.href).toBe(applications());
    expect(page.html).not.toContain(app.client_id);
    expectError(await tower.token(tower.passwordFields(undefined, app)), 401, 'invalid_client');
    expect(await tower.memberStatus(token)).toBe(401);
    expect((await browser.visit(tower.authorizeUrl({}, app))).status).toBe(400);
  });

  describe('for a user without the rights of an admin', () => {
    let app: App;
    let secretForm: Form;
    let deleteForm: Form;
    let newForm: Form;
    beforeAll(async () => {
      const owner = await tower.signedIn();
      ({ app } = await create(owner));
      const page = await owner.visit(applications());
      secretForm = formFor(page, app.client_id, 'secret');
      deleteForm = formFor(page, app.client_id, 'delete');
      newForm = creation(page);
    });

    async function attempts(user: Person): Promise<number[]> {
      const browser = await tower.signedIn(user);
      const { forms } = await browser.visit(`${tower.url}/app_center`);
      const csrf_token = forms[0]?.fields.csrf_token as string;
      const pages = [
        await browser.post(newForm, { csrf_token, name: 'Evil', redirect_uris: 'https://evil.example/' }),
        await browser.post(secretForm, { csrf_token }),
        await browser.post(deleteForm, { csrf_token }),
      ];
      for (const { html } of pages) expect(html).not.toContain('client_secret"');
      return pages.map(({ status }) => status);
    }

    it('lets an ordinary member view the list and returns 403 to changes', async () => {
      const member = await tower.addMember();
      const list = await (await tower.signedIn(member)).visit(applications());
      expect(list.status).toBe(200);
      expect(list.html).toContain(app.client_id);
      expect(list.forms.filter(({ action }) => action.startsWith(applications()))).toEqual([]);
      expect(await attempts(member)).toEqual([403, 403, 403]);
    });

    it('returns the same 404 to a non-member as for an unknown team', async () => {
      const browser = await tower.signedIn(tower.credentials.outsider);
      const foreign = await browser.visit(applications());
      const unknown = await browser.visit(applications('f'.repeat(32)));
      expect([foreign.status, unknown.status]).toEqual([404, 404]);
      const withoutId = ({ html, headers }: Page) => html.replaceAll(headers.get('x-request-id') as string, '');
      expect(withoutId(foreign)).toBe(withoutId(unknown));
      expect(await attempts(tower.credentials.outsider)).toEqual([404, 404, 404]);
    });

    it('redirects a user who is not signed in to the sign-in page', async () => {
      const browser = new Browser(tower.server.url);
      const page = await browser.visit(applications());
      expect(page.url.pathname).toBe('/tower/oauth/sign_in');
    });

    it('changes nothing in these attempts', async () => {
      expectToken(await tower.token(tower.passwordFields(undefined, app)));
      const names = await tower.database.selectFrom('oauth_clients').select('name').execute();
      expect(names.map(({ name }) => name)).not.toContain('Evil');
    });
  });

  it("returns 404 for another team's application and does not change it", async () => {
    const foreign = await tower.addApp();
    const browser = await tower.signedIn();
    const { forms } = await browser.visit(applications());
    const csrf_token = forms[0]?.fields.csrf_token as string;
    for (const action of ['secret', 'delete']) {
      const page = await browser.post(
        { method: 'POST', action: `${applications()}/${foreign.client_id}/${action}` },
        { csrf_token },
      );
      expect(page.status).toBe(404);
    }
    expectToken(await tower.token(tower.passwordFields(undefined, foreign)));
  });
});

// T-3.
describeEachDatabase('applications of one user', (databases) => {
  const tower = useTower(databases, { TOWER_APPLICATION_LIMIT: '2' });

  it('are limited, also when they are created at once', async () => {
    const browser = await tower.signedIn(await tower.addMember({ role: 'admin' }));
    const address = `${tower.url}/app_center/teams/${tower.credentials.team_id}/applications`;
    const form = (await browser.visit(address)).forms.find(({ names }) => names.includes('redirect_uris'));
    const create = (visitor: Browser, from = form) =>
      visitor.submit(from, { name: '应用', redirect_uris: 'https://app.example/' });
    const pages = await Promise.all(Array.from({ length: 5 }, () => create(browser)));
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 200, 400, 400, 400]);
    expect(textOf(pages.find(({ status }) => status === 400)?.html ?? '')).toMatch(/上限|as many applications/);

    const colleague = await tower.signedIn(await tower.addMember({ role: 'admin' }));
    const theirs = (await colleague.visit(address)).forms.find(({ names }) => names.includes('redirect_uris'));
    expect((await create(colleague, theirs)).status).toBe(200);
    const removal = (await browser.visit(address)).forms.find(({ action }) =>
      action.endsWith(`${elementById(pages.find(({ status }) => status === 200)?.html ?? '', 'client_id')}/delete`),
    );
    await browser.submit(removal);
    expect((await create(browser)).status).toBe(200);
  });
});
