import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, expectToken, OUT_OF_BAND, type Person, useTower } from './oauth/flow.ts';
import { describeInChromium, launchChromium, servePage } from './support/chromium.ts';
import { look, withPhone } from './support/phone.ts';

// The pages on a phone, 375 px wide, with and without JavaScript.

describeInChromium('pages in a browser', (databases) => {
  const tower = useTower(databases);
  let chrome: Browser;
  let target: Awaited<ReturnType<typeof servePage>>;
  let app: App;

  beforeAll(async () => {
    chrome = await launchChromium();
    target = await servePage('<h1>Application</h1>');
    const redirectUri = `${target.url}/callback`;
    app = await tower.addApp({
      name: '一个名字很长很长的应用 with a rather long name',
      redirectUris: [redirectUri, OUT_OF_BAND],
    });
  });
  afterAll(async () => {
    await chrome?.close();
    target?.close();
  });

  describe.each([
    ['with JavaScript', true],
    ['without JavaScript', false],
  ])('%s', (title, javaScriptEnabled) => {
    const onPhone = (use: (page: Page) => Promise<void>, locale = 'zh-CN') =>
      withPhone(chrome, { javaScriptEnabled, origins: [tower.server.url, target.url], locale }, use);
    const lookAt = (page: Page, name: string) => look(page, `tower-${name} ${title}`);

    const press = async (page: Page, selector: string) => {
      await page.locator(selector).click();
      await page.waitForLoadState('load');
    };

    async function signIn(page: Page, { username, password }: Person = tower.credentials.user): Promise<void> {
      await page.fill('#username', username);
      await page.fill('#password', password);
      await press(page, 'button[type=submit]');
    }

    it('sign-in, consent, and back to the application', () =>
      onPhone(async (page) => {
        await page.goto(tower.authorizeUrl({ state: 's' }, app));
        await lookAt(page, 'sign-in');
        await signIn(page);
        await lookAt(page, 'consent');
        expect(await page.textContent('h1')).toContain('一个名字很长很长的应用');
        await press(page, 'button[value=allow]');
        const url = new URL(page.url());
        expect(url.origin + url.pathname).toBe(app.redirect_uri);
        expect(url.searchParams.get('state')).toBe('s');
        expectToken(await tower.token(tower.codeFields(url.searchParams.get('code') as string, app)));
      }));

    it('denial', () =>
      onPhone(async (page) => {
        await page.goto(tower.authorizeUrl({ state: 's' }, app));
        await signIn(page);
        await press(page, 'button[value=deny]');
        expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
      }));

    it.each(['a\nb', 'a\r\nb', 'a\rb', ' "<&>状态 ', '\u2028'])(
      'a real browser brings the state %j back unchanged',
      (state) =>
        onPhone(async (page) => {
          await page.goto(tower.authorizeUrl({ state }, app));
          await signIn(page);
          await press(page, 'button[value=allow]');
          expect(new URL(page.url()).searchParams.get('state')).toBe(state);
        }),
    );

    it('sign-in in English', () =>
      onPhone(async (page) => {
        await page.goto(tower.authorizeUrl({}, app));
        expect(await page.textContent('h1')).toContain('Sign in');
        await signIn(page);
        expect(await page.textContent('button[value=allow]')).toBe('Allow');
        await lookAt(page, 'consent-english');
      }, 'en-US'));

    it('the second step, with the code from the outbox', () =>
      onPhone(async (page) => {
        const person = await tower.addMember({ secondStep: true });
        await page.goto(tower.authorizeUrl({}, { ...app, redirect_uri: OUT_OF_BAND }));
        await signIn(page, person);
        await lookAt(page, 'second-step');
        const outbox = await page.context().newPage();
        await outbox.goto(`${tower.server.url}/sandbox/outbox.html?to=${encodeURIComponent(person.username)}`);
        await lookAt(outbox, 'outbox');
        expect(await outbox.locator('#clear').isVisible()).toBe(javaScriptEnabled);
        const code = (await outbox.textContent('output')) ?? '';
        expect(code).toMatch(/^\d{6}$/);
        await outbox.close();
        await page.fill('#captcha', code);
        await press(page, 'button[type=submit]');
        await press(page, 'button[value=allow]');
        await lookAt(page, 'code');
        const shown = (await page.textContent('#code')) ?? '';
        expectToken(await tower.token(tower.codeFields(shown, { ...app, redirect_uri: OUT_OF_BAND })));
      }));

    it('the app centre: choose a team, create an application, delete it', () =>
      onPhone(async (page) => {
        await page.goto(`${tower.url}/app_center`);
        await signIn(page);
        await lookAt(page, 'teams');
        await press(page, 'a[href$="0001/applications"]');
        await lookAt(page, 'applications');
        await page.fill('#name', '看板');
        await page.fill(
          '#redirect_uris',
          `https://app.example/a/rather/long/address/that/has/to/be/broken/somewhere/callback\n${OUT_OF_BAND}`,
        );
        await press(page, 'form:has(#name) button');
        await lookAt(page, 'secret');
        const client_id = (await page.textContent('#client_id')) ?? '';
        const client_secret = (await page.textContent('#client_secret')) ?? '';
        expectToken(await tower.token(tower.passwordFields(undefined, { client_id, client_secret, redirect_uri: '' })));
        await press(page, 'a[href$="0001/applications"]');
        await lookAt(page, 'applications-again');
        await press(page, `a[href$="${client_id}/webhooks"]`);
        await page.fill('#url', 'http://127.0.0.1:9/a/rather/long/address/that/has/to/be/broken/somewhere/webhook');
        await page.locator('#notifications').check();
        await lookAt(page, 'webhooks-form');
        await press(page, 'form:has(#url) button');
        await lookAt(page, 'webhook-secret');
        expect(await page.textContent('#webhook_secret')).toMatch(/^[0-9a-f]{64}$/);
        await press(page, 'a[href$="/webhooks"]');
        await lookAt(page, 'webhooks');
        await press(page, 'a[href$="/deliveries"]');
        await lookAt(page, 'webhook-deliveries');
        await press(page, 'form[action$="/resend"] button');
        expect(page.url()).toContain('/deliveries');
        await page.goto(`${tower.url}/app_center/teams/${tower.credentials.team_id}/applications`);
        await page.locator(`details:has(form[action$="${client_id}/delete"]) summary`).click();
        await press(page, `form[action$="${client_id}/delete"] button`);
        expect(await page.content()).not.toContain(client_id);
      }));

    it('the console', () =>
      onPhone(async (page) => {
        await page.goto(`${tower.server.url}/`);
        await lookAt(page, 'console');
        const text = (await page.textContent('body')) ?? '';
        for (const value of [
          tower.url,
          tower.app.client_id,
          tower.app.client_secret as string,
          tower.credentials.team_id,
          'curl',
        ])
          expect(text).toContain(value);
        expect(await page.locator('[data-copy]').first().isVisible()).toBe(javaScriptEnabled);
        for (const href of await page
          .locator('a')
          .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href))) {
          const { status } = await fetch(href, { headers: { accept: 'text/html,*/*' } });
          // The docs have their own build.
          if (!href.includes('/docs/')) expect(status, href).toBe(200);
        }
      }));
  });

  describe('with JavaScript only', () => {
    it('the outbox shows a new message without a reload', async () => {
      const person = await tower.addMember({ secondStep: true });
      const context = await chrome.newContext({ viewport: { width: 375, height: 812 } });
      try {
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
        await page.goto(`${tower.server.url}/sandbox/outbox.html?to=${encodeURIComponent(person.username)}`);
        expect(await page.locator('output').count()).toBe(0);
        await tower.token(tower.passwordFields(person));
        await page.locator('output').waitFor();
        expect([await page.textContent('output')]).toEqual(await tower.codesSentTo(person.username));
        await tower.token(tower.passwordFields(person));
        await page.locator('output').nth(1).waitFor();
        await page.click('#clear');
        await page.locator('output').first().waitFor({ state: 'detached' });
        expect(await tower.codesSentTo(person.username)).toEqual([]);
        expect(complaints).toEqual([]);
      } finally {
        await context.close();
      }
    });

    it.each([
      ['tower', '官网改版'],
      ['ppmessage', '什么时候发货？'],
      ['gobelieve', 'peer_message'],
    ])('the page of live events shows the event of its command (%s)', (api, content) =>
      withPhone(chrome, { javaScriptEnabled: true, origins: [tower.server.url] }, async (page) => {
        await page.goto(`${tower.server.url}/sandbox/events.html`);
        const card = page.locator(`[data-url^="../${api}/"]`);
        await card.locator('button').click();
        await card.locator('.waiting pre').waitFor();
        const command = (await card.locator('.waiting pre').textContent()) ?? '';
        await promisify(execFile)('bash', ['-c', command]);
        await expect.poll(() => card.locator('.events').textContent()).toContain(content);
        await look(page, `events-${api}`);
        await card.locator('button').click();
        await card.locator('.ended').waitFor();
      }),
    );

    it('a copy button of the console copies', async () => {
      const context = await chrome.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
      try {
        const page = await context.newPage();
        await page.goto(`${tower.server.url}/`);
        await page.locator('#tower summary').first().click();
        const button = page.locator(`[data-copy="${tower.app.client_secret}"]`).first();
        await button.click();
        await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(tower.app.client_secret);
      } finally {
        await context.close();
      }
    });
  });

  it('cannot be framed by another page', async () => {
    const context = await chrome.newContext();
    try {
      const page = await context.newPage();
      await page.goto(app.redirect_uri);
      await page.setContent(`<iframe src="${tower.url}/oauth/sign_in"></iframe>`);
      await page.waitForLoadState('networkidle');
      const frames = await Promise.all(page.frames().map((frame) => frame.content().catch(() => '')));
      expect(frames.join('')).not.toContain('csrf_token');
    } finally {
      await context.close();
    }
  });
});
