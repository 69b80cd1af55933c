import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { look } from '../support/phone.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { causeMessage, control, type MadeWorld, makeWorld, signIn, statusOf } from './control.ts';

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startServer();
  url = server.url;
});
afterAll(() => server?.close());

const getConsole = async (base: string, query = '', language = 'zh') =>
  (await fetch(`${base}/${query}`, { headers: { Accept: 'text/html', 'Accept-Language': language } })).text();

describe('the console', () => {
  it('has the requests in its first HTML, filtered by its query', async () => {
    const { base_url: base } = await makeWorld(url);
    expect(await getConsole(base)).toContain('还没有请求');
    const token = await signIn(base);
    await statusOf(base, token);
    await statusOf(base, 'wrong');
    const page = await getConsole(base);
    expect(page.match(/<li id="r\d+"/g)).toEqual(['<li id="r3"', '<li id="r2"', '<li id="r1"']);
    expect(page).not.toContain(token);
    const rows = async (query: string) => (await getConsole(base, query)).match(/(?<=<li id=")r\d+/g) ?? [];
    expect(await rows('?q=TOKEN')).toEqual(['r1']);
    expect(await rows('?outcome=4xx')).toEqual(['r3']);
    expect(await rows('?outcome=broken')).toEqual(['r3']);
    expect(await rows('?outcome=2xx&q=member')).toEqual(['r2']);
    expect(await rows('?outcome=faulty')).toEqual([]);
    expect(await rows('?api=ucenter')).toEqual([]);
    expect(await rows('?api=tower&outcome=unknown')).toHaveLength(3);
  });

  it('shows one request with its verdict, the line of the contract and a curl command', async () => {
    const { base_url: base } = await makeWorld(url);
    await statusOf(base, 'wrong');
    const page = await getConsole(base, '?request=r1', 'en');
    expect(page).toMatch(/<dialog id="detail"[^>]* open>/);
    expect(page).toMatch(/openapi\/tower\/paths\/[^<]+\.yaml:\d+/);
    expect(page).toContain('Bearer $TOKEN');
    expect(await getConsole(base, '?request=r99', 'en')).toContain('no longer in the log');
    expect(await getConsole(base, '?request=other', 'en')).not.toMatch(/<dialog id="detail"[^>]* open>/);
  });

  it('does not say of a body that was not read that there was none', async () => {
    const { base_url: base } = await makeWorld(url);
    await statusOf(base, 'wrong');
    const headers = { Authorization: 'Bearer wrong', 'Content-Type': 'application/json' };
    await fetch(`${base}/tower/api/v1/teams/any/projects`, { method: 'POST', headers, body: '{"project":{}}' });
    expect(await getConsole(base, '?request=r1', 'en')).toContain('No body');
    expect(await getConsole(base, '?request=r2', 'en')).toContain('The body is not kept');
  });

  it('speaks one language at a time, also of the APIs', async () => {
    const chinese = await getConsole(url, '', 'zh');
    expect(chinese).toContain('<html lang="zh-CN">');
    expect(chinese).toContain('即时通讯');
    const english = await getConsole(url, '?lang=en', 'zh');
    expect(english).toContain('<html lang="en">');
    // The demo data are Chinese in both languages.
    const parts =
      english
        .replace(/ data-copy="[^"]*"/g, '')
        .match(/<(h[123]|button|label|summary|nav|title)\b[^>]*>[\s\S]*?<\/\1>|<li id="tower">.*/g) ?? [];
    expect(parts.filter((part) => /[\u4e00-\u9fff]/.test(part.replace(/契约?/g, '')))).toEqual([]);
    expect(parts.join()).toContain('Tower');
  });

  it('shows people and applications of seeds beside those of the demo data', async () => {
    const { base_url: base } = await makeWorld(url);
    const seeded = await control(base, 'POST', '/seed', {
      tower: { users: [{ ref: 'ada', username: 'ada@example.com', nickname: 'Ada' }] },
      gobelieve: { apps: [{ ref: 'diary', name: 'Diary' }] },
    });
    expect(seeded.status).toBe(201);
    const { credentials } = (await seeded.json()) as { credentials: { gobelieve: { apps: [{ appsecret: string }] } } };
    const page = await getConsole(base);
    expect(page).toContain('Ada <code>ada</code>');
    expect(page).toContain('<code>diary</code>');
    expect(page).toContain(credentials.gobelieve.apps[0].appsecret);
  });

  it('shows a world below its own address', async () => {
    const { id, base_url: base } = await makeWorld(url);
    const page = await getConsole(base);
    expect(page).toContain(`${base}/tower`);
    expect(page).toContain(id);
    expect(page).not.toContain('id="worlds"');
    expect(await getConsole(url)).toContain(`href="w/${id}/"`);
  });

  it('is not there without a sandbox', async () => {
    const other = await startServer({ QIYUE_SANDBOX: '0' });
    try {
      const page = await getConsole(other.url, '', 'en');
      expect(page).toContain('href="docs/tower/en/"');
      expect(page).toContain('GoBelieve instant messaging');
      expect(page).not.toMatch(/secret|sandbox/);
      expect((await fetch(`${other.url}/sandbox/events`)).status).toBe(404);
    } finally {
      await other.close();
    }
  });
});

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  violations: { id: string; nodes: { html: string }[] }[];
}

/** The violations that axe-core finds on a page. Its script needs no permission of the page's policy here. */
async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const results = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as AxeResults;
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

describe.skipIf(!hasChromium)(`the console in Chromium${whySkipped}`, () => {
  let chrome: Browser;
  beforeAll(async () => {
    chrome = await launchChromium();
  });
  afterAll(() => chrome?.close());

  /** Opens the console of a new world, and afterwards checks that the browser has no other complaints than expected. */
  async function withConsole(
    { width = 1280, locale = 'en-US', dark = false, expected = /^$/ },
    use: (page: Page, world: MadeWorld) => Promise<void>,
    world?: MadeWorld,
  ): Promise<void> {
    const opened = world ?? (await makeWorld(url));
    const context = await chrome.newContext({
      viewport: { width, height: 900 },
      locale,
      colorScheme: dark ? 'dark' : 'light',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const complaints: string[] = [];
    try {
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on(
        'console',
        (message) => message.type() === 'error' && !expected.test(message.text()) && complaints.push(message.text()),
      );
      await page.goto(`${opened.base_url}/`);
      await page.locator('.live[data-state=open]').waitFor();
      await use(page, opened);
    } finally {
      await context.close();
    }
    expect(complaints).toEqual([]);
  }

  it('shows requests, messages and tokens as they come, and keeps the focus', () =>
    withConsole({}, async (page, { base_url: base }) => {
      const token = await signIn(base);
      await page.locator('#r1').waitFor();
      await page.locator('#r1 a').focus();
      await statusOf(base, token);
      await page.locator('#r2').waitFor();
      expect(await page.evaluate(() => document.activeElement?.closest('li')?.id)).toBe('r1');
      await page.keyboard.press('ArrowUp');
      expect(await page.evaluate(() => document.activeElement?.closest('li')?.id)).toBe('r2');
      expect(await page.locator('#tokens li').first().textContent()).toContain('tower');
      await causeMessage(base);
      await page.locator('#outbox output').waitFor();
    }));

  it('shows people of a seed as they are made, below accounts that are open', () =>
    withConsole({}, async (page, { base_url: base }) => {
      await page.locator('#tower summary').first().click();
      await control(base, 'POST', '/seed', { tower: { users: [{ ref: 'ada', username: 'ada@example.com' }] } });
      await page.locator('#tower code:visible', { hasText: /^ada$/ }).waitFor();
    }));

  it('says that its world has ended, with a link to the front page', () =>
    withConsole({ expected: /status of 404/ }, async (page, { id }) => {
      await control(url, 'DELETE', `/worlds/${id}`);
      const home = page.locator('.live[data-state=ended] a', { hasText: 'This world has ended' });
      await home.click();
      await page.waitForURL(`${url}/`);
    }));

  it('keeps filter and opened request when the language changes', () =>
    withConsole({}, async (page, { base_url: base }) => {
      await statusOf(base, 'wrong');
      await page.locator('#r1').waitFor();
      await page.locator('[name=q]').fill('member');
      await page.locator('[hreflang]').click();
      await page.waitForURL(/\?q=member&lang=zh$/);
      await page.goto(`${base}/?q=member&request=r1&lang=en`);
      expect(await page.locator('[hreflang]').getAttribute('href')).toBe('?q=member&request=r1&lang=zh');
    }));

  it('filters, opens a request by the keyboard, copies its command and makes a fault of it', () =>
    withConsole({}, async (page, { base_url: base }) => {
      const token = await signIn(base);
      await statusOf(base, token);
      await page.locator('#r2').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('member');
      await page.locator('#r1').waitFor({ state: 'detached' });
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const detail = page.locator('#detail:modal');
      await detail.waitFor();
      expect(await detail.locator('h2').textContent()).toContain('getCurrentMember');
      const copy = detail.locator('[data-copy]');
      await copy.click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('Bearer $TOKEN');
      await detail.locator('summary', { hasText: 'Make such calls fail' }).click();
      await detail.locator('[name=status]').selectOption('503');
      await detail.locator('[name=times]').fill('1');
      await detail.locator('.fault button').click();
      await detail.waitFor({ state: 'detached' });
      await page.locator('#faults li').waitFor();
      expect([await statusOf(base, token), await statusOf(base, token)]).toEqual([503, 200]);
      await page.locator('#faults [data-method=DELETE]').click();
      await page.locator('#faults li').waitFor({ state: 'detached' });
      expect(await (await control(base, 'GET', '/faults')).json()).toEqual([]);
    }));

  it('makes a fault with an error number of the operation', () =>
    withConsole({}, async (page, { base_url: base }) => {
      const getAppInfo = async () =>
        (await fetch(`${base}/ppmessage/api/PP_GET_APP_INFO`, { method: 'POST' })).json() as Promise<object>;
      await getAppInfo();
      await page.locator('#r1 a').click();
      const detail = page.locator('#detail:modal');
      await detail.locator('summary', { hasText: 'Make such calls fail' }).click();
      await detail.locator('[name=code]').selectOption('13');
      await detail.locator('.fault button').click();
      await page.locator('#faults li').waitFor();
      expect(await getAppInfo()).toMatchObject({ error_code: '13' });
    }));

  it('says what the control API has against a fault', () =>
    withConsole({ expected: /status of 400/ }, async (page, { base_url: base }) => {
      await statusOf(base, 'wrong');
      await page.locator('#r1 a').click();
      const detail = page.locator('#detail:modal');
      await detail.locator('summary', { hasText: 'Make such calls fail' }).click();
      await detail.locator('[name=status]').selectOption('404');
      await detail.locator('[name=drop]').selectOption('before');
      const refused = page.waitForResponse((response) => response.status() === 400);
      await detail.locator('.fault button').click();
      await refused;
      await expect.poll(() => detail.locator('[role=alert]').textContent()).toContain('drop cannot be given');
      await page.keyboard.press('Escape');
      await detail.waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.closest('li')?.id)).toBe('r1');
    }));

  it('moves the clock to the expiry of a token, lets tokens expire and revokes them', () =>
    withConsole({}, async (page, { base_url: base }) => {
      const first = await signIn(base);
      const [{ id }] = (await (await control(base, 'GET', '/tokens?limit=1')).json()) as [{ id: string }];
      const item = page.locator(`#${id}`);
      await item.waitFor();
      await page.locator('#clock button', { hasText: 'expiry' }).click();
      await page.locator('#clock', { hasText: 'ahead by' }).waitFor();
      expect(await statusOf(base, first)).toBe(401);
      await page.locator('#clock button', { hasText: 'Back to real time' }).click();
      await page.locator('#clock', { hasText: 'ahead by' }).waitFor({ state: 'detached' });
      expect(await statusOf(base, first)).toBe(200);
      await item.locator('button', { hasText: 'Expire now' }).click();
      await item.getByText('expired', { exact: true }).waitFor();
      expect(await statusOf(base, first)).toBe(401);
      const revoke = item.locator('[data-method=DELETE]');
      await revoke.click();
      await revoke.click();
      await item.waitFor({ state: 'detached' });
    }));

  it('makes, resets and ends worlds from outside', async () => {
    const outside = { id: '', base_url: url, expires_at: '' };
    const has = async (id: string | null) =>
      ((await (await control(url, 'GET', '/worlds')).json()) as MadeWorld[]).some((world) => world.id === id);
    await withConsole(
      {},
      async (page) => {
        const known = await page.locator('#worlds li').count();
        await page.locator('#worlds button', { hasText: 'New world' }).click();
        const made = page.locator('#worlds li').nth(known);
        const id = await made.locator('code').textContent();
        expect(await has(id)).toBe(true);
        const base = `${url}/w/${id}`;
        const token = await signIn(base);
        // A press asks for another one within three seconds, so both are in one step.
        const pressTwice = (path: string) =>
          page.evaluate((selector) => {
            for (let press = 0; press < 2; press += 1) document.querySelector<HTMLElement>(selector)?.click();
          }, `#worlds button[data-path="${path}"]`);
        await pressTwice(`w/${id}/sandbox/reset`);
        await expect.poll(() => statusOf(base, token)).toBe(401);
        await pressTwice(`worlds/${id}`);
        await expect.poll(() => has(id)).toBe(false);
      },
      outside,
    );
  });

  it('keeps the question of a button when news replace it', async () => {
    const { id, base_url: base } = await makeWorld(url);
    const token = await signIn(base);
    await withConsole(
      {},
      async (page) => {
        // The time of the page stands still but for what the test lets pass.
        await page.clock.install();
        await page.clock.pauseAt(new Date(Date.now() + 3_600_000));
        const reset = page.locator(`#worlds button[data-path="w/${id}/sandbox/reset"]`);
        await reset.click();
        await reset.evaluate((button) => button.setAttribute('data-old', ''));
        // A use of the world changes the time of its end, which the page shows.
        expect(await statusOf(base, token)).toBe(200);
        await page.locator('.filter').dispatchEvent('input');
        const replaced = async () => {
          await page.clock.runFor(20);
          return (await page.locator('#worlds button[data-old]').count()) === 0;
        };
        await expect.poll(replaced, { timeout: 15_000 }).toBe(true);
        await reset.click();
        await expect.poll(() => statusOf(base, token)).toBe(401);
      },
      { id: '', base_url: url, expires_at: '' },
    );
  });

  it.each([
    ['zh-CN', 375, false],
    ['en-US', 375, true],
    ['zh-CN', 1280, true],
    ['en-US', 1280, false],
  ])('has no violations for axe-core (%s, %i px wide, dark: %s)', (locale, width, dark) =>
    withConsole({ locale, width, dark }, async (page, { base_url: base }) => {
      await statusOf(base, await signIn(base));
      await statusOf(base, 'wrong');
      await causeMessage(base);
      await control(base, 'POST', '/faults', { api: 'tower', status: 503, delay: '10ms' });
      await page.locator('#faults li').waitFor();
      await page.locator('#outbox output').waitFor();
      for (const summary of await page.locator('#tower summary').all()) await summary.click();
      await look(page, `console ${locale} ${width}`);
      expect(await violationsOn(page)).toEqual([]);
      await page.locator('#r3 a').click();
      await page.locator('#detail:modal').waitFor();
      for (const summary of await page.locator('#detail summary').all()) await summary.click();
      await look(page, `console-request ${locale} ${width}`);
      expect(await violationsOn(page)).toEqual([]);
    }),
  );
});
