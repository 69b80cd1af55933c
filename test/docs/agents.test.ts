import { posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { apis } from '../../src/app.ts';
import { noServer } from '../../src/docs/addresses.ts';
import { type FieldSchema, fieldsOf } from '../../src/docs/agents/fields.ts';
import { agentPages } from '../../src/docs/agents/llms.ts';
import { methods, type OperationObject } from '../../src/http/contract.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${server.url}${path}`, { headers });
const read = async (path: string) => (await get(path)).text();

const operations = apis.flatMap(({ name, contract }) =>
  Object.entries(contract.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ name, path, method, operation: operation as OperationObject }];
    }),
  ),
);

describe.each(['', 'en/'])('the Markdown of every operation (%s)', (language) => {
  it.each(apis.map(({ name }) => name))('says what a caller needs: %s', async (api) => {
    for (const { name, path, method, operation } of operations.filter((one) => one.name === api)) {
      const response = await get(`/docs/${name}/${language}${operation.operationId}.md`);
      expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'text/markdown; charset=utf-8']);
      const text = await response.text();
      expect(text).toContain(`\`${method.toUpperCase()} ${server.url}/${name}${path}\``);
      for (const status of Object.keys(operation.responses))
        expect(text).toMatch(new RegExp(`^\\| ${status} \\| `, 'm'));
      const headings = Array.from(text.matchAll(/^### (.*)\n\n```(\w+)\n/gm), ([, heading, block]) => [heading, block]);
      expect(headings.slice(-5)).toEqual([
        ['curl', 'sh'],
        ['fetch', 'js'],
        ['qiyue/client', 'ts'],
        ['Python', 'python'],
        ['PHP', 'php'],
      ]);
    }
  });
});

describe('the Markdown of an operation', () => {
  it('has parameters, fields, errors and the source in the language of the page', async () => {
    const english = await read('/docs/tower/en/createTodo.md');
    expect(english).toMatch(/^# Create a todo\n/);
    expect(english).toMatch(/^\| `todolist_id` \| path \| string \| yes \| The id of the todolist\./m);
    expect(english).toMatch(/^\| `todo.content` \| string \| yes \| .* \(1 to 5000 characters\) \|$/m);
    expect(english).toMatch(/^\| `todo.due_at` \| string or null \| no \|/m);
    expect(english).toContain('Source: Tower complete documentation');
    expect(await read('/docs/tower/createTodo.md')).toMatch(/^# 创建任务\n/);
  });

  it('has the numbers of errors that are sent with 200', async () => {
    const text = await read('/docs/ppmessage/en/getAppInfo.md');
    expect(text).toMatch(/^\| 200 \| `13` \| /m);
    expect(text).not.toMatch(/^\| 200 \| `0` \| /m);
  });

  it('names what to call next, and where the values come from', async () => {
    expect(await read('/docs/tower/en/createTodo.md')).toContain(
      'What to call next:\n\n- [Get a todo](getTodo.md): `todo_id` = `data.id` of the answer\n',
    );
    expect(await read('/docs/ppmessage/createUser.md')).toMatch(
      /^- \[.*\]\(removeUser\.md\)：`user_uuid` = 回答的 `uuid`，`user_password` = 请求的 `user_password`$/m,
    );
    expect(await read('/docs/tower/en/deleteTodo.md')).not.toContain('What to call next');
  });

  it('does not exist for an unknown one', async () => {
    expect((await get('/docs/tower/nothing.md')).status).toBe(404);
  });
});

describe('Accept: text/markdown', () => {
  const markdown = { Accept: 'text/markdown' };

  it.each([
    ['/docs/', '# Qiyue'],
    ['/docs/tower/', '# Tower 开放接口'],
    ['/docs/tower/en/', '# Tower open API'],
  ])('gets %s as Markdown', async (path, title) => {
    const response = await get(path, markdown);
    expect(response.headers.get('Content-Type')).toBe('text/markdown; charset=utf-8');
    expect(response.headers.get('Vary')).toMatch(/\bAccept\b(?!-)/);
    expect(await response.text()).toContain(title);
    const html = await get(path, { Accept: 'text/html,*/*;q=0.8' });
    expect([html.headers.get('Content-Type'), html.headers.get('Vary')]).toEqual([
      'text/html; charset=utf-8',
      response.headers.get('Vary'),
    ]);
    expect((await get(path)).headers.get('Content-Type')).toMatch(/html/);
  });
});

describe('llms.txt', () => {
  it('is at the root and links to everything', async () => {
    const text = await read('/llms.txt');
    expect(text).toBe(await read('/docs/llms.txt'));
    expect(text).toMatch(/^# Qiyue.*\n\n> .*\n\n中文概要/);
    const links = Array.from(text.matchAll(/\]\(([^)]+)\)/g), ([, link = '']) => link);
    const expected = operations.map(
      ({ name, operation }) => `${server.url}/docs/${name}/en/${operation.operationId}.md`,
    );
    expect(links).toEqual(expect.arrayContaining(expected));
    const others = links.filter((link) => !expected.includes(link));
    for (const link of others) expect([link, (await fetch(link)).status]).toEqual([link, 200]);
    expect(others).toContain(`${server.url}/docs/tower/en/readings.md`);
    const guides = Array.from(
      text.matchAll(/\[Guide: (.*)\]\(.*\/tower\/en\/guides\/(.*)\.md\)/g),
      ([, ...found]) => found,
    );
    expect(guides.slice(0, 2)).toEqual([
      ['The first request', 'first-request'],
      ['Authorization', 'oauth'],
    ]);
  });

  it.each([
    [{ NODE_ENV: 'production', PUBLIC_URL: 'https://example.com', MCP: 'on' }, true, false],
    [{ NODE_ENV: 'production', PUBLIC_URL: 'https://example.com' }, false, false],
    [{ MCP: 'off' }, false, true],
    [{}, true, true],
  ])('names what the server has: %j', async (environment, hasMcp, hasSandbox) => {
    const other = await startServer(environment);
    onTestFinished(() => other.close());
    const [text = ''] = (await (await fetch(`${other.url}/llms.txt`)).text()).split('\n## ');
    expect([text.includes('/mcp`'), /sandbox/i.test(text)]).toEqual([hasMcp, hasSandbox]);
  });

  it('has everything in one file', async () => {
    const text = await read('/llms-full.txt');
    for (const { operation } of operations) expect(text).toContain(`\n\n\`${operation.operationId}\` · `);
    const links = new Set(Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link));
    expect([...links].filter((link) => !/^(https?:|#|mailto:)/.test(link))).toEqual([]);
    expect(links).toContain(`${server.url}/docs/tower/en/createTodo.md`);
  });

  it('links from its folder in a static site', async () => {
    const site = agentPages(apis, noServer);
    for (const path of ['llms.txt', 'en/index.md', 'llms-full.txt']) {
      const text = String((await site.get(path)?.())?.body);
      const links = Array.from(text.matchAll(/\]\(([^)\s]+\.(?:md|txt))\)/g), ([, link = '']) => link);
      expect(links.length).toBeGreaterThan(100);
      const isMissing = (link: string) => !/^https?:/.test(link) && !site.has(posix.join(posix.dirname(path), link));
      expect([path, links.filter(isMissing)]).toEqual([path, []]);
    }
  });
});

describe('the documents of an API', () => {
  it('are the readings and the changelog, in its language where there is one', async () => {
    expect(await read('/docs/tower/readings.md')).toContain('# T-1 ');
    expect(await read('/docs/tower/en/readings.md')).toMatch(/^# Tower.*[Rr]eadings/);
    expect(await read('/docs/tower/changelog.md')).toContain('0.1.0');
  });
});

describe.each(['', 'en/'])('the guides of an API (%s)', (language) => {
  it('have the addresses of the server, links to Markdown and the steps of each journey', async () => {
    for (const api of ['tower', 'ucenter', 'ppmessage', 'gobelieve']) {
      const index = await read(`/docs/${api}/${language}index.md`);
      const guides = Array.from(index.matchAll(/\((guides\/[\w-]+\.md)\)/g), ([, path = '']) => path);
      expect(guides.length).toBeGreaterThan(0);
      for (const path of guides) {
        const url = `${server.url}/docs/${api}/${language}${path}`;
        const text = await (await fetch(url)).text();
        // A proxy names the server behind it.
        const own = text.replace(/```nginx\n.*?```/gs, '');
        expect(own).not.toMatch(/127\.0\.0\.1:3000|```journey|index\.html/);
        for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g))
          expect([url, link, (await fetch(new URL(link, url))).status]).toEqual([url, link, 200]);
      }
    }
    expect(await read(`/docs/gobelieve/${language}guides/first-request.md`)).toMatch(
      /^1\. .*`POST \/auth\/grant`.*`uid`.* → 200; .*`token`/m,
    );
  });
});

describe('a table of fields', () => {
  const rows = (schema: FieldSchema, schemas = {}) => {
    const contract = { openapi: '3.1.0', info: { title: '', version: '' }, paths: {}, components: { schemas } };
    return fieldsOf(contract, schema, 'en', 5).map(({ name, type, isRequired, rules }) => [
      name,
      type,
      isRequired,
      rules,
    ]);
  };
  const text = { type: 'string' };

  it('names nested fields by their path', () => {
    const item = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } };
    expect(
      rows({ properties: { items: { type: 'array', items: item }, any: { additionalProperties: text } } }),
    ).toEqual([
      ['items', 'array of object', false, []],
      ['items[].id', 'integer', true, []],
      ['any', 'any', false, []],
    ]);
  });

  it('requires a field of variants when all of them require it', () => {
    const variant = (kind: string, more: object) => ({
      type: 'object',
      required: ['kind', ...Object.keys(more)],
      properties: { kind: { const: kind }, ...more },
    });
    expect(rows({ oneOf: [variant('a', { code: text }), variant('b', {})] })).toEqual([
      ['kind', 'string', true, ['`a`', '`b`']],
      ['code', 'string', false, []],
    ]);
  });

  it('ends at a schema that contains itself', () => {
    const Node = { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' } } };
    expect(rows({ $ref: '#/components/schemas/Node' }, { Node })).toEqual([['next', 'object', false, []]]);
  });
});
