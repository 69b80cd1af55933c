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
          await hook(page, 'afresh').click();
          await hook(page, 'status').getByText('–').waitFor();
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

  it('sends the operations of the sandbox, with ids that exist', async () => {
    const page = await browser.newPage();
    const open = (name: string) => page.goto(`${server.url}/docs/${name}/try/`);
    await open('sandbox');
    await send(page, 'resetSandbox');
    await open('tower');
    await send(page, 'getUser');
    await open('sandbox');
    // What makes something comes first, what removes it last.
    const methodsInOrder = ['put', 'post', 'get', 'patch', 'delete'];
    const place = ({ method, path }: (typeof operations)[number]) =>
      methodsInOrder.indexOf(method) + (path === '/worlds/{id}' ? 2 : path.includes('{') ? 0 : 1) / 10;
    const operations = listOperations(sandbox).filter(({ operation }) => operation.operationId !== 'resetSandbox');
    const failed: string[] = [];
    for (const { operation } of operations.sort((a, b) => place(a) - place(b))) {
      const status = await send(page, operation.operationId);
      if (!/^[23]/.test(status)) failed.push(`${operation.operationId} ${status}`);
    }
    await page.close();
    expect(failed).toEqual([]);
  }, 60_000);

  it('leads to the operation that makes what there is none of', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/docs/sandbox/en/try/`);
    expect(await send(page, 'deleteFault')).toMatch(/^404/);
    await page.locator('[data-part=notice] a[href="#createFault"]').click();
    expect(await send(page, 'createFault')).toMatch(/^201/);
    expect(await send(page, 'deleteFault')).toMatch(/^204/);
    await page.close();
  });

  describe('in a world of its own', () => {
    const member = 'getCurrentMember';

    const worldOf = (page: Page) => hook(page, 'world').locator('code').textContent();

    async function open(path = '/docs/tower/try/'): Promise<Page> {
      const page = await (await browser.newContext()).newPage();
      await page.goto(server.url + path);
      return page;
    }

    it('changes nothing for another reader, nor for the sandbox', async () => {
      const [first, second] = [await open(), await open()];
      expect(await hook(first, 'world').textContent()).not.toContain('w/');
      expect(await send(first, 'deleteProject')).toMatch(/^204/);
      expect(await send(first, 'getProject')).toMatch(/^404/);
      expect(await send(second, 'getProject')).toMatch(/^200/);
      expect(await worldOf(first)).not.toBe(await worldOf(second));
      const curl = (await hook(first, 'curl').textContent()) ?? '';
      expect(curl).toContain(`${server.url}/w/${await worldOf(first)}/tower/api/v1/`);
      const [, url = '', token = ''] = /(http[^'\s]+).*Bearer (\w+)/s.exec(curl) ?? [];
      const shared = url.replace(/\/w\/\w+/, '');
      expect((await fetch(shared, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(200);
    });

    it('stays when another page is opened, and is left to start afresh', async () => {
      const page = await open();
      await send(page, member);
      const world = await worldOf(page);
      await page.goto(`${server.url}/docs/ucenter/en/try/`);
      expect(await worldOf(page)).toBe(world);
      await hook(page, 'afresh').click();
      await page.waitForFunction((id) => document.querySelector('[data-try=world] code')?.textContent !== id, world);
      expect((await fetch(`${server.url}/sandbox/worlds/${world}`)).status).toBe(404);
    });

    it('gets another one when it has ended', async () => {
      const page = await open('/docs/tower/en/try/');
      await send(page, member);
      const world = await worldOf(page);
      await fetch(`${server.url}/sandbox/worlds/${world}`, { method: 'DELETE' });
      expect(await send(page, member)).toMatch(/^200/);
      expect(await worldOf(page)).not.toBe(world);
      expect(await hook(page, 'world').textContent()).toContain('The earlier world has ended');
    });

    it('shows redirects that lead into it', async () => {
      const page = await open('/docs/ppmessage/try/');
      expect(await send(page, 'createAuthorization')).toMatch(/^30/);
      await page.goto(`${server.url}/docs/tower/try/`);
      expect(await send(page, 'createWebhook')).toMatch(/^[23]/);
      expect(await send(page, 'resendWebhookDelivery')).toMatch(/^302/);
      expect(await hook(page, 'answer').textContent()).toContain(`/w/${await worldOf(page)}/tower/app_center/`);
    });
  });

  it('says when the sandbox has no more worlds, and sends to the demo data of everyone', async () => {
    const full = await startServer({ WORLDS: '1' });
    await fetch(`${full.url}/sandbox/worlds`, { method: 'POST' });
    const page = await browser.newPage();
    await page.goto(`${full.url}/docs/tower/en/try/`);
    expect(await send(page, 'getCurrentMember')).toMatch(/^200/);
    expect(await hook(page, 'world').textContent()).toContain('no more worlds');
    expect(await hook(page, 'curl').textContent()).toContain(`${full.url}/tower/`);
    await page.close();
    await full.close();
  });
});
