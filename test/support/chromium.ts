import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { describe, it } from 'vitest';
import { describeSqlite, type TestDatabases } from './databases.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const hasChromium = existsSync(executablePath);

/** For the title of a suite that is skipped without a browser. */
export const whySkipped = hasChromium ? '' : ` (skipped: there is no Chromium at ${executablePath}; set CHROMIUM)`;

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });

/** Runs a suite when there is a browser, on SQLite: a browser sees no difference between the databases. */
export const describeInChromium = (title: string, suite: (databases: TestDatabases) => void): void => {
  if (hasChromium) describeSqlite(title, suite);
  else describe.skip(title + whySkipped, () => it('needs a browser', () => {}));
};

/** A page on another origin, to which users are redirected. */
export async function servePage(html: string): Promise<{ url: string; close(): void }> {
  const server = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
