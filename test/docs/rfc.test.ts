import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statuses } from '../../src/docs/rfc/requirement.ts';
import { standards } from '../../src/docs/rfc/requirements.ts';
import { startServer, type TestServer } from '../support/server.ts';

const all = standards.flatMap(({ name, requirements }) => requirements.map((one) => ({ name, ...one })));

describe('the requirements of the standards', () => {
  it('are more than 120, each standard has some, and no text stands twice in one', () => {
    expect(all.length).toBeGreaterThanOrEqual(120);
    for (const { name, requirements } of standards) {
      expect([name, requirements.length]).not.toEqual([name, 0]);
      for (const language of ['zh', 'en'] as const) {
        const texts = requirements.map(({ text }) => text[language]);
        expect([name, texts.filter((text, index) => texts.indexOf(text) !== index)]).toEqual([name, []]);
      }
    }
  });

  it.each(all)('$name, $section: $text.en', ({ section, status, reason, test, source, text }) => {
    expect(section).toMatch(/^\d+(\.\d+)*$/);
    expect(statuses).toContain(status);
    expect(text.zh).toMatch(/\p{Script=Han}.*。$/u);
    expect(text.en).toMatch(/^[^\p{Script=Han}]+\.$/u);
    if (status === 'held') expect([test, source].filter(Boolean)).toHaveLength(1);
    else expect(reason).toEqual({ zh: expect.stringMatching(/.。$/u), en: expect.stringMatching(/^[A-Z`].*\.$/) });
    if (source !== undefined) expect(readFileSync(source, 'utf8')).not.toBe('');
    if (test === undefined) return;
    const [, file, title] = /^(test\/[\w/-]+\.test\.ts) > (.+)$/.exec(test) ?? [];
    const code = readFileSync(file as string, 'utf8');
    const quoted = [`"${title}",`, `'${title?.replaceAll("'", "\\'")}',`];
    expect([test, quoted.some((one) => code.includes(one))]).toEqual([test, true]);
  });
});

describe('the pages about the standards', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  it.each(['rfc', 'rfc/en', 'en/rfc'])('have all rows at /docs/%s/, and in Markdown', async (folder) => {
    const response = await fetch(`${server.url}/docs/${folder}/`);
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain(`<html lang="${folder === 'rfc' ? 'zh-CN' : 'en'}">`);
    expect(page.match(/<tr><td>/g)).toHaveLength(all.length);
    for (const { name, requirements } of standards) {
      const counts = statuses.map((status) => requirements.filter((one) => one.status === status).length);
      expect(page).toContain(`>${name}</a></th>${counts.map((count) => `<td>${count}</td>`).join('')}</tr>`);
    }
    const markdown = await fetch(`${server.url}/docs/${folder}.md`);
    expect([markdown.status, markdown.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8']);
    const text = await markdown.text();
    expect(text.match(/^\| \d[\d.]* \| (MUST|SHOULD)/gm)).toHaveLength(all.length);
    const asked = await fetch(`${server.url}/docs/${folder}/`, { headers: { Accept: 'text/markdown' } });
    expect(await asked.text()).toBe(text);
  });

  it('are linked from the front pages and named in both READMEs', async () => {
    expect(await (await fetch(`${server.url}/docs/`)).text()).toContain('href="rfc/index.html"');
    expect(await (await fetch(`${server.url}/docs/en/`)).text()).toContain('href="../rfc/en/index.html"');
    expect(readFileSync('README.md', 'utf8')).toContain('/docs/rfc/en/');
    expect(readFileSync('README.zh-CN.md', 'utf8')).toContain('/docs/rfc/');
  });
});
