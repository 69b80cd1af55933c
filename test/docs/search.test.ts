import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Context } from '../../src/context.ts';
import { noServer } from '../../src/docs/addresses.ts';
import { operationsOf, readContract } from '../../src/docs/contract.ts';
import { searchBoxScript } from '../../src/docs/frame.ts';
import { type Language, languages } from '../../src/docs/page.ts';
import type { Search } from '../../src/docs/search/engine.ts';
import { openSearch, searchScript } from '../../src/docs/search/script.ts';
import { serveDocs } from '../../src/docs/serve.ts';
import { writeDocs } from '../../src/docs/write.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';

interface Found {
  api: string;
  operation?: string | undefined;
}
const nameOf = ({ api, operation }: Found) => `${api} ${operation}`;

/** The texts that operations have of their own. */
async function describedOperations(language: Language): Promise<(Found & { summary: string; text: string })[]> {
  const described = apis.map(async (api) =>
    operationsOf(await readContract(api, language)).map(
      ({ operation: { operationId, summary = '', description = '' } }) => ({
        api: api.name,
        operation: operationId,
        summary,
        text: `${summary}\n${description}`,
      }),
    ),
  );
  return (await Promise.all(described)).flat();
}

describe('the search', () => {
  const searches = new Map<Language, Search>();
  const search = (language: Language, ...parameters: Parameters<Search>) =>
    searches.get(language)?.(...parameters) ?? [];
  beforeAll(async () => {
    for (const language of languages) searches.set(language, await openSearch(apis, language));
  });

  it('finds every Chinese word of two or more characters at every operation that has it', async () => {
    const operations = await describedOperations('zh');
    const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });
    const words = operations.flatMap(({ text }) => Array.from(segmenter.segment(text), ({ segment }) => segment));
    const terms = new Set(words.filter((word) => /^\p{Script=Han}{2,}$/u.test(word)));
    expect(terms.size).toBeGreaterThan(500);
    let missing = 0;
    for (const term of terms) {
      const places = operations.filter(({ text }) => text.includes(term)).map(nameOf);
      // The operations come before fields and errors, of which there are many more.
      const found = new Set(search('zh', term, { limit: operations.length }).map(nameOf));
      missing += places.filter((place) => !found.has(place)).length;
    }
    expect(missing).toBe(0);
  });

  it.each(languages)('has the operation of a summary among the first three (%s)', async (language) => {
    const operations = await describedOperations(language);
    const isFirst = operations.filter((one) =>
      search(language, one.summary, { limit: 3 }).map(nameOf).includes(nameOf(one)),
    );
    expect(isFirst.length / operations.length).toBeGreaterThan(0.95);
  });

  it('finds operations, parameters, fields, errors, readings and APIs by their names', () => {
    const first = (query: string, language: Language = 'zh', api?: string) =>
      search(language, query, { limit: 1, api })[0];
    expect(first('createTodo')).toMatchObject({ kind: 'operation', api: 'tower', operation: 'createTodo' });
    expect(first('PP_SEND_MESSAGE')).toMatchObject({ api: 'ppmessage', operation: 'sendMessage' });
    expect(first('captcha', 'zh', 'tower')).toMatchObject({ kind: 'field', operation: 'createToken' });
    expect(first('Qiyue-World')).toMatchObject({ api: 'sandbox' });
    expect(first('1001')).toMatchObject({ kind: 'error', api: 'ucenter' });
    expect(first('invalid_grant', 'en', 'tower')).toMatchObject({ kind: 'error', operation: 'createToken' });
    expect(first('T-12')).toMatchObject({ kind: 'reading', url: 'tower/readings/index.html#t-12' });
    expect(first('T-12', 'en')).toMatchObject({ url: 'tower/en/readings/index.html#t-12' });
    expect(first('ucenter')).toMatchObject({ kind: 'api', api: 'ucenter' });
  });

  it('finds the limits by the word for limits of rate', () => {
    const titles = (query: string, language: Language) =>
      search(language, query, { limit: 3 }).map(({ url }) => url.replace(/^\w+\//, ''));
    expect(titles('限流', 'zh')).toContain('guides/limits/index.html');
    expect(titles('rate limit', 'en')).toContain('en/guides/limits/index.html');
  });

  it('forgives what no text has', () => {
    expect(search('zh', '怎样重置密码？')[0]).toMatchObject({ api: 'ucenter', operation: 'updatePassword' });
    expect(search('en', 'refesh_token').length).toBeGreaterThan(0);
    expect(search('zh', 'ＡＣＣＥＳＳ_ＴＯＫＥＮ')[0]?.title).toBe('access_token');
    expect(search('zh', '')).toEqual([]);
  });

  it.each([
    ['修改密码', 'ucenter', 'updatePassword'],
    ['短信验证码', 'ucenter', 'sendSmsCode'],
    ['发送短信验证码', 'ucenter', 'sendSmsCode'],
    ['删除群', 'gobelieve', 'dissolveGroup'],
  ])('has an operation whose title says %s in other words among the first three', (query, api, operation) => {
    expect(search('zh', query, { api, limit: 3 })).toContainEqual(expect.objectContaining({ operation }));
  });

  it('prefers the API that the reader is at, among equals', () => {
    const first = (near: string) => search('zh', '撤销令牌', { limit: 1, near })[0];
    expect(['tower', 'ucenter'].map((name) => first(name)?.api)).toEqual(['tower', 'ucenter']);
  });

  it('searches in one API alone', () => {
    const found = search('zh', '令牌', { api: 'gobelieve', limit: 1000 });
    expect(new Set(found.map(({ api }) => api))).toEqual(new Set(['gobelieve']));
  });

  it.each(languages)('loads at most 250 kB (%s)', async (language) => {
    const scripts = [await searchBoxScript(), await searchScript(apis, language)];
    const sizes = scripts.map(
      ({ body }) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length,
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(250_000);
  });
});

describe.skipIf(!hasChromium)(`the field of the search${whySkipped}`, () => {
  const some = apis.filter(({ name }) => name === 'tower' || name === 'ucenter');
  let browser: Browser;
  let folder: string;
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qiyue-search-'));
    await writeDocs(folder, apis, noServer);
    server = createServer(express().use('/docs', serveDocs(some, { config: readConfig(some, {}) } as Context)));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launchChromium();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    server.close();
    await rm(folder, { recursive: true });
  });

  const openPage = async (url: string): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(url);
    return page;
  };

  it.each(['', 'en/', 'security/', 'tower/', 'tower/readings/', 'tower/en/changelog/'])(
    'takes the slash on the page %j',
    async (path) => {
      const page = await openPage(`${origin}/docs/${path}`);
      await page.keyboard.press('/');
      const field = page.getByRole('combobox', { name: path.includes('en/') ? 'Search all docs' : '搜索全部文档' });
      await field.and(page.locator(':focus')).waitFor();
      expect(await field.inputValue()).toBe('');
      await page.close();
    },
    30_000,
  );

  it('is used with the keyboard alone, and loads the index when it is used', async () => {
    const page = await browser.newPage();
    const scripts: string[] = [];
    page.on('request', (request) => scripts.push(request.url()));
    await page.goto(`${origin}/docs/tower/readings/`);
    await page.waitForLoadState('networkidle');
    const isIndex = (url: string) => /search\.zh\./.test(url);
    expect(scripts.filter(isIndex)).toEqual([]);
    await page.keyboard.press('/');
    await page.keyboard.type('撤销令牌');
    const field = page.getByRole('combobox');
    const options = page.getByRole('listbox').getByRole('option');
    await options.first().waitFor();
    expect(scripts.filter(isIndex)).toHaveLength(1);
    expect(await field.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    const active = page.locator(`[id="${await field.getAttribute('aria-activedescendant')}"]`);
    expect(await active.getAttribute('aria-selected')).toBe('true');
    expect(await active.textContent()).toContain('撤销令牌');
    await page.keyboard.press('Escape');
    expect(await field.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('Control+k');
    await options.first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/tokens\/revoketoken$/);
    await page.close();
  }, 30_000);

  it('opens instead of the search of Redoc', async () => {
    const page = await openPage(`${origin}/docs/tower/en/`);
    await page.getByTestId('search-trigger').click();
    await page.getByRole('combobox', { name: 'Search all docs' }).and(page.locator(':focus')).waitFor();
    // Nor does the page load again for another operation of the same API.
    await page.evaluate(() => Object.assign(globalThis, { isSame: true }));
    await page.keyboard.type('revoke a token');
    await page.getByRole('option').first().click();
    await page.getByRole('heading', { name: 'Revoke a token' }).first().waitFor();
    expect(await page.evaluate(() => 'isSame' in globalThis)).toBe(true);
    await page.close();
  }, 30_000);

  it.each(['over HTTP', 'from a file'])('is a function, too, %s', async (how) => {
    const root = how === 'over HTTP' ? `${origin}/docs/` : `${pathToFileURL(folder).href}/`;
    const page = await openPage(`${root}security/index.html`);
    const found = await page.evaluate(() => globalThis.qiyueSearch('重置密码', { limit: 2, api: 'ucenter' }));
    expect(found).toHaveLength(2);
    expect(found[0]).toEqual({
      kind: 'operation',
      api: 'ucenter',
      operation: 'updatePassword',
      title: '修改或重置密码',
      url: `${root}ucenter/${how === 'over HTTP' ? '' : 'index.html'}#/users/updatepassword`,
    });
    await page.close();
  });
});
