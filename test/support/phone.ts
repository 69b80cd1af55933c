import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

/** A folder that gets a picture of every page; for looking at them. */
const pictures = process.env.PAGE_PICTURES;

export interface Phone {
  javaScriptEnabled: boolean;
  /** Where the pages may fetch from. */
  origins: readonly string[];
  /** Defaults to zh-CN. */
  locale?: string;
  /** Complaints that belong to the test: a browser notes every page with a status of refusal. */
  expected?: RegExp;
}

/** Opens a page on a phone, 375 px wide, and looks afterwards at what it complained about and what it fetched. */
export async function withPhone(
  chrome: Browser,
  { javaScriptEnabled, origins, locale = 'zh-CN', expected = /^$/ }: Phone,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const viewport = { width: 375, height: 812 };
  const context = await chrome.newContext({ viewport, deviceScaleFactor: 2, javaScriptEnabled, locale });
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !expected.test(message.text()))
        complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!origins.includes(new URL(request.url()).origin)) elsewhere.push(request.url());
    });
    await use(page);
  } finally {
    await context.close();
  }
  expect(complaints).toEqual([]);
  expect(elsewhere).toEqual([]);
}

/**
 * Nothing sticks out, every field has a label, everything to press is large enough for a finger.
 *
 * @param name of the picture
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
