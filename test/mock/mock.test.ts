import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { apis } from '../../src/app.ts';
import type { Context } from '../../src/context.ts';
import { createIntake } from '../../src/files/intake.ts';
import type { Api } from '../../src/http/api.ts';
import {
  type Contract,
  methods,
  type OperationObject,
  type RequestBody,
  type ResponseObject,
  resolve,
} from '../../src/http/contract.ts';
import { mountApi } from '../../src/http/mount.ts';
import { mockMissing, mountMock } from '../../src/mock/mock.ts';
import { projectRoot } from '../../src/root.ts';

const shop = `
openapi: 3.1.0
jsonSchemaDialect: https://json-schema.org/draft/2020-12/schema
info: { title: Shop, version: 1.0.0 }
paths:
  /items:
    get:
      operationId: listItems
      security: [{ apiToken: [] }, { shopKey: [] }, { inQuery: [] }, { visit: [] }, { member: [] }, {}]
      parameters:
        - { name: page, in: query, schema: { type: integer, minimum: 1 } }
        - { name: key, in: query, schema: { type: string } }
      responses:
        '200':
          description: Items
          headers:
            X-Total: { required: true, schema: { type: integer }, example: 2 }
          content:
            application/vnd.api+json:
              schema: { type: object, required: [data], properties: { data: { type: array } } }
              example: { data: [] }
            application/json:
              schema: { type: array, minItems: 1, items: { $ref: '#/components/schemas/Item' } }
              examples:
                one: { value: [{ id: 1, name: 苹果, at: [3, 4] }] }
                two: { value: [{ id: 1, name: 苹果, at: [3, 4] }, { id: 2, name: null, at: [5, 6] }] }
        '400': { $ref: '#/components/responses/Refused' }
        '406': { $ref: '#/components/responses/Refused' }
    post:
      operationId: addItem
      security: []
      requestBody:
        content:
          multipart/form-data:
            schema: { type: object, required: [picture], properties: { picture: { type: string, format: binary } } }
            example: { picture: bytes }
      responses:
        '200':
          description: The item
          content:
            application/json: { schema: { $ref: '#/components/schemas/Fruit' }, example: { id: 8, name: 李, since: '2026-01-03' } }
        '400': { $ref: '#/components/responses/Refused' }
  /items/{item_id}:
    parameters:
      - { name: item_id, in: path, required: true, schema: { type: integer } }
    get:
      operationId: getItem
      security: [{ apiToken: [] }]
      responses:
        '200':
          description: An item
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Fruit' }
              examples:
                usual: { value: { id: 7, name: 梨, since: '2026-01-02' } }
                telling: { value: { id: 7, name: 梨, since: '2026-01-02', cost: 3 } }
        '400': { $ref: '#/components/responses/Refused' }
        '401': { $ref: '#/components/responses/Refused' }
        '404': { $ref: '#/components/responses/Refused' }
    delete:
      operationId: deleteItem
      security: []
      responses:
        '204': { description: Gone }
        '302':
          description: Elsewhere
          headers:
            Location: { required: true, schema: { type: string }, example: /items }
        '400':
          description: A page
          content:
            text/html: { schema: { type: string }, example: '<p>不行</p>' }
components:
  securitySchemes:
    apiToken: { type: http, scheme: OAuth }
    shopKey: { type: apiKey, in: header, name: X-Shop-Key }
    inQuery: { type: apiKey, in: query, name: key }
    visit: { type: apiKey, in: cookie, name: visit }
    member: { type: oauth2, flows: {} }
  responses:
    Refused:
      description: No
      content:
        application/json:
          schema: { $ref: '#/components/schemas/Problem' }
          examples:
            first: { value: { error: first } }
            second: { value: { error: second } }
  schemas:
    Problem:
      type: object
      required: [error]
      properties: { error: { type: string } }
      examples: [{ error: of the schema }]
    Fruit:
      type: object
      required: [id, name, since]
      properties:
        id: { type: integer }
        name: { type: string }
        since: { type: string, format: date, pattern: '^2026-01' }
    Item:
      type: object
      required: [id, name, at]
      unevaluatedProperties: false
      properties:
        id: { type: integer }
        name: { type: [string, 'null'] }
        at: { type: array, prefixItems: [{ type: integer }, { type: integer }], items: false, minItems: 2 }
`;

const context = {
  config: { bodyLimit: 1_000_000, uploadLimit: 1_000_000, bodyIdleMs: 30_000 },
  intake: createIntake({ bodyMemory: 10_000_000, uploadSpace: 10_000_000 }),
  log: pino({ level: 'silent' }),
} as unknown as Context;

const asApi = (name: string, contract: Contract): Api => ({
  name,
  contract,
  operations: {},
  security: Object.fromEntries(
    Object.keys(contract.components?.securitySchemes ?? {}).map((scheme) => [scheme, () => undefined]),
  ),
  renderError: ({ status, message }, { mediaTypes: [type = 'application/json'] }) => ({
    status,
    type,
    body: type.endsWith('json') ? { error: message } : message,
  }),
});

const shopApi = asApi('shop', parse(shop) as Contract);
const servers: Server[] = [];

async function serve(handler: RequestHandler): Promise<string> {
  const server = createServer(express().use('/api', handler)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
}

// Loading Prism takes a second, or several on a busy machine; no single test should pay for it.
beforeAll(() => import('@stoplight/prism-http'), 60_000);
afterAll(() => {
  for (const server of servers) server.close();
});

describe('a mock of a small contract', () => {
  let url: string;
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(url + path, { method, headers, redirect: 'manual' });

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qiyue-'));
    url = await serve(mountMock(shopApi, context, { root: folder }));
    await rm(folder, { recursive: true });
  });

  it('returns the first example, its headers and the first media type', async () => {
    const response = await get('/items');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/vnd.api+json');
    expect(response.headers.get('x-total')).toBe('2');
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(await response.json()).toEqual({ data: [] });
  });

  it('negotiates the media type', async () => {
    const response = await get('/items', { accept: 'application/vnd.api+json;q=0.5, application/json' });
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual([{ id: 1, name: '苹果', at: [3, 4] }]);
    expect((await get('/items', { accept: 'image/png' })).status).toBe(406);
  });

  it.each([
    [
      'example=two',
      200,
      [
        { id: 1, name: '苹果', at: [3, 4] },
        { id: 2, name: null, at: [5, 6] },
      ],
    ],
    ['code=400', 400, { error: 'first' }],
    ['code=400, example=second', 400, { error: 'second' }],
    // No success has it.
    ['example=second', 400, { error: 'second' }],
    ['respond-async; wait=5, Example = "second"; code="400"', 400, { error: 'second' }],
    ['dynamic=false', 200, [{ id: 1, name: '苹果', at: [3, 4] }]],
  ])('Prefer: %s', async (prefer, status, body) => {
    const response = await get('/items', { accept: 'application/json', prefer });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual(body);
  });

  it.each([
    ['__code=400', '', 400, { error: 'first' }],
    ['__code=400&__example=second', '', 400, { error: 'second' }],
    ['__example=second', '', 400, { error: 'second' }],
    ['__code=400', 'example=second', 400, { error: 'second' }],
    ['__code=400', 'code=200', 200, { data: [] }],
    ['__code=400&__code=200', '', 200, { data: [] }],
  ])('?%s as Prism, with Prefer: %j', async (query, prefer, status, body) => {
    const response = await get(`/items?${query}`, { prefer });
    expect([response.status, await response.json()]).toEqual([status, body]);
  });

  it('generates values as far as the contract allows', async () => {
    const error = (await (await get('/items', { prefer: 'code=400, dynamic=true' })).json()) as { error: string };
    // What names the error is no made-up value.
    expect(error.error).toBe('first');
    const items = await get('/items', { accept: 'application/json', prefer: 'dynamic=true' });
    expect(await items.json()).not.toContainEqual({ id: 1, name: '苹果', at: [3, 4] });
    // Prism's generator follows only one of a format and a pattern, so this value stays as in the example.
    const fruit = await get('/items/1', { authorization: 'OAuth x', prefer: 'dynamic=true' });
    const { id, name, since } = (await fruit.json()) as Record<string, unknown>;
    expect([fruit.status, since]).toEqual([200, '2026-01-02']);
    expect([id, name]).not.toEqual([7, '梨']);
  });

  it('lists the statuses or examples when another one is requested', async () => {
    const code = await get('/items', { prefer: 'code=418' });
    expect(code.status).toBe(400);
    expect(await code.json()).toEqual({
      error: expect.stringMatching(
        /^Prefer asks for status 418, but listItems has only 200, 400, 406\. Prefer takes .*__code/,
      ),
    });
    const example = await get('/items', { accept: 'application/json', prefer: 'example=three' });
    expect(example.status).toBe(400);
    expect(await example.json()).toEqual({
      error: expect.stringMatching(/^Prefer asks for example three, but status 200 of listItems has only one, two\. /),
    });
    // The example exists, but for another status.
    expect((await get('/items', { prefer: 'code=400, example=two' })).status).toBe(400);
  });

  it('returns no member that the contract does not declare', async () => {
    const { status, headers } = await get('/items/1', { authorization: 'OAuth x' });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const telling = await get('/items/1', { authorization: 'OAuth x', prefer: 'example=telling' });
    expect(telling.status).toBe(500);
    expect(await telling.text()).not.toContain('cost');
  });

  it('returns a response without a body, a redirect and a page', async () => {
    const gone = await get('/items/1', {}, 'DELETE');
    expect([gone.status, await gone.text()]).toEqual([204, '']);
    const moved = await get('/items/1', { prefer: 'code=302' }, 'DELETE');
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/items']);
    for (const prefer of ['code=400', 'code=400, dynamic=true']) {
      const page = await get('/items/1', { prefer }, 'DELETE');
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await page.text()).toBe('<p>不行</p>');
    }
  });

  it('accepts files', async () => {
    const form = new FormData();
    const upload = () => fetch(`${url}/items`, { method: 'POST', body: form });
    expect((await upload()).status).toBe(400);
    form.set('picture', new Blob(['bytes']), '照片.jpg');
    expect(await (await upload()).json()).toEqual({ id: 8, name: '李', since: '2026-01-03' });
  });

  it('validates and returns errors as the server does', async () => {
    const server = await serve(
      mountApi(mockMissing({ ...shopApi, security: { ...shopApi.security, apiToken: () => 'ann' } }), context),
    );
    for (const [path, method] of [
      ['/items?page=0', 'GET'],
      ['/items/x', 'DELETE'],
      ['/nowhere', 'GET'],
      ['/items', 'PUT'],
      ['/items?page=%', 'GET'],
    ] as const) {
      const [mock, real] = await Promise.all([get(path, {}, method), fetch(server + path, { method })]);
      expect(mock.status).toBeGreaterThanOrEqual(400);
      expect(mock.status).toBeLessThan(500);
      expect([mock.status, mock.headers.get('allow'), await mock.text()]).toEqual([
        real.status,
        real.headers.get('allow'),
        await real.text(),
      ]);
    }
  });

  it('requires credentials and accepts all of them', async () => {
    expect((await get('/items/1')).status).toBe(401);
    expect((await get('/items/1', { authorization: 'Bearer abc' })).status).toBe(401);
    expect((await get('/items/1', { authorization: 'oauth' })).status).toBe(401);
    const response = await get('/items/1', { authorization: 'oauth abc' });
    expect(await response.json()).toEqual({ id: 7, name: '梨', since: '2026-01-02' });
  });
});

describe.each(apis.map(({ name }) => `${name}.json`))('every status of generated/%s', (file) => {
  const contract = JSON.parse(readFileSync(join(projectRoot(), 'generated', file), 'utf8')) as Contract;
  const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
    methods.flatMap((method) =>
      item[method] === undefined ? [] : [{ path, method, item, operation: item[method], id: item[method].operationId }],
    ),
  );
  let url: string;

  beforeAll(async () => {
    url = await serve(mountMock(asApi(file.replace('.json', ''), contract), context, { root: '/nowhere' }));
  });

  it.each(operations)('$id', async ({ path, method, item, operation }) => {
    const {
      path: target,
      headers: usual,
      ...body
    } = exampleRequest(contract, path, [...(item.parameters ?? []), ...(operation.parameters ?? [])], operation);
    const ask = (headers: Record<string, string>) =>
      fetch(url + target, {
        method: method.toUpperCase(),
        redirect: 'manual',
        headers: { ...usual, ...headers },
        ...body,
      });
    for (const [status, reference] of Object.entries(operation.responses)) {
      const { headers = {}, content = {} } = resolve(contract, reference) as ResponseObject;
      for (const [type, media] of Object.entries(content).length > 0
        ? Object.entries(content)
        : [[undefined, undefined] as const]) {
        const accept: Record<string, string> = type === undefined || Number(status) >= 300 ? {} : { Accept: type };
        const response = await ask({ ...accept, Prefer: `code=${status}` });
        const text = await response.text();
        expect(`${response.status} ${response.status === Number(status) ? '' : text}`).toBe(`${status} `);
        for (const [name, header] of Object.entries(headers)) {
          const example = firstExample(contract, resolve(contract, header));
          if (name === 'X-Request-Id') expect(response.headers.get(name)).toBeTruthy();
          else expect(response.headers.get(name)).toBe(String(example));
        }
        if (type === undefined) {
          expect(text).toBe('');
        } else if (response.headers.get('content-type')?.startsWith(type)) {
          const example = firstExample(contract, media);
          // A file: its example is a `data:` URL.
          const [, file] = /^data:[^,]*;base64,(.*)$/.exec(String(example)) ?? [];
          const expected = file === undefined ? example : Buffer.from(file, 'base64').toString();
          // Pictures have the mock's own address.
          const told = text.replaceAll(`${url}/sandbox/pictures/`, 'http://127.0.0.1:3000/sandbox/pictures/');
          expect(type.endsWith('json') ? JSON.parse(told) : told).toEqual(expected);
        } else {
          // An error has the first type when the caller prefers none of them.
          expect(Object.keys(content)).toContain(response.headers.get('content-type')?.split(';')[0]);
        }
      }
      const dynamic = await ask({ Prefer: `code=${status}, dynamic=true` });
      expect(dynamic.status).toBe(Number(status));
    }
  });
});

interface WithExamples {
  example?: unknown;
  examples?: Record<string, object>;
}

function firstExample(contract: Contract, holder: object): unknown {
  const { example, examples = {} } = holder as WithExamples;
  if (example !== undefined) return example;
  return (resolve(contract, Object.values(examples)[0] ?? {}) as { value?: unknown }).value;
}

/** A request that the contract allows, made from its examples. */
function exampleRequest(
  contract: Contract,
  template: string,
  parameters: unknown[],
  { requestBody, security = contract.security }: OperationObject,
): { path: string; headers: Record<string, string>; body?: string | FormData } {
  let path = template;
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  for (const reference of parameters as (WithExamples & { name: string; in: string; required?: boolean })[]) {
    const parameter = resolve(contract, reference);
    const example = String(firstExample(contract, parameter));
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(example));
    else if (parameter.required && parameter.in === 'query') query.set(parameter.name, example);
    else if (parameter.required) headers[parameter.name] = example;
  }
  for (const name of Object.keys(security?.find((requirement) => Object.keys(requirement).length > 0) ?? {})) {
    const scheme = resolve(contract, contract.components?.securitySchemes?.[name] as Record<string, string>);
    if (scheme.type !== 'apiKey') headers.Authorization = `${scheme.scheme ?? 'Bearer'} x`;
    else if (scheme.in === 'cookie') headers.Cookie = `${scheme.name}=x`;
    else if (scheme.in === 'query') query.set(scheme.name ?? '', 'x');
    else headers[scheme.name ?? ''] = 'x';
  }
  const [type, media] =
    Object.entries((requestBody && (resolve(contract, requestBody) as RequestBody).content) ?? {})[0] ?? [];
  if (type === undefined || media === undefined) return { path: `${path}?${query}`, headers };
  const example = firstExample(contract, media);
  if (type === 'multipart/form-data') return { path: `${path}?${query}`, headers, body: multipart(contract, media) };
  const body = type.endsWith('json')
    ? JSON.stringify(example)
    : new URLSearchParams(example as Record<string, string>).toString();
  return { path: `${path}?${query}`, headers: { ...headers, 'Content-Type': type }, body };
}

/** The example of a form with files; a field with `format: binary` is a file. */
function multipart(contract: Contract, media: object): FormData {
  const { properties } = resolve(contract, (media as { schema: object }).schema) as {
    properties: Record<string, object>;
  };
  const form = new FormData();
  for (const [name, value] of Object.entries(firstExample(contract, media) as Record<string, string>)) {
    const { format } = resolve(contract, properties[name] ?? {}) as { format?: string };
    form.append(name, format === 'binary' ? new File([value], 'file') : value);
  }
  return form;
}

describe('credentials of each kind of scheme', () => {
  it.each([
    ['apiToken', { authorization: 'OAuth x' }, ''],
    ['shopKey', { 'x-shop-key': 'x' }, ''],
    ['inQuery', {}, '?key=x'],
    ['visit', { cookie: 'a=b; visit=x' }, ''],
    ['member', { authorization: 'bearer x' }, ''],
  ])('%s', async (scheme, headers, search) => {
    const contract = structuredClone(shopApi.contract);
    const operation = contract.paths['/items']?.get;
    if (operation === undefined) throw new Error('no operation');
    operation.security = [{ [scheme]: [] }];
    operation.responses['401'] = { $ref: '#/components/responses/Refused' };
    const url = await serve(mountMock({ ...shopApi, contract }, context, { root: '/nowhere' }));
    expect((await fetch(`${url}/items`)).status).toBe(401);
    expect((await fetch(`${url}/items${search}`, { headers: headers as Record<string, string> })).status).toBe(200);
  });
});

describe('operations without an implementation', () => {
  it('are answered by Prism, and the others by their functions', async () => {
    const operations = {
      listItems: () => ({
        status: 200,
        type: 'application/json',
        headers: { 'X-Total': 1 },
        body: [{ id: 9, name: 'own', at: [0, 0] }],
      }),
    };
    const url = await serve(mountApi(mockMissing({ ...shopApi, operations }), context));
    expect(await (await fetch(`${url}/items`)).json()).toEqual([{ id: 9, name: 'own', at: [0, 0] }]);
    expect((await fetch(`${url}/items/1`, { method: 'DELETE' })).status).toBe(204);
  });
});

describe('a contract that changes', () => {
  let root: string;
  let source: string;
  let later = 0;

  /** Sets a time of its own, so that two edits never have the same. */
  const edit = (file: string, text: string) => {
    writeFileSync(file, text);
    later = Math.max(later, Date.now() / 1000) + 1;
    utimesSync(file, later, later);
  };
  const titleOf = async (url: string) =>
    ((await (await fetch(`${url}/items/1`, { headers: { authorization: 'OAuth x' } })).json()) as { name: string })
      .name;
  const named = (name: string) => shop.replace('name: 梨', `name: ${name}`);
  const nextCheck = () => new Promise((done) => setTimeout(done, 350));

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'qiyue-'));
    mkdirSync(join(root, 'openapi', 'shop'), { recursive: true });
    mkdirSync(join(root, 'generated'));
    source = join(root, 'openapi', 'shop', 'openapi.yaml');
  });
  afterAll(() => rm(root, { recursive: true }));

  it('is served without a restart, and the last good one while it is broken', async () => {
    const reasons: string[] = [];
    const log = pino(
      { level: 'warn' },
      { write: (line) => reasons.push((JSON.parse(line) as { reason: string }).reason) },
    );
    await writeFile(source, shop);
    const url = await serve(mountMock(shopApi, { ...context, log } as Context, { root }));
    expect(await titleOf(url)).toBe('梨');

    edit(source, named('桃'));
    await nextCheck();
    expect(await titleOf(url)).toBe('桃');

    for (const broken of [
      `${named('杏')}\n  oops: [`,
      named('杏').replace('#/components/schemas/Item', 'missing.yaml'),
    ]) {
      reasons.length = 0;
      edit(source, broken);
      await nextCheck();
      expect(await titleOf(url)).toBe('桃');
      await nextCheck();
      expect(await titleOf(url)).toBe('桃');
      expect(reasons).toHaveLength(1);
    }

    edit(source, named('李'));
    await nextCheck();
    expect(await titleOf(url)).toBe('李');
  }, 30_000);

  it('has the refusals that x-errors lists', async () => {
    for (const folder of ['ppmessage', 'common'])
      cpSync(join(projectRoot(), 'openapi', folder), join(root, 'openapi', folder), { recursive: true });
    const errors = join(root, 'openapi', 'ppmessage', 'errors.yaml');
    edit(errors, readFileSync(errors, 'utf8').replace('There is no such group', 'No such group'));
    const ppmessage = apis.find(({ name }) => name === 'ppmessage') as Api;
    // Of a bundle that is not there, the sources are newer.
    const url = await serve(mountMock(ppmessage, context, { root }));
    const response = await fetch(`${url}/api/PP_REMOVE_ORG_GROUP`, {
      method: 'POST',
      headers: {
        Authorization: 'OAuth x',
        'Content-Type': 'application/json',
        Prefer: 'example=error30NoOrgGroup',
      },
      body: JSON.stringify({
        app_uuid: 'd0000000-0000-4000-8000-000000000001',
        group_uuid: 'd0000010-0000-4000-8000-000000000001',
      }),
    });
    expect(await response.json()).toEqual({
      error_code: '30',
      error_string: 'No such group',
      uri: '/PP_REMOVE_ORG_GROUP',
    });
  });

  it('is read from the bundle where there are no sources', async () => {
    const bundle = join(root, 'generated', 'kiosk.json');
    await writeFile(bundle, JSON.stringify(parse(shop)));
    const url = await serve(mountMock({ ...shopApi, name: 'kiosk' }, context, { root }));
    expect(await titleOf(url)).toBe('梨');
    edit(bundle, JSON.stringify(parse(named('枣'))));
    await nextCheck();
    expect(await titleOf(url)).toBe('枣');
  });
});
