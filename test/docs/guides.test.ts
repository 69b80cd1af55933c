import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createMockApp } from '../../src/app.ts';
import { documentFiles } from '../../src/docs/documents.ts';
import { readJourneys } from '../../src/docs/journeys.ts';
import { type Language, languages } from '../../src/docs/page.ts';
import { projectRoot } from '../../src/root.ts';
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
  'verify',
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
  let mockServer: Server;
  let mock: string;
  beforeAll(async () => {
    server = await startServer();
    mockServer = createServer(createMockApp(server.context));
    await new Promise<void>((resolve) => mockServer.listen(0, '127.0.0.1', resolve));
    mock = `http://127.0.0.1:${(mockServer.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    mockServer.closeAllConnections();
    mockServer.close();
    await server.close();
  });

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

  test.each(languages)('are listed on a page to which each page of the API leads (%s)', async (language) => {
    for (const api of Object.keys(guides)) {
      const folder = language === 'zh' ? api : `${api}/${language}`;
      const list = await page(`${folder}/guides/`);
      for (const name of guides[api] ?? [])
        expect(list).toContain(
          `href="../../${'../'.repeat(folder.split('/').length - 1)}${folder}/guides/${name}/index.html"`,
        );
      for (const path of ['', 'readings/', 'changelog/', 'try/', 'guides/errors/'])
        expect(await page(`${folder}/${path}`), path).toContain(`/guides/index.html"`);
    }
  });

  /** What the lines of each guide print last. */
  const printed: Record<string, string> = {
    'tower/first-request': '"type":"members"',
    'tower/oauth': '"email":"demo@tower.example"',
    'tower/paging': '"type":"projects"',
    'tower/events': 'event:connected',
    'ucenter/first-request': '"roles":',
    'ucenter/oauth': '"username":"demo"',
    'ucenter/paging': '"id":3,',
    'ucenter/files': '"code":1',
    'ppmessage/first-request': '"error_code":0',
    'ppmessage/oauth': '"error_code":"0"',
    'ppmessage/paging': '"error_code":0',
    'ppmessage/events': 'event:connected',
    'ppmessage/files': '"fuuid":',
    'gobelieve/first-request': '"success":true',
    'gobelieve/events': 'event:connected',
    'gobelieve/files': '"src_url":',
    'common/mock': '"error":"otp_required"',
    'common/sandbox': '"operation":"createTodo"',
  };
  /**
   * The first installs and migrates a server, the second is run by test/verify. The third waits for a code; the journey
   * beside it sends one, and is tested.
   */
  const notRun = ['common/production', 'common/verify', 'tower/two-step'];

  const linesOf = async (guide: string, language: Language) => {
    const ending = language === 'zh' ? '.md' : `.${language}.md`;
    const text = await readFile(join(projectRoot(), 'openapi', guide.replace('/', '/guides/') + ending), 'utf8');
    return Array.from(text.matchAll(/```sh\n(.*?)```/gs), ([, lines = '']) => lines).join('\n');
  };

  test('with lines for a shell are all tried', async () => {
    const files = (await readdir(join(projectRoot(), 'openapi'), { recursive: true })).map((file) =>
      file.replaceAll('\\', '/').replace('/guides/', '/'),
    );
    const all = files.flatMap((file) => /^(\w+\/[\w-]+)\.md$/.exec(file)?.[1] ?? []);
    const found: string[] = [];
    for (const guide of all) {
      if (!files.includes(`${guide}.en.md`) || /README|READINGS|CHANGELOG/.test(guide)) continue;
      if ((await linesOf(guide, 'zh')) !== '') found.push(guide);
    }
    expect(found.sort()).toEqual([...Object.keys(printed), ...notRun].sort());
  });

  test.each(Object.entries(printed))('have lines that work as they are (%s)', async (guide, expected) => {
    const [api = ''] = guide.split('/');
    const usesToken = api !== 'common' && !guide.endsWith('/first-request');
    const folder = await mkdtemp(join(tmpdir(), 'qiyue-guide-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const file of ['notes.pdf', 'photo.png']) await writeFile(join(folder, file), 'content');
    for (const language of languages) {
      const before = usesToken ? await linesOf(`${api}/first-request`, language) : '';
      // A stream does not end by itself.
      const script =
        `curl() { case "$*" in *-sN*) command curl --max-time 2 "$@" || [ $? = 28 ];; *) command curl "$@";; esac; }
{ :\n${before}\n} > /dev/null\n${await linesOf(guide, language)}`
          .replaceAll('http://127.0.0.1:3000', server.url)
          .replaceAll('http://127.0.0.1:4010', mock);
      const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: folder });
      expect(stdout.replaceAll(' ', ''), language).toContain(expected);
    }
  });
});
