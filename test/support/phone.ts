import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

/** A folder for a screenshot of every page. */
const pictures = process.env.PAGE_PICTURES;

export interface Phone {
  javaScriptEnabled: boolean;
  /** The origins from which the pages may fetch. */
  origins: readonly string[];
  /** Defaults to zh-CN. */
  locale?: string;
  /** Console errors that the test expects: a browser logs every page with an error status. */
  expected?: RegExp;
}

/** Opens a page on a phone, 375 px wide. Afterwards checks the console errors and the requests. */
export async function withPhone(
  chrome: Browser,
  { javaScriptEnabled, origins, locale = 'zh-CN', expected = /^$/ }: Phone,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const viewport = { width: 375, height: 812 };
  const context = await chrome.newContext({ viewport, deviceScaleFactor: 2, javaScriptEnabled, locale });
  const errors: string[] = [];
  const elsewhere: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !expected.test(message.text()))
        errors.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('request', (request) => {
      if (!origins.includes(new URL(request.url()).origin)) elsewhere.push(request.url());
    });
    await use(page);
  } finally {
    await context.close();
  }
  expect(errors).toEqual([]);
  expect(elsewhere).toEqual([]);
}

/**
 * Checks that nothing overflows, every field has a label and every button is large enough for a finger.
 *
 * @param name of the screenshot
 */
export async function look(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  const seen = await page.evaluate(() => {
    const wide = document.documentElement;
    const fields = [...document.querySelectorAll<HTMLInputElement>('input:not([type=hidden]), textarea')];
    const buttons = [...document.querySelectorAll<HTMLButtonElement>('form button')].filter(
      ({ offsetParent }) => offsetParent !== null,
    );
    return {
      overflow: wide.scrollWidth - wide.clientWidth,
      unlabelled: fields.filter(({ labels, ariaLabel }) => !labels?.length && !ariaLabel).map(({ name }) => name),
      small: buttons
        .filter((button) => button.getBoundingClientRect().height < 32)
        .map(({ textContent }) => textContent),
      title: document.title,
      language: wide.lang,
      headings: document.querySelectorAll('h1').length,
    };
  });
  expect(seen, name).toMatchObject({ overflow: 0, unlabelled: [], small: [], headings: 1 });
  expect(seen.title).toMatch(/\S/);
  expect(seen.language).toMatch(/^(zh-CN|en)$/);
}
