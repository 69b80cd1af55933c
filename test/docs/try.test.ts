import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis, sandbox } from '../../src/app.ts';
import { listOperations } from '../../src/docs/samples/example.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { startServer, type TestServer } from '../support/server.ts';

const originals = apis.filter((api) => api !== sandbox);

describe.skipIf(!hasChromium)(`trying operations in a browser${whySkipped}`, () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchChromium()]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const hook = (page: Page, name: string) => page.locator(`[data-try=${name}]`);

  /** Sends the request of an operation as the page has filled it in. Returns the status that the page shows. */
  async function send(page: Page, operationId: string): Promise<string> {
    await page.evaluate((id) => {
      location.hash = id;
      // The same operation again is no other address.
      dispatchEvent(new Event('hashchange'));
    }, operationId);
    await hook(page, 'send').click();
    const shown = await page.waitForFunction(() => {
      const text = document.querySelector('[data-try=status]')?.textContent ?? '';
      const isJudged = document.querySelector('[data-try=verdict]')?.textContent !== '–';
      return /^\d(xx|\d\d)/.test(text) && isJudged && text;
    });
    return String(await shown.jsonValue());
  }

  it('shows an operation whatever the address ends with', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(`${server.url}/docs/tower/try/#%E0%A4%A`);
    await hook(page, 'curl').getByText('curl').first().waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  it.each(originals.map((api) => [api.name, api] as const))(
    'sends the operations of %s with success, without anything entered',
    async (name, api) => {
      const page = await browser.newPage();
      await page.goto(`${server.url}/docs/${name}/try/`);
      const failed: string[] = [];
      const operations = listOperations(api);
      for (const { operation } of operations) {
        const { operationId } = operation;
        let status = await send(page, operationId);
        if (!/^[23]/.test(status)) {
          // An operation before it may have deleted what it is about.
          await fetch(`${server.url}/sandbox/reset`, { method: 'POST' });
          status = await send(page, operationId);
        }
        if (!/^[23]/.test(status)) failed.push(`${operationId} ${status}`);
        if ((await hook(page, 'verdict').getAttribute('data-verdict')) !== 'ok') failed.push(`${operationId} verdict`);
      }
      await page.close();
      expect(failed.length / operations.length, failed.join(', ')).toBeLessThanOrEqual(0.05);
    },
    120_000,
  );
});
