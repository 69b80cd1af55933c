import type { Browser } from 'playwright-core';
import { apis } from '../../src/app.ts';
import { operationFragment } from '../../src/docs/page.ts';
import { listOperations } from '../../src/docs/samples/example.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { Server } from './server.ts';

/** A phone on a slow network. */
const LATENCY_MS = 150;
const BYTES_PER_SECOND = 1_600_000 / 8;

const RUNS = 3;

export interface PhoneFigures {
  api: string;
  operation: string;
  /** Until the operation's own text is visible, from the click on a link to it: the median. */
  visibleMs: number;
}

/** How long a reader on a phone waits for the text of one operation in each reference. Empty without Chromium. */
export async function phone(): Promise<PhoneFigures[]> {
  if (!hasChromium) return [];
  const server = await new Server('./product.ts', []).start();
  const browser = await launchChromium();
  const figures: PhoneFigures[] = [];
  try {
    for (const api of apis) {
      // The last one is the farthest from the top of the page.
      const operation = listOperations(api).at(-1)?.operation;
      if (operation === undefined) continue;
      const url = `http://127.0.0.1:${server.port}/docs/${api.name}/#${operationFragment(operation)}`;
      // The first reader of a page waits until it is made.
      await fetch(url);
      const times: number[] = [];
      for (let run = 0; run < RUNS; run++) times.push(await timeUntilVisible(browser, url, operation.summary ?? ''));
      const visibleMs = times.sort((a, b) => a - b)[RUNS >> 1] ?? Number.NaN;
      figures.push({ api: api.name, operation: operation.operationId, visibleMs });
    }
  } finally {
    await browser.close();
    server.child.disconnect();
  }
  return figures;
}

async function timeUntilVisible(browser: Browser, url: string, text: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 375, height: 812 }, isMobile: true, hasTouch: true });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: LATENCY_MS,
      downloadThroughput: BYTES_PER_SECOND,
      uploadThroughput: BYTES_PER_SECOND,
    });
    const started = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    await page.getByText(text, { exact: true }).locator('visible=true').first().waitFor();
    return performance.now() - started;
  } finally {
    await context.close();
  }
}

export function phoneTable(figures: readonly PhoneFigures[]): string {
  if (figures.length === 0) return `The docs on a phone${whySkipped}`;
  return [
    `| docs on a phone (${LATENCY_MS} ms, ${(BYTES_PER_SECOND * 8) / 1e6} Mbit/s) | ms until the operation’s text |`,
    '| --- | ---: |',
    ...figures.map(({ api, operation, visibleMs }) => `| ${api}: ${operation} | ${visibleMs.toFixed(0)} |`),
  ].join('\n');
}
