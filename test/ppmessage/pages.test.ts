import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../src/ppmessage/model/keys.ts';
import { describeInChromium, launchChromium, servePage } from '../support/chromium.ts';
import { look, withPhone } from '../support/phone.ts';
import { type Key, useDesk } from './desk.ts';

// The sign-in page on a phone, 375 px wide, with and without JavaScript (P-4).

describeInChromium('ppmessage: the sign-in page in a browser', (databases) => {
  const desk = useDesk(databases);
  let chrome: Browser;
  let program: Awaited<ReturnType<typeof servePage>>;
  let key: Key;
  let redirectUri: string;

  beforeAll(async () => {
    chrome = await launchChromium();
    program = await servePage('<h1>Program</h1>');
    redirectUri = `${program.url}/callback?tenant=7`;
    const { apiKey, apiSecret } = await createKey(desk.server.context, {
      appUuid: desk.app_uuid,
      appName: '一个名字很长很长的客服程序 with a rather long name',
      levels: ['THIRD_PARTY_KEFU'],
      redirectUris: [redirectUri],
    });
    key = { api_key: apiKey, api_secret: apiSecret };
  });
  afterAll(async () => {
    await chrome?.close();
    program?.close();
  });

  const address = (state: string) => {
    const parameters = { client_id: key.api_key, redirect_uri: redirectUri, response_type: 'code', state };
    return `${desk.url}/ppauth/auth?${new URLSearchParams(parameters)}`;
  };

  describe.each([
    ['with JavaScript', true],
    ['without JavaScript', false],
  ])('%s', (title, javaScriptEnabled) => {
    const onPhone = (use: (page: Page) => Promise<void>, { locale = 'zh-CN', isRefused = false } = {}) => {
      const phone = { javaScriptEnabled, origins: [desk.server.url, program.url], locale };
      return withPhone(chrome, isRefused ? { ...phone, expected: /status of 40[01]/ } : phone, use);
    };
    const lookAt = (page: Page, name: string) => look(page, `ppmessage-${name} ${title}`);

    async function signIn(page: Page, password = desk.agent.user_password): Promise<void> {
      await page.fill('#user_email', desk.agent.user_email);
      await page.fill('#user_password', password);
      await page.locator('button[type=submit]').click();
      await page.waitForLoadState('load');
    }

    it('leads back to the program', () =>
      onPhone(async (page) => {
        await page.goto(address('s'));
        await lookAt(page, 'sign-in');
        expect(await page.textContent('body')).toContain('一个名字很长很长的客服程序');
        await signIn(page);
        const url = new URL(page.url());
        expect(url.href.startsWith(`${redirectUri}&`)).toBe(true);
        expect(url.searchParams.get('state')).toBe('s');
        const code = url.searchParams.get('code') as string;
        const { status } = await desk.token(code, key, { redirect_uri: redirectUri });
        expect(status).toBe(200);
      }));

    it('accepts the right password after a wrong one', () =>
      onPhone(
        async (page) => {
          await page.goto(address('状态'));
          await signIn(page, 'wrong');
          await lookAt(page, 'wrong');
          expect(await page.getByRole('alert').textContent()).toMatch(/\S/);
          expect(await page.inputValue('#user_email')).toBe(desk.agent.user_email);
          expect(await page.inputValue('#user_password')).toBe('');
          await signIn(page);
          expect(new URL(page.url()).searchParams.get('state')).toBe('状态');
        },
        { isRefused: true },
      ));

    it.each(['a\nb', 'a\r\nb', 'a\rb', ' "<&>状态 ', '\u2028', '%41+ &=#?'])(
      'returns the state %j unchanged',
      (state) =>
        onPhone(async (page) => {
          await page.goto(address(state));
          await signIn(page);
          expect(new URL(page.url()).searchParams.get('state')).toBe(state);
        }),
    );

    it('is in English for an English browser', () =>
      onPhone(
        async (page) => {
          await page.goto(address('s'));
          await lookAt(page, 'sign-in-english');
          expect(await page.textContent('h1')).toMatch(/^[\x20-\x7e]+$/);
          await signIn(page);
          expect(page.url().startsWith(redirectUri)).toBe(true);
        },
        { locale: 'en-US' },
      ));

    it('shows an error for an unknown program', () =>
      onPhone(
        async (page) => {
          await page.goto(address('s').replace(key.api_key, 'nobody'));
          await lookAt(page, 'refused');
          expect(new URL(page.url()).origin).toBe(desk.server.url);
        },
        { isRefused: true },
      ));
  });

  it('cannot be framed by another page', async () => {
    const context = await chrome.newContext();
    try {
      const page = await context.newPage();
      await page.goto(redirectUri);
      await page.setContent(`<iframe src="${address('s').replaceAll('&', '&amp;')}"></iframe>`);
      await page.waitForLoadState('networkidle');
      const frames = await Promise.all(page.frames().map((frame) => frame.content().catch(() => '')));
      expect(frames.join('')).not.toContain('user_password');
    } finally {
      await context.close();
    }
  });
});
