import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import express from 'express';
import helmet from 'helmet';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { Context } from '../../src/context.ts';
import { noServer } from '../../src/docs/addresses.ts';
import { serveDocs } from '../../src/docs/serve.ts';
import { writeDocs } from '../../src/docs/write.ts';
import type { Api } from '../../src/http/api.ts';
import type { Contract } from '../../src/http/contract.ts';
import { projectRoot } from '../../src/root.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';

const contract = JSON.parse(readFileSync(join(projectRoot(), 'generated', 'tower.json'), 'utf8')) as Contract;
const apis = [{ name: 'tower', contract }] as unknown as Api[];
const summary = contract.paths['/oauth/token']?.post?.summary ?? '';

/** A contract whose own words are also labels of Redoc. */
const words = {
  openapi: '3.1.0',
  info: { title: '标签', version: '1' },
  tags: [{ name: 'tests' }],
  paths: {
    '/test': {
      post: {
        operationId: 'test',
        tags: ['tests'],
        summary: '试验',
        description: '`Security`\n\nCopy',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                oneOf: [
                  { title: 'Request', type: 'object', properties: { details: { type: 'string' } } },
                  { title: 'Response', type: 'object' },
                ],
              },
            },
          },
        },
        responses: { 200: { description: '好。' } },
      },
    },
  },
};

const context = { config: readConfig(apis, {}) } as Context;

let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer(
    express()
      .use(helmet())
      .use('/docs', serveDocs(apis, context))
      .use('/words', serveDocs([{ name: 'words', contract: words }] as unknown as Api[], context)),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(origin + path, { headers, redirect: 'manual' });
/** Without decoding. */
async function getRaw(path: string, encoding: string): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  const [response] = (await once(
    request(origin + path, { headers: { 'Accept-Encoding': encoding } }).end(),
    'response',
  )) as [IncomingMessage];
  return { headers: response.headers, body: await buffer(response) };
}
/** The path of Redoc's script, from the page that loads it. */
async function redocPath(): Promise<string> {
  const [, path] = /<script src="([^"]*redoc[^"]*)"/.exec(await (await get('/docs/tower/')).text()) ?? [];
  return new URL(path ?? '', `${origin}/docs/tower/`).pathname;
}
const summaryOf = async (path: string) =>
  ((await (await get(path)).json()) as Contract).paths['/oauth/token']?.post?.summary;

describe('the documentation over HTTP', () => {
  it('has a front page whose links all work', async () => {
    const response = await get('/docs/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    const links = Array.from((await response.text()).matchAll(/<a[^>]* href="([^"]+)"/g), ([, link]) => link as string);
    expect(links).toEqual([
      'index.html',
      'en/index.html',
      'tower/index.html',
      'tower/guides/first-request/index.html',
      'tower/index.html',
      'tower/readings/index.html',
      'tower/changelog/index.html',
      'tower/evidence/index.html',
      'tower/openapi.json',
      'security/index.html',
      'clients/index.html',
      'rfc/index.html',
      'scale/index.html',
    ]);
    for (const link of links) expect((await get(`/docs/${link}`)).status).toBe(200);
  });

  it('redirects the address of a folder to the one with a slash', async () => {
    for (const path of ['/docs', '/docs/tower', '/docs/tower/en?from=here']) {
      const response = await get(path);
      const target = new URL(response.headers.get('location') ?? '', origin + path);
      expect([response.status, target.pathname]).toEqual([302, `${path.split('?')[0]}/`]);
      expect((await fetch(target)).status).toBe(200);
    }
  });

  it('serves the contract in both languages', async () => {
    expect(await summaryOf('/docs/tower/openapi.json')).toBe(summary);
    const english = await summaryOf('/docs/tower/en/openapi.json');
    expect(english).toMatch(/^[\x20-\x7e]+$/);
  });

  it('answers 304 for a page that has not changed', async () => {
    for (const path of ['/docs/', '/docs/tower/', '/docs/tower/openapi.json']) {
      const first = await get(path);
      expect([path, first.status, first.headers.get('cache-control')]).toEqual([path, 200, 'no-cache']);
      const again = await get(path, { 'If-None-Match': first.headers.get('etag') ?? '' });
      expect([path, again.status]).toEqual([path, 304]);
    }
  });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('sends %s to clients that read it', async (encoding, decode) => {
    for (const path of ['/docs/', '/docs/tower/', '/docs/tower/openapi.json', await redocPath()]) {
      const plain = await getRaw(path, 'identity');
      const encoded = await getRaw(path, encoding);
      expect([path, encoded.headers['content-encoding'], plain.headers['content-encoding']]).toEqual([
        path,
        encoding,
        undefined,
      ]);
      for (const { headers } of [plain, encoded]) expect(headers.vary).toContain('Accept-Encoding');
      expect(encoded.headers.etag).not.toBe(plain.headers.etag);
      expect(decode(encoded.body).equals(plain.body)).toBe(true);
    }
  });

  it('names scripts by their content, so that browsers keep them', async () => {
    const path = await redocPath();
    expect(path).toMatch(/\/redoc\.[\w-]{16}\.js$/);
    expect((await get(path)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    // Of another version there is only the newest one, which must not be kept.
    const other = await get(path.replace(/\.[\w-]{16}\./, '.0000000000000000.'));
    expect([other.status, other.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  });

  it('sends a reference with less than 900 kB', async () => {
    const page = await getRaw('/docs/tower/', 'br');
    const redoc = await getRaw(await redocPath(), 'br');
    expect(page.body.length + redoc.body.length).toBeLessThan(900_000);
  });

  it('returns 404 for any other path', async () => {
    for (const path of ['/docs/nothing', '/docs/tower/nothing.js', '/docs/tower/../../package.json'])
      expect((await get(path)).status).toBe(404);
  });
});

describe.skipIf(!hasChromium)(`the documentation in a browser${whySkipped}`, () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qiyue-docs-'));
    await writeDocs(folder, apis, noServer);
    browser = await launchChromium();
  }, 30_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** Expects that a page shows these texts, loads nothing from another origin and runs without errors. */
  async function expectPage(url: string, ...texts: string[]): Promise<void> {
    const page = await browser.newPage();
    const requests: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(url);
    for (const text of texts) await page.getByText(text).locator('visible=true').first().waitFor();
    await page.waitForLoadState('networkidle');
    await page.close();
    const own = url.startsWith('file:') ? 'file:' : `${origin}/`;
    expect(requests.filter((target) => !target.startsWith(own) && !/^(data|blob):/.test(target))).toEqual([]);
    expect(errors).toEqual([]);
  }

  it.each(['evidence', 'en/evidence', 'guides', 'en/guides/oauth', 'try'])(
    'fits %s onto a phone, with the way to the reference',
    async (path) => {
      const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
      await page.goto(`${origin}/docs/tower/${path}/`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
      expect(
        await page
          .getByRole('navigation')
          .getByText(/^(参考|Reference)$/)
          .isVisible(),
      ).toBe(true);
      await page.close();
    },
  );

  it.each(['over HTTP', 'from a file'])(
    'shows an operation in both languages %s',
    async (how) => {
      const base = how === 'from a file' ? pathToFileURL(folder).href : `${origin}/docs`;
      const english = (await summaryOf('/docs/tower/en/openapi.json')) ?? '';
      await expectPage(`${base}/index.html`, contract.info.title);
      const [chinesePage, englishPage] = ['tower', 'tower/en'].map(
        (path) => `${base}/${path}/index.html#/tokens/createtoken`,
      ) as [string, string];
      await expectPage(chinesePage, summary, '必填', '响应', '搜索', '可取的值：', '依据：Tower 指南');
      await expectPage(`${base}/security/index.html`, '文档要求的薄弱之处');
      await expectPage(`${base}/security/en/index.html`, 'Weak, and prescribed by a document');
      await expectPage(`${base}/clients/index.html`, '通用的 OAuth 程序');
      await expectPage(`${base}/clients/en/index.html`, 'General OAuth clients');
      await expectPage(`${base}/scale/index.html`, '什么时候加什么');
      await expectPage(`${base}/scale/en/index.html`, 'What to add when');
      await expectPage(englishPage, english, 'required', 'Responses', 'Search', 'Enum:', 'Source: Tower guide');
    },
    60_000,
  );

  it('translates the labels of Redoc and no words of the contract', async () => {
    const page = await browser.newPage();
    await page.goto(`${origin}/words/words/index.html#/tests/test`);
    for (const label of ['请求', '响应', '必填']) await page.getByText(label, { exact: true }).first().waitFor();
    const shown = (await page.locator('#redoc').innerText()).match(/\b(Request|Response|details|Copy|Security)\b/g);
    // In the description, as the names of variants, and as a property.
    expect(shown?.sort()).toEqual(['Copy', 'Request', 'Response', 'Security', 'details']);
    await page.close();
  });
});
