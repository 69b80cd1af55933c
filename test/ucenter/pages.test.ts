import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeInChromium, launchChromium, servePage } from '../support/chromium.ts';
import { look, withPhone } from '../support/phone.ts';
import { type App, expectToken, useCentre } from './centre.ts';

// The pages of U-10 on a phone, with and without JavaScript.

describeInChromium('UCenter in a browser', (databases) => {
  const centre = useCentre(databases);
  let chrome: Browser;
  let target: Awaited<ReturnType<typeof servePage>>;
  let app: App;
  let secondApp: App;

  beforeAll(async () => {
    chrome = await launchChromium();
    target = await servePage('<h1>Application</h1>');
    const redirect_uri = `${target.url}/callback`;
    await centre.database
      .updateTable('oauth_clients')
      .set({ redirect_uris: JSON.stringify([redirect_uri]) })
      .where('api', '=', 'ucenter')
      .execute();
    app = { ...centre.app, redirect_uri };
    secondApp = { ...centre.credentials.second_app, redirect_uri };
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
      withPhone(chrome, { javaScriptEnabled, origins: [centre.server.url, target.url], locale }, use);
    const lookAt = (page: Page, name: string) => look(page, `ucenter-${name} ${title}`);

    const press = async (page: Page, selector: string) => {
      await page.locator(selector).click();
      await page.waitForLoadState('load');
    };
    async function signIn(page: Page, { username, password } = centre.credentials.user): Promise<void> {
      await page.fill('#username', username);
      await page.fill('#password', password);
      await press(page, 'button[type=submit]');
    }
    const answerOn = (page: Page) => new URL(page.url()).searchParams;

    it('shows sign-in and consent, and the second time consent only', () =>
      onPhone(async (page) => {
        await page.goto(centre.authorizeUrl({ state: 'one' }, app));
        await lookAt(page, 'sign-in');
        expect(await page.textContent('body')).not.toContain('个人信息');
        await signIn(page);
        await lookAt(page, 'consent');
        expect(await page.textContent('body')).toContain('个人信息');
        await press(page, 'button[value=allow]');
        expect(page.url().startsWith(`${app.redirect_uri}?`)).toBe(true);
        expect(answerOn(page).get('state')).toBe('one');
        expectToken(await centre.grant(centre.codeFields(answerOn(page).get('code') as string, app)), true);

        await page.goto(centre.authorizeUrl({ state: 'two' }, app));
        expect(await page.locator('#password').count()).toBe(0);
        await press(page, 'button[value=allow]');
        expectToken(await centre.grant(centre.codeFields(answerOn(page).get('code') as string, app)), true);
      }));

    it('shows only the consent page of a second application to a signed-in user', () =>
      onPhone(async (page) => {
        await page.goto(centre.authorizeUrl({}, app));
        await signIn(page);
        await page.goto(centre.authorizeUrl({}, secondApp));
        expect(await page.locator('#password').count()).toBe(0);
        await press(page, 'button[value=allow]');
        const code = answerOn(page).get('code') as string;
        expectToken(await centre.grant(centre.codeFields(code, secondApp)), true);
      }));

    it('returns a denial with the state', () =>
      onPhone(async (page) => {
        await page.goto(centre.authorizeUrl({ state: '状态 "<&>' }, app));
        await signIn(page);
        await press(page, 'button[value=deny]');
        expect([answerOn(page).get('error'), answerOn(page).get('state')]).toEqual(['access_denied', '状态 "<&>']);
      }));

    it('shows the account page and signs out', () =>
      onPhone(async (page) => {
        await page.goto(`${centre.url}/oauth/account`);
        await signIn(page);
        await lookAt(page, 'account');
        expect(await page.textContent('body')).toContain(centre.credentials.user.username);
        await press(page, 'form button');
        await page.goto(`${centre.url}/oauth/account`);
        expect(await page.locator('#password').count()).toBe(1);
      }));
  });
});
