import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.close());

const address = () => `${server.url}/sandbox/gobelieve/chat.html`;

describe('the chat page', () => {
  it('is linked from the front page and has a policy of its own', async () => {
    const front = await (await fetch(server.url, { headers: { 'Accept-Language': 'en' } })).text();
    expect(front).toContain('href="sandbox/gobelieve/chat.html"');
    const response = await fetch(address(), { headers: { 'Accept-Language': 'en' } });
    expect(response.headers.get('Content-Security-Policy')).toMatch(/script-src 'sha256-[^ ]+'; connect-src 'self'/);
    expect(await response.text()).toContain('Lin Xiao');
  });

  it.skipIf(!hasChromium)(`shows two devices that chat (Chromium)${whySkipped}`, async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ locale: 'zh-CN' });
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await page.goto(address());
      const [left, right] = [deviceOf(page, 0), deviceOf(page, 1)];
      await Promise.all([left.online(), right.online()]);
      await left.shows('明早八点集合');

      await left.say('你好，陈默');
      await right.shows('你好，陈默');
      await right.say('你好，林晓');
      await left.shows('你好，林晓');

      await left.choose('chat', '周末爬山');
      await right.choose('chat', '周末爬山');
      await left.say('群里好');
      await right.shows('群里好');

      // What is said while a device is disconnected arrives when it is back.
      await right.press('断开');
      await left.say('回来了吗');
      await right.press('连接');
      await right.shows('回来了吗');

      await left.choose('person', '何苗');
      await right.choose('person', '周宁');
      await Promise.all([left.online(), right.online()]);
      await left.say('在吗');
      await right.shows('在吗');
      await right.say('在的');
      await left.shows('在的');

      // A phone shows both devices, one below the other, without scrolling sideways.
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

function deviceOf(page: Page, side: number) {
  const device = page.locator('.device').nth(side);
  return {
    online: () => device.getByText('在线', { exact: true }).waitFor(),
    shows: (text: string) => device.locator('.messages').getByText(text).waitFor(),
    press: (name: string) => device.getByRole('button', { name, exact: true }).click(),
    choose: (field: string, label: string) => device.locator(`[name=${field}]`).selectOption({ label }),
    async say(text: string) {
      await device.locator('[name=text]').fill(text);
      await device.getByRole('button', { name: '发送' }).click();
    },
  };
}
