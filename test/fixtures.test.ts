import type { Browser, BrowserContext, Page } from 'playwright-core';
import { test as base, describe, expect } from 'vitest';
import { resolve } from '../src/client/index.ts';
import { createSandbox, type Sandbox } from '../src/create-sandbox.ts';
import { hasChromium, launchChromium, whySkipped } from './support/chromium.ts';

// The fixtures that README.md shows. Those of @playwright/test are made in the same way.

const test = base.extend<{ sandbox: Sandbox }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of other fixtures from it
  sandbox: async ({}, use) => {
    const sandbox = await createSandbox({ world: true });
    await use(sandbox);
    await sandbox.close();
  },
});

describe('the fixture for vitest', () => {
  test.for([1, 2])('gives each test a world of its own: %i', async (_number, { sandbox }) => {
    const { tower } = await sandbox.as('demo');
    const params = { path: { team_id: sandbox.credentials.tower.team_id } };
    const { data: before } = await tower.GET('/api/v1/teams/{team_id}/projects', { params });
    expect(before && resolve(before).map(({ name }) => name)).not.toContain('年会筹备');
    await tower.POST('/api/v1/teams/{team_id}/projects', { params, body: { project: { name: '年会筹备' } } });
    await sandbox.faults.add({ api: 'tower', operation: 'listProjects', status: 503, times: 1 });
    expect((await tower.GET('/api/v1/teams/{team_id}/projects', { params })).response.status).toBe(503);
  });
});

/** Where the front end looks for the sandbox. */
const ADDRESS = 'http://127.0.0.1:3000';

/** Leads what a page asks for to the world of the test. */
const lead = (context: BrowserContext, sandbox: Sandbox) =>
  context.route(`${ADDRESS}/**`, (route) => {
    const { pathname, search } = new URL(route.request().url());
    return route.continue({ url: `${sandbox.url}${pathname}${search}` });
  });

const browserTest = test.extend<{ browser: Browser; page: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: as above
  browser: async ({}, use) => {
    const browser = await launchChromium();
    await use(browser);
    await browser.close();
  },
  page: async ({ browser, sandbox }, use) => {
    const context = await browser.newContext();
    await lead(context, sandbox);
    await use(await context.newPage());
  },
});

describe.skipIf(!hasChromium)(`the fixture for Playwright${whySkipped}`, () => {
  browserTest('shows the page the world of the test', async ({ page, sandbox }) => {
    await sandbox.clock.freeze('2026-01-05T08:00:00Z');
    await page.goto(`${ADDRESS}/sandbox/clock`);
    expect(await page.innerText('body')).toContain('2026-01-05T08:00:00.000Z');
    await page.goto(`${ADDRESS}/tower/oauth/authorize?client_id=none`);
    const request = await sandbox.requests.waitFor({ api: 'tower', operation: 'showAuthorization' });
    expect(request.status).toBe(400);
  });
});
