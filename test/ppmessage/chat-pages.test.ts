import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { tinyPng } from '../support/thumbnails.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.close());

const address = (page: string) => `${server.url}/sandbox/ppmessage/${page}.html`;

describe('the pages of the customer and the agent', () => {
  it('are linked from the front page, in both languages', async () => {
    for (const [language, customer, agent] of [
      ['zh', '联系客服', '何静'],
      ['en', 'Ask us', '何静'],
    ] as const) {
      const headers = { 'Accept-Language': language };
      const front = await (await fetch(server.url, { headers })).text();
      for (const page of ['customer', 'desk']) expect(front).toContain(`href="sandbox/ppmessage/${page}.html"`);
      expect(await (await fetch(address('customer'), { headers })).text()).toContain(customer);
      expect(await (await fetch(address('desk'), { headers })).text()).toContain(agent);
    }
  });

  it.skipIf(!hasChromium)(`let a customer and an agent talk in two windows (Chromium)${whySkipped}`, async () => {
    const browser = await launchChromium();
    const errors: string[] = [];
    try {
      const desk = await openPage(browser, 'desk', errors);
      const shop = await openPage(browser, 'customer', errors);
      await desk.getByText('在线', { exact: true }).waitFor();

      // With the keyboard alone.
      await shop.locator('.bubble').press('Enter');
      await shop.getByRole('textbox', { name: '消息' }).fill('这本书有货吗？');
      await shop.keyboard.press('Enter');
      await messagesOf(shop).getByText('这本书有货吗？').waitFor();
      const conversation = desk.locator('.conversations button').filter({ hasText: '这本书有货吗？' });
      await conversation.press('Enter');
      await messagesOf(desk).getByText('这本书有货吗？').waitFor();
      await desk.getByRole('textbox', { name: '消息' }).fill('有货，今天发出。');
      await desk.getByRole('button', { name: '发送' }).click();
      await messagesOf(shop).getByText('有货，今天发出。').waitFor();

      await shop
        .locator('[name=file]')
        .setInputFiles({ name: '封面.png', mimeType: 'image/png', buffer: Buffer.from(tinyPng) });
      await messagesOf(desk).getByRole('img', { name: '[图片]' }).waitFor();

      // A closed chat counts what arrives.
      await shop.keyboard.press('Escape');
      await shop.locator('.widget').waitFor({ state: 'hidden' });
      await desk.getByRole('textbox', { name: '消息' }).fill('还有别的问题吗？');
      await desk.keyboard.press('Enter');
      await shop.getByText('联系客服 (1)').click();
      await messagesOf(shop).getByText('还有别的问题吗？').waitFor();

      // The same browser is the same customer.
      await shop.reload();
      await shop.locator('.bubble').click();
      await messagesOf(shop).getByText('有货，今天发出。').waitFor();

      // Another agent sees the conversation too.
      await desk.locator('[name=agent]').selectOption({ label: '罗一鸣' });
      await conversation.or(desk.locator('.conversations button').filter({ hasText: '还有别的问题吗？' })).waitFor();

      for (const page of [desk, shop]) {
        await page.setViewportSize({ width: 360, height: 740 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      }
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

const messagesOf = (page: Page) => page.locator('.messages');

/** Each page has its own browser profile. */
async function openPage(browser: Browser, name: string, errors: string[]): Promise<Page> {
  const page = await browser.newPage({ locale: 'zh-CN' });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(address(name));
  return page;
}
