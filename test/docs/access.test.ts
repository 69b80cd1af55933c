import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Context } from '../../src/context.ts';
import { serveDocs } from '../../src/docs/serve.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';

/** The part of axe-core that the test calls in the page. */
declare const axe: {
  run(context: Document, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
};

describe.skipIf(!hasChromium)(`the pages of the docs${whySkipped}`, () => {
  let axeSource: string;
  let browser: Browser;
  let server: Server;
  let root: string;

  beforeAll(async () => {
    axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    server = createServer(express().use('/docs', serveDocs(apis, { config: readConfig(apis, {}) } as Context)));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/docs/`;
    browser = await launchChromium();
  }, 30_000);
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  /** Opens a page, and waits for Redoc where it is. */
  async function withPage<T>(
    path: string,
    options: BrowserContextOptions,
    use: (page: Page) => Promise<T>,
  ): Promise<T> {
    const context = await browser.newContext({ bypassCSP: true, ...options });
    try {
      const page = await context.newPage();
      await page.goto(root + path);
      if (options.javaScriptEnabled !== false) await page.locator('#text').waitFor({ state: 'detached' });
      return await use(page);
    } finally {
      await context.close();
    }
  }

  const phone = { width: 360, height: 740 };
  const paths = [
    ...['', 'en/', 'security/', 'rfc/en/', 'tower/readings/', 'ppmessage/en/changelog/'],
    ...['tower/', 'tower/#/tokens/createtoken', 'tower/en/#/members/getcurrentmember', 'gobelieve/#/users'],
  ];

  it.each(paths.flatMap((path) => [[path, 'light'] as const, [path, 'dark'] as const]))(
    'are accessible (WCAG AA): %j, %s',
    async (path, colorScheme) => {
      for (const viewport of [{ width: 1280, height: 800 }, phone]) {
        const violations = await withPage(path, { colorScheme, viewport }, async (page) => {
          await page.evaluate(axeSource);
          return page.evaluate(async () => {
            const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
            const { violations } = await axe.run(document, { runOnly: tags });
            return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
          });
        });
        expect(violations).toEqual([]);
      }
    },
    60_000,
  );

  it.each(paths)(
    'fit on a phone, without headings that are broken inside of a word: %j',
    async (path) => {
      const { broken, isTooWide } = await withPage(path, { viewport: phone }, (page) =>
        page.evaluate(() => {
          const broken: string[] = [];
          for (const heading of document.querySelectorAll('h1, h2, h3')) {
            const texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
              const node = texts.currentNode as Text;
              for (const { 0: word, index } of node.data.matchAll(/[A-Za-z0-9]+/g)) {
                const range = document.createRange();
                range.setStart(node, index);
                range.setEnd(node, index + word.length);
                const lines = new Set(Array.from(range.getClientRects(), ({ top }) => Math.round(top)));
                if (lines.size > 1) broken.push(`${word} in ${heading.textContent}`);
              }
            }
          }
          return { broken, isTooWide: document.documentElement.scrollWidth > innerWidth };
        }),
      );
      expect({ broken, isTooWide }).toEqual({ broken: [], isTooWide: false });
    },
    60_000,
  );

  it('show the text of an operation without JavaScript', async () => {
    const shown = await withPage('tower/en/#/tokens/createtoken', { javaScriptEnabled: false }, (page) =>
      page.locator('#text').innerText(),
    );
    for (const text of [
      'Obtain or refresh an access token',
      'POST /oauth/token',
      'otp_required',
      'Source: Tower guide',
    ])
      expect(shown).toContain(text);
    expect(shown).not.toContain('POST /oauth/revoke');
  });

  it.each(['', 'en/'])('say what the systems are and for whom on one screen: %j', async (path) => {
    await withPage(path, { viewport: { width: 1280, height: 800 } }, async (page) => {
      const bottom = await page.locator('.systems').evaluate((element) => element.getBoundingClientRect().bottom);
      expect(bottom).toBeLessThanOrEqual(800);
      expect(await page.locator('.systems .card p.soft').count()).toBe(apis.length);
    });
  });
});
