import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentFiles } from '../../src/docs/documents.ts';
import { readJourneys } from '../../src/docs/journeys.ts';
import { languages } from '../../src/docs/page.ts';
import { startServer, type TestServer } from '../support/server.ts';

const everywhere = [
  'first-request',
  'errors',
  'paging',
  'limits',
  'mock',
  'sandbox',
  'migration',
  'production',
  'files',
];
const guides: Record<string, string[]> = {
  tower: [...everywhere, 'oauth', 'two-step', 'events'],
  ucenter: [...everywhere, 'oauth'],
  ppmessage: [...everywhere, 'oauth', 'events'],
  gobelieve: [...everywhere, 'events'],
};

const read = async (api: string, name: string, language: 'zh' | 'en') => {
  const text = await readFile(documentFiles(api, language).get(`guides/${name}`) as string, 'utf8');
  const journeys = /^---\njourneys: \[(.*)\]\n---\n/.exec(text)?.[1]?.split(', ') ?? [];
  const shown = Array.from(text.matchAll(/```journey\n(.*)\n```/g), ([, id]) => id as string);
  return { text, journeys, shown };
};

describe.each(Object.entries(guides))('the guides of %s', (api, names) => {
  test.each(languages)('are all there in %s', (language) => {
    const found = [...documentFiles(api, language).keys()].filter((path) => path.startsWith('guides/'));
    expect(found.sort()).toEqual(names.map((name) => `guides/${name}`).sort());
  });

  test('say the same in both languages: parts, code and journeys', async () => {
    for (const name of names) {
      const [zh, en] = await Promise.all(languages.map((language) => read(api, name, language)));
      const shape = (text = '') => Array.from(text.matchAll(/^(#+|```\w*|\|)/gm), ([mark]) => mark);
      expect(shape(zh?.text), name).toEqual(shape(en?.text));
      expect(zh?.journeys, name).toEqual(en?.journeys);
    }
  });

  test('show the journeys that they name', async () => {
    for (const name of names) {
      const { journeys, shown } = await read(api, name, 'zh');
      expect(shown, name).toEqual(journeys);
      if (name === 'first-request' || name === 'oauth') expect(journeys.length, name).toBeGreaterThan(0);
    }
  });
});

test('every journey is shown in a guide', async () => {
  const all = Object.entries(guides).flatMap(([api, names]) => names.map((name) => read(api, name, 'zh')));
  const shown = (await Promise.all(all)).flatMap(({ journeys }) => journeys);
  expect(new Set(shown)).toEqual(new Set((await readJourneys('zh')).keys()));
});

describe('the pages of the guides', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  const page = async (path: string) => {
    const answer = await fetch(`${server.url}/docs/${path}`);
    expect(answer.status, path).toBe(200);
    return answer.text();
  };

  test.each(languages)('draw a journey with the path of each of its steps (%s)', async (language) => {
    const folder = language === 'zh' ? 'tower' : 'tower/en';
    const html = await page(`${folder}/guides/oauth/`);
    const journey = (await readJourneys(language)).get('tower-authorization-code');
    const [figure = ''] = /<figure[^>]*data-journey="tower-authorization-code".*?<\/figure>/s.exec(html) ?? [];
    expect(figure).toContain('<svg');
    for (const { method, path, status } of journey?.steps ?? []) {
      expect(figure).toContain(`${method} ${path}`);
      expect(figure).toContain(String(status));
    }
    expect(journey?.steps.length).toBeGreaterThan(3);
  });

  test('name this server and lead to pages that are there', async () => {
    for (const [api, names] of Object.entries(guides)) {
      for (const name of names) {
        const path = `${api}/guides/${name}/`;
        const html = await page(path);
        expect(html.replaceAll('proxy_pass http://127.0.0.1:3000', ''), path).not.toContain('127.0.0.1:3000');
        for (const [, href = ''] of (/<article>.*<\/article>/s.exec(html)?.[0] ?? '').matchAll(/ href="([^"#]+)"/g))
          if (!/^https?:/.test(href)) await page(new URL(href, `http://site/${path}`).pathname.slice(1));
      }
    }
  });

  test.each([
    ['tower', '"type":"members"'],
    ['ucenter', '"roles":'],
    ['ppmessage', '"error_code":0'],
    ['gobelieve', '"success":true'],
  ])('begin with lines that work as they are (%s)', async (api, expected) => {
    const { text } = await read(api, 'first-request', 'en');
    const [, lines = ''] = /```sh\n(.*?)```/s.exec(text) ?? [];
    const script = lines.replaceAll('http://127.0.0.1:3000', server.url);
    const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
    expect(stdout.replaceAll(' ', '')).toContain(expected);
  });
});
