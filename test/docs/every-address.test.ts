import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { noServer } from '../../src/docs/addresses.ts';
import { evidenceMarkdown } from '../../src/docs/evidence-page.ts';
import { writeDocs } from '../../src/docs/write.ts';
import { methods } from '../../src/http/contract.ts';
import { startServer, type TestServer } from '../support/server.ts';

const home = join(import.meta.dirname, '../..');

/** The media types of the files by their endings; a folder is a page. */
const types: Readonly<Record<string, string>> = {
  '/': 'text/html',
  md: 'text/markdown',
  json: 'application/json',
  yaml: 'text/yaml',
};

const guidesOf = (api: string) =>
  ['openapi/common/guides', `openapi/${api}/guides`]
    .filter((folder) => existsSync(join(home, folder)))
    .flatMap((folder) => readdirSync(join(home, folder)))
    .flatMap((file) => /^([\w-]+)\.md$/.exec(file)?.[1] ?? []);

/** What each API has below its folder, in each language. */
function addressesOf(api: string): string[] {
  const contract = readFileSync(join(home, `generated/${api}.json`), 'utf8');
  const { paths } = JSON.parse(contract) as { paths: Record<string, Record<string, { operationId: string }>> };
  const operations = Object.values(paths).flatMap((item) =>
    methods.flatMap((method) => item[method]?.operationId ?? []),
  );
  const texts = [...guidesOf(api).map((name) => `guides/${name}`), 'changelog', 'readings', 'evidence'];
  const downloads = ['openapi.json', 'openapi.yaml', 'openapi-3.0.json'];
  const streams = contract.includes('text/event-stream') ? ['openapi-3.2.json', 'asyncapi.json'] : [];
  return [
    ...['', 'index.md', 'try/'],
    ...operations.map((id) => `${id}.md`),
    ...texts.flatMap((path) => [`${path}/`, `${path}.md`]),
    ...[...downloads, ...streams, 'postman_collection.json', 'postman_environment.json'],
  ];
}

const folders = apis.flatMap(({ name }) => [`${name}/`, `${name}/en/`].map((folder) => [folder, name] as const));

describe('over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  it.each(folders)('/docs/%s has every address', async (folder, api) => {
    for (const path of addressesOf(api)) {
      const response = await fetch(`${server.url}/docs/${folder}${path}`);
      const type = response.headers.get('Content-Type')?.split(';')[0];
      const ending = path.endsWith('/') || path === '' ? '/' : (path.split('.').at(-1) as string);
      expect([folder, path, response.status, type]).toEqual([folder, path, 200, types[ending]]);
      expect((await response.text()).length).toBeGreaterThan(100);
    }
  });

  it.each(folders)('/docs/%s is Markdown for those who prefer it, and so are its texts', async (folder, api) => {
    const texts = addressesOf(api).filter((path) => path === '' || (path.endsWith('/') && path !== 'try/'));
    for (const path of texts) {
      const response = await fetch(`${server.url}/docs/${folder}${path}`, { headers: { Accept: 'text/markdown' } });
      const { headers } = response;
      expect([path, response.status, headers.get('Content-Type')]).toEqual([path, 200, 'text/markdown; charset=utf-8']);
      expect(headers.get('Vary')).toMatch(/\bAccept\b(?!-)/);
    }
  });

  it('llms.txt is at the root', async () => {
    for (const path of ['llms.txt', 'llms-full.txt'])
      expect([path, (await fetch(`${server.url}/${path}`)).status]).toEqual([path, 200]);
  });
});

describe('in a folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qiyue-docs-'));
    await writeDocs(folder, apis, noServer);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(folders)('%s has a file for every address', (below, api) => {
    const files = addressesOf(api).map((path) => (path.endsWith('/') || path === '' ? `${path}index.html` : path));
    expect(files.filter((path) => !existsSync(join(folder, below, path)))).toEqual([]);
  });

  it('llms.txt is at the root', () => {
    expect(['llms.txt', 'llms-full.txt'].filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });
});

describe('the evidence as Markdown', () => {
  it('has a row for each answer, with what is proved', async () => {
    const tower = apis.find(({ name }) => name === 'tower');
    if (tower === undefined) throw new Error('There is no tower');
    const text = String((await evidenceMarkdown(tower, 'en')).body);
    const [, rows = ''] = /\n## createTodo\n(.*?)\n## /s.exec(text) ?? [];
    expect(rows).toMatch(/^\| Answer \| SQLite \| PostgreSQL \| mock \| odd requests \| foreign clients \|$/m);
    expect(rows).toMatch(/^\| 200 · application\/vnd.api\+json \| yes \| yes \| yes \|/m);
    expect(rows).toMatch(/^\| 406 · application\/vnd.api\+json \| yes \| {2}\| yes \|/m);
  });
});
