import { once } from 'node:events';
import { createServer, request as open, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { Ajv } from 'ajv';
import express from 'express';
import { pino } from 'pino';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { Context } from '../../src/context.ts';
import { HttpError } from '../../src/errors.ts';
import type { Api, ErrorScene } from '../../src/http/api.ts';
import type { Contract } from '../../src/http/contract.ts';
import { mountApi } from '../../src/http/mount.ts';
import type { AnyOperation } from '../../src/http/operation.ts';

/** Small contracts with what Tower's does not use. */

const BODY_LIMIT = 10_000;
const UPLOAD_LIMIT = 20_000;

interface Mounted {
  url: string;
  lines: Record<string, unknown>[];
  /** What the operations were called with, newest last. */
  // biome-ignore lint/suspicious/noExplicitAny: an input of any operation
  calls: Record<string, any>[];
  scenes: ErrorScene[];
}

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** Serves the paths of a contract below /api. Without an operation of its own each one answers 200 with its input. */
async function mount(
  paths: string,
  operations: Record<string, AnyOperation> | undefined = undefined,
  more: { components?: string; security?: Api['security']; required?: string } = {},
): Promise<Mounted> {
  const lines: Record<string, unknown>[] = [];
  const calls: Record<string, unknown>[] = [];
  const scenes: ErrorScene[] = [];
  const contract = parse(`
openapi: 3.1.0
jsonSchemaDialect: https://json-schema.org/draft/2020-12/schema
info: { title: Test, version: 1.0.0 }
${more.required ?? ''}
paths:
${paths}
components:
  responses:
    Refused: { description: No, content: { application/json: { schema: { type: object, required: [error], properties: { error: { type: string } } } } } }
${more.components ?? ''}
`) as Contract;
  for (const item of Object.values(contract.paths)) {
    for (const operation of Object.values(item) as { operationId?: string; responses?: Record<string, unknown> }[]) {
      if (operation.operationId === undefined) continue;
      operation.responses ??= { 200: { description: 'Echo', content: { 'application/json': { schema: {} } } } };
      for (const status of [400, 401, 403, 406, 413, 415, 500])
        operation.responses[status] ??= { $ref: '#/components/responses/Refused' };
    }
  }
  const echo: AnyOperation = (input) => {
    calls.push(input);
    return { status: 200, body: {} };
  };
  const ids = Object.values(contract.paths).flatMap((item) =>
    Object.values(item).flatMap((operation) => (operation as { operationId?: string }).operationId ?? []),
  );
  const api: Api = {
    name: 'test',
    contract,
    operations: operations ?? Object.fromEntries(ids.map((id) => [id, echo])),
    security: more.security ?? {},
    renderError(error, scene) {
      scenes.push(scene);
      const { kind, message, details } = error;
      return {
        status: error.status,
        type: scene.mediaTypes[0] ?? 'application/json',
        body: { error: kind, message, fields: details.map(({ path, keyword }) => `${path} ${keyword}`) },
      };
    },
  };
  const log = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const context = { config: { bodyLimit: BODY_LIMIT, uploadLimit: UPLOAD_LIMIT }, log } as unknown as Context;
  const server = createServer(express().disable('x-powered-by').use('/api', mountApi(api, context))).listen(
    0,
    '127.0.0.1',
  );
  servers.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`, lines, calls, scenes };
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any operation
  json: any;
}

/** Sends what `fetch` would put right or refuse. */
async function raw(
  url: string,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
  body?: string | Uint8Array,
): Promise<Answer> {
  const { hostname, port, pathname } = new URL(url);
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const request = open({ hostname, port, path: pathname + path, method, headers: { ...length, ...headers } });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    json: /json/.test(response.headers['content-type'] ?? '') && text !== '' ? JSON.parse(text) : undefined,
  };
}

const json = { 'Content-Type': 'application/json' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const last = <T>(values: readonly T[]) => values.at(-1) as T;

describe('parameters of the path', async () => {
  const api = await mount(`
  /users/{name}:
    get:
      operationId: getUser
      parameters: [{ name: name, in: path, required: true, schema: { type: string, minLength: 1, maxLength: 2048 } }]
  /users/{name}/notes/{note_id}:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    get:
      operationId: getNote
      parameters: [{ name: note_id, in: path, required: true, schema: { type: integer, minimum: 1, maximum: 9007199254740991 } }]
  /users/self:
    get: { operationId: getSelf }
  /PP_GET_FILE:
    get: { operationId: getFile }
  /flags/{on}:
    get:
      operationId: getFlag
      parameters: [{ name: on, in: path, required: true, schema: { type: boolean } }]`);

  it.each([
    ['a%2Fb', 'a/b'],
    ['%E5%8C%97%E4%BA%AC', '北京'],
    ['a%20b+c', 'a b+c'],
    ['100%25', '100%'],
    ['%2541', '%41'],
    ['a%3Fb%23c', 'a?b#c'],
    ['a:b@c;d=e,f!$&()*', 'a:b@c;d=e,f!$&()*'],
    ['%00', '\0'],
    ['..', '..'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['x'.repeat(2048), 'x'.repeat(2048)],
  ])('decodes %s once', async (segment, name) => {
    expect((await raw(api.url, `/users/${segment}`)).status).toBe(200);
    expect(last(api.calls).params).toEqual({ name });
  });

  it('prefers a fixed path to a parameter', async () => {
    await raw(api.url, '/users/self');
    expect(last(api.calls).params).toEqual({});
  });

  it('reads numbers and booleans', async () => {
    await raw(api.url, '/users/ann/notes/9007199254740991');
    expect(last(api.calls).params).toEqual({ name: 'ann', note_id: 9007199254740991 });
    await raw(api.url, '/flags/false');
    expect(last(api.calls).params).toEqual({ on: false });
  });

  it.each(['x', '1.0', '1.5', '0', '-1', '9007199254740992', '1e400', '%20', '0x10'])(
    'refuses %s where a number from 1 is wanted',
    async (id) => {
      const { status, json } = await raw(api.url, `/users/ann/notes/${id}`);
      expect([status, json.fields[0]]).toEqual([400, expect.stringMatching(/^\/params\/note_id /)]);
    },
  );

  it.each(['/users/%', '/users/%zz', '/users/%ff', '/users/%E4%B8'])('refuses the broken %s', async (path) => {
    expect((await raw(api.url, path)).status).toBe(400);
  });

  it.each(['/users', '/users/', '/users//notes/1', '/users/a/', '/pp_get_file', '/users/a/b/c', '//users/a'])(
    'does not know %s',
    async (path) => {
      const { status, headers } = await raw(api.url, path);
      expect([status, headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
    },
  );

  it('keeps upper case', async () => expect((await raw(api.url, '/PP_GET_FILE')).status).toBe(200));
});

describe('parameters of the query', async () => {
  const api = await mount(`
  /search:
    get:
      operationId: search
      parameters:
        - { name: id, in: query, schema: { type: array, items: { type: integer }, maxItems: 3 } }
        - { name: tag, in: query, style: form, explode: false, schema: { type: array, items: { type: string } } }
        - { name: page, in: query, style: deepObject, explode: true, schema: { type: object, additionalProperties: false, properties: { number: { type: integer, minimum: 1 }, size: { type: integer } } } }
        - { name: limit, in: query, schema: { type: integer, default: 20, maximum: 100 } }
        - { name: since, in: query, allowReserved: true, schema: { type: string, format: date-time } }
        - { name: deep, in: query, schema: { type: boolean } }
        - { name: last, in: query, schema: { type: integer, minimum: 1 } }
        - { name: key, in: query, schema: { type: string } }
        - { name: text, in: query, allowEmptyValue: true, schema: { type: string } }
        - { name: X-Client, in: header, schema: { type: integer } }`);
  const query = async (text: string, headers = {}) => {
    const answer = await raw(api.url, `/search?${text}`, 'GET', headers);
    return answer.status === 200 ? { ...last(api.calls).query } : [answer.status, answer.json.fields];
  };

  it('reads arrays', async () => {
    expect(await query('id=1&id=2')).toMatchObject({ id: [1, 2] });
    expect(await query('id=1')).toMatchObject({ id: [1] });
    expect(await query('tag=a,b')).toMatchObject({ tag: ['a', 'b'] });
    expect(await query('tag=a')).toMatchObject({ tag: ['a'] });
  });

  it('reads objects', async () => {
    expect(await query('page[number]=2&page[size]=5')).toMatchObject({ page: { number: 2, size: 5 } });
    expect(await query('page%5Bnumber%5D=2')).toMatchObject({ page: { number: 2 } });
  });

  it('fills in defaults and reads booleans and times', async () => {
    expect(await query('')).toMatchObject({ limit: 20 });
    expect(await query('deep=true&since=2026-11-22T10:00:00%2B08:00')).toMatchObject({
      deep: true,
      since: '2026-11-22T10:00:00+08:00',
    });
  });

  it('takes empty for absent unless the contract allows empty values', async () => {
    expect(await query('last=&key=&limit=&text=')).toEqual({ ...(await query('')), text: '' });
    expect(await query('last=7&key=a&text=b')).toMatchObject({ last: 7, key: 'a', text: 'b' });
  });

  it.each([
    ['limit=1.0', '/query/limit type'],
    ['last=%20', '/query/last type'],
    ['id=x', '/query/id/0 type'],
    ['id=1&id=2&id=3&id=4', '/query/id maxItems'],
    ['page[number]=0', '/query/page/number minimum'],
    ['limit=101', '/query/limit maximum'],
    ['limit=1&limit=2', '/query/limit type'],
    ['since=2026-02-30T00:00:00Z', '/query/since format'],
    ['deep=yes', '/query/deep type'],
  ])('refuses %s', async (text, field) => expect(await query(text)).toEqual([400, [field]]));

  it.each([
    'page[odd]=1',
    'page=x',
    'page[number][deep]=1',
    'page[number]=1&page[number]=2',
    'limit[]=1',
    'limit=%',
    'limit=%ff',
    '%zz=1',
  ])('refuses %s', async (text) => {
    expect((await query(text)) as unknown[]).toContain(400);
  });

  it('reads headers as their types', async () => {
    await query('', { 'X-Client': '7' });
    expect(last(api.calls).headers).toMatchObject({ 'x-client': 7 });
    expect(await query('', { 'X-Client': 'seven' })).toEqual([400, ['/headers/x-client type']]);
  });
});

describe('bodies', async () => {
  const api = await mount(
    `
  /members:
    delete:
      operationId: removeMembers
      requestBody: { required: true, content: { application/json: { schema: { type: array, minItems: 1, items: { type: integer } } } } }
      responses: { '204': { description: Gone } }
    patch:
      operationId: changeMembers
      requestBody: { content: { application/json: { schema: { type: object, properties: { name: { type: [string, 'null'] } } } } } }
  /forms:
    post:
      operationId: sendForm
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [count]
              properties:
                count: { type: integer }
                on: { type: boolean }
                ids: { type: array, items: { type: integer } }
            encoding: { ids: { style: form, explode: true } }
          application/json: { schema: { type: object, required: [count], properties: { count: { type: integer } } } }
  /people:
    post:
      operationId: savePerson
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties:
                name: { type: string }
                age: { type: integer }
                note: { type: [string, 'null'] }
                friends: { type: array, items: { anyOf: [{ type: integer }, { type: object, properties: { name: { type: string } } }] } }
                data: {}
          multipart/form-data: { schema: { type: object, required: [name], properties: { name: { type: string }, age: { type: integer } } } }
  /events:
    post:
      operationId: sendEvent
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Event' } } } }
  /points:
    post:
      operationId: sendPoint
      requestBody:
        required: true
        content:
          application/json: { schema: { type: array, prefixItems: [{ type: integer }, { type: string }], items: false, minItems: 2 } }
  /files:
    post:
      operationId: upload
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file, size]
              properties: { file: { type: string, format: binary }, size: { type: integer }, note: { type: string, maxLength: 5 } }
  /photos:
    post:
      operationId: uploadPhoto
      requestBody: { required: true, content: { multipart/form-data: { schema: { type: object, required: [file], properties: { file: { type: string, format: binary } } } } } }
  /anything:
    post:
      operationId: sendAnything
      requestBody:
        x-any-media-type: true
        content: { application/json: { schema: { type: object, properties: { count: { type: integer } } } } }
    put:
      operationId: putAnything
      requestBody:
        x-any-media-type: true
        content: { application/octet-stream: { schema: { type: string, format: binary } } }
  /bytes:
    put:
      operationId: putBytes
      requestBody: { required: true, content: { application/octet-stream: { schema: { type: string, format: binary } }, text/plain: { schema: { type: string } } } }`,
    undefined,
    {
      components: `
  schemas:
    Event:
      oneOf: [{ $ref: '#/components/schemas/Joined' }, { $ref: '#/components/schemas/Renamed' }]
      discriminator: { propertyName: kind, mapping: { joined: '#/components/schemas/Joined', renamed: '#/components/schemas/Renamed' } }
    Joined: { type: object, required: [kind, member], properties: { kind: { const: joined }, member: { type: integer } } }
    Renamed: { type: object, required: [kind, name], properties: { kind: { const: renamed }, name: { type: string, maxLength: 3 } } }`,
    },
  );
  const send = async (
    method: string,
    path: string,
    body: string | Uint8Array | undefined,
    headers: Record<string, string> = json,
  ) => {
    const { status, json } = await raw(api.url, path, method, headers, body);
    return status === 200 ? last(api.calls).body : [status, ...(json?.fields ?? [])];
  };

  it('takes null for absent where the contract has no null, at any depth', async () => {
    const send = (body: unknown) => raw(api.url, '/people', 'POST', json, JSON.stringify(body));
    await send({ name: 'a', age: null, note: null, more: null, friends: [{ name: null }, 1], data: { a: null } });
    expect(last(api.calls).body).toEqual({ name: 'a', note: null, more: null, friends: [{}, 1], data: { a: null } });
    expect((await send({ name: null })).json.fields).toEqual(['/body/name required']);
    expect((await send({ name: 'a', friends: [null] })).status).toBe(400);
    expect(
      (await raw(api.url, '/people', 'POST', json, `{"name":${'['.repeat(4000)}null${']'.repeat(4000)}}`)).status,
    ).toBe(400);
  });

  it('reads a form without files from multipart where the contract takes it', async () => {
    const body = ['name', 'age'].map((name) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n7\r\n`);
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await raw(api.url, '/people', 'POST', type, `${body.join('')}--x--\r\n`)).status).toBe(200);
    expect(last(api.calls)).toMatchObject({ body: { name: '7', age: 7 }, mediaType: 'multipart/form-data' });
  });

  it('takes a list with DELETE', async () => {
    expect(await send('DELETE', '/members', '[]')).toEqual([400, '/body minItems']);
    expect(await send('DELETE', '/members', '[1,"2"]')).toEqual([400, '/body/1 type']);
    expect(await send('DELETE', '/members', undefined, {})).toEqual([400, '/body required']);
    await send('DELETE', '/members', '[1,2]');
    expect(last(api.calls)).toMatchObject({ body: [1, 2], mediaType: 'application/json' });
  });

  it('takes null where it is allowed, and no body where none is needed', async () => {
    expect(await send('PATCH', '/members', '{"name":null}')).toEqual({ name: null });
    expect(await send('PATCH', '/members', '{"name":1}')).toEqual([400, '/body/name type']);
    expect(await send('PATCH', '/members', undefined, {})).toBeUndefined();
  });

  it('reads the fields of a form as their types, and those of JSON as they are', async () => {
    expect(await send('POST', '/forms', 'count=3&on=true&ids=1&ids=2', form)).toEqual({
      count: 3,
      on: true,
      ids: [1, 2],
    });
    expect(await send('POST', '/forms', 'count=3&ids=1', form)).toEqual({ count: 3, ids: [1] });
    expect(await send('POST', '/forms', 'count=x', form)).toEqual([400, '/body/count type']);
    expect(await send('POST', '/forms', 'count=1&count=2', form)).toEqual([400, '/body/count type']);
    expect(await send('POST', '/forms', '', form)).toEqual([400, '/body/count required']);
    expect(await send('POST', '/forms', '{"count":"3"}')).toEqual([400, '/body/count type']);
    expect(await send('POST', '/forms', '{"count":3}', { 'Content-Type': 'application/json; charset=UTF-8' })).toEqual({
      count: 3,
    });
  });

  it('names the field of the right variant of a union', async () => {
    expect(await send('POST', '/events', '{"kind":"renamed","name":"abc"}')).toEqual({ kind: 'renamed', name: 'abc' });
    expect(await send('POST', '/events', '{"kind":"joined","member":1}')).toEqual({ kind: 'joined', member: 1 });
    expect(await send('POST', '/events', '{"kind":"renamed","name":"abcd"}')).toEqual([400, '/body/name maxLength']);
    expect(await send('POST', '/events', '{"kind":"joined"}')).toEqual([400, '/body/member required']);
    expect(await send('POST', '/events', '{"kind":"left"}')).toEqual([400, '/body/kind enum']);
    expect(await send('POST', '/events', '{}')).toEqual([400, '/body/kind required']);
    expect((await send('POST', '/events', 'null')).slice(0, 2)).toEqual([400, '/body type']);
  });

  it('takes tuples', async () => {
    expect(await send('POST', '/points', '[1,"a"]')).toEqual([1, 'a']);
    expect(await send('POST', '/points', '["a",1]')).toEqual([400, '/body/0 type', '/body/1 type']);
    expect(await send('POST', '/points', '[1]')).toContain(400);
    expect(await send('POST', '/points', '[1,"a",2]')).toContain(400);
  });

  it('takes uploads', async () => {
    const data = new FormData();
    data.append('file', new Blob(['中文'], { type: 'text/plain' }), 'a.txt');
    data.append('size', '6');
    const response = await fetch(`${api.url}/files`, { method: 'POST', body: data });
    expect(response.status).toBe(200);
    expect(last(api.calls).body).toMatchObject({ size: 6 });
    expect(last(api.calls).mediaType).toBe('multipart/form-data');

    data.set('size', 'x');
    const refused = await fetch(`${api.url}/files`, { method: 'POST', body: data });
    expect([refused.status, ((await refused.json()) as { fields: string[] }).fields]).toEqual([
      400,
      ['/body/size type'],
    ]);
    const nothing = await fetch(`${api.url}/files`, { method: 'POST', body: new FormData() });
    expect(nothing.status).toBe(400);
  });

  it('hands the bytes of an upload over', async () => {
    const data = new FormData();
    data.append('file', new Blob([new Uint8Array([0, 255, 1])]), 'a.bin');
    expect((await fetch(`${api.url}/photos`, { method: 'POST', body: data })).status).toBe(200);
    expect([...new Uint8Array(await (last(api.calls).body.file as File).arrayBuffer())]).toEqual([0, 255, 1]);
  });

  it.each([
    [
      'a body that is cut off',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
    ],
    ['no boundary', 'multipart/form-data', 'abc'],
    [
      'another field',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="odd"; filename="a"\r\n\r\nabc\r\n--x--\r\n',
    ],
  ])('refuses an upload with %s', async (_what, type, body) => {
    expect(await send('POST', '/photos', body, { 'Content-Type': type })).toContain(400);
  });

  it('refuses too large an upload', async () => {
    const data = new FormData();
    data.append('file', new Blob([new Uint8Array(UPLOAD_LIMIT + 1)]), 'a.bin');
    expect((await fetch(`${api.url}/photos`, { method: 'POST', body: data })).status).toBe(413);
  });

  it('refuses many files, and many fields', async () => {
    for (const [name, value] of [
      ['file', new Blob(['a'])],
      ['note', 'a'],
    ] as const) {
      const data = new FormData();
      for (let count = 0; count < 60; count++) data.append(name, value as Blob);
      expect((await fetch(`${api.url}/photos`, { method: 'POST', body: data })).status).toBe(413);
    }
  });

  it('takes bytes and text as they are', async () => {
    const bytes = new Uint8Array([0, 255, 10]);
    expect([...(await send('PUT', '/bytes', bytes, { 'Content-Type': 'application/octet-stream' }))]).toEqual([
      0, 255, 10,
    ]);
    expect(await send('PUT', '/bytes', '汉字', { 'Content-Type': 'text/plain; charset=utf-8' })).toBe('汉字');
  });

  it('reads a body with x-any-media-type as its one type, whatever it is called', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'nonsense', '']) {
      const headers: Record<string, string> = type === '' ? {} : { 'Content-Type': type };
      expect(await send('POST', '/anything', '{"count":3}', headers)).toEqual({ count: 3 });
      expect(await send('POST', '/anything', '{"count":"3"}', headers)).toEqual([400, '/body/count type']);
      expect(await send('POST', '/anything', 'count=3', headers)).toEqual([400]);
      expect(await send('POST', '/anything', '', headers)).toBeUndefined();
      expect([...(await send('PUT', '/anything', new Uint8Array([0, 255]), headers))]).toEqual([0, 255]);
    }
    expect(last(api.calls).mediaType).toBe('application/octet-stream');
    expect(await send('POST', '/anything', '{}', { 'Content-Type': 'text/plain; charset=x-none' })).toEqual([415]);
    expect(await send('PUT', '/anything', new Uint8Array(UPLOAD_LIMIT + 1), {})).toEqual([413]);
  });

  it.each([
    [415, 'text/xml', '<a/>'],
    [415, '', 'a'],
    [415, 'application/json; charset=x-none', '{}'],
    [400, 'application/json', '{"count":'],
    [400, 'application/json', Buffer.from('{"count":"\xe9"}', 'latin1')],
    [400, 'application/x-www-form-urlencoded', 'count=%'],
    [400, 'application/x-www-form-urlencoded', Buffer.from('count=\xff', 'latin1')],
    [413, 'application/json', `{"count":"${'x'.repeat(BODY_LIMIT)}"}`],
    [413, 'application/x-www-form-urlencoded', `count=${'x'.repeat(BODY_LIMIT)}`],
  ])('answers %i to %s %.20s', async (status, type, body) => {
    expect(await send('POST', '/forms', body as string, type === '' ? {} : { 'Content-Type': type })).toContain(status);
  });

  it('never lets a body change a prototype', async () => {
    await send('POST', '/forms', '{"count":1,"__proto__":{"polluted":1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(last(api.calls).body.polluted).toBeUndefined();
  });
});

describe('security', async () => {
  const called: string[] = [];
  const scheme =
    (name: string, value: (source: Parameters<Api['security'][string]>[0]) => unknown): Api['security'][string] =>
    async (source) => {
      called.push(name);
      const given = value(source);
      if (given === undefined) return undefined;
      if (given === 'wrong') throw new HttpError('unauthorized', `wrong ${name}`);
      if (given === 'broken') throw new Error(`secret of ${name}`);
      return { [name]: given };
    };
  const word = (source: Parameters<Api['security'][string]>[0], expected: string) => {
    const [first, second] = source.headers.authorization?.split(' ') ?? [];
    return first?.toLowerCase() === expected ? second : undefined;
  };
  const path = (name: string, security: string) => `
  /${name}:
    get: { operationId: ${name}, security: ${security}, parameters: [{ name: key, in: query, schema: { type: string } }, { name: n, in: query, schema: { type: integer } }] }`;
  const api = await mount(
    [
      path('either', '[{ token: [] }, { header: [] }]'),
      path('both', '[{ token: [], header: [] }]'),
      path('optional', '[{}, { token: [] }]'),
      path('fallback', '[{ token: [], header: [] }, { cookie: [] }]'),
      path('oauth', '[{ oauth: [] }]'),
      path('inQuery', '[{ query: [] }]'),
      path('open', '[]'),
      path('scoped', '[{ oauth: [read, write] }]'),
    ].join('') +
      `
  /usual:
    get: { operationId: usual }
  /submit:
    post:
      operationId: submit
      security: [{ body: [] }]
      requestBody: { required: true, content: { application/x-www-form-urlencoded: { schema: { type: object, required: [key], properties: { key: { type: string }, n: { type: integer } } } } } }`,
    undefined,
    {
      required: 'security: [{ cookie: [] }]',
      components: `
  securitySchemes:
    token: { type: http, scheme: bearer }
    oauth: { type: http, scheme: OAuth }
    header: { type: apiKey, in: header, name: X-Key }
    query: { type: apiKey, in: query, name: key }
    cookie: { type: apiKey, in: cookie, name: visit }
    body: { type: apiKey, in: query, name: unused }`,
      security: {
        token: scheme('token', (source) => word(source, 'bearer')),
        oauth: scheme('oauth', (source) => word(source, 'oauth')),
        header: scheme('header', (source) => source.headers['x-key']),
        query: scheme('query', (source) => source.query.key),
        cookie: scheme('cookie', (source) => source.cookie('visit')),
        body: scheme('body', (source) => (source.body as { key?: string }).key),
      },
    },
  );
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    called.length = 0;
    const { status, json } = await raw(api.url, path, 'GET', headers);
    return status === 200 ? last(api.calls).actor : [status, json.message];
  };

  it('takes one of several', async () => {
    expect(await ask('/either', { authorization: 'Bearer t' })).toEqual({ token: 't' });
    expect(called).toEqual(['token']);
    expect(await ask('/either', { 'x-key': 'k' })).toEqual({ header: 'k' });
    expect(await ask('/either', { authorization: 'Bearer wrong', 'x-key': 'k' })).toEqual({ header: 'k' });
    expect(await ask('/either', { authorization: 'Bearer wrong', 'x-key': 'wrong' })).toEqual([401, 'wrong token']);
    expect(await ask('/either')).toEqual([401, 'Credentials are required']);
  });

  it('needs all of one requirement', async () => {
    expect(await ask('/both', { authorization: 'Bearer t', 'x-key': 'k' })).toEqual([{ token: 't' }, { header: 'k' }]);
    expect(await ask('/both', { authorization: 'Bearer t' })).toContain(401);
    expect(await ask('/both', { authorization: 'Bearer t', 'x-key': 'wrong' })).toEqual([401, 'wrong header']);
    expect(await ask('/fallback', { authorization: 'Bearer t', cookie: 'visit=v' })).toEqual({ cookie: 'v' });
  });

  it('lets everybody in where nothing is asked for, but not with wrong credentials', async () => {
    expect(await ask('/optional')).toBeUndefined();
    expect(await ask('/optional', { authorization: 'Bearer t' })).toEqual({ token: 't' });
    expect(await ask('/optional', { authorization: 'Bearer wrong' })).toEqual([401, 'wrong token']);
    expect(await ask('/open', { authorization: 'Bearer wrong' })).toBeUndefined();
    expect(called).toEqual([]);
  });

  it('finds credentials wherever they stand', async () => {
    expect(await ask('/oauth', { authorization: 'OAuth o' })).toEqual({ oauth: 'o' });
    expect(await ask('/oauth', { authorization: 'Bearer o' })).toContain(401);
    expect(await ask('/inQuery?key=q%20q')).toEqual({ query: 'q q' });
    expect(await ask('/usual', { cookie: 'a=b; visit=%E5%8C%97' })).toEqual({ cookie: '北' });
    const { status } = await raw(api.url, '/submit', 'POST', form, 'key=b');
    expect([status, last(api.calls).actor]).toEqual([200, { body: 'b' }]);
  });

  it('takes what the document says for an operation that says nothing', async () => {
    expect(await ask('/usual')).toContain(401);
  });

  it('asks who it is before it looks at the request', async () => {
    expect(await ask('/either?n=x')).toContain(401);
    expect(await ask('/either?n=x', { 'x-key': 'k' })).toContain(400);
  });

  it('tells nothing of a handler that fails', async () => {
    const { status, text } = await raw(api.url, '/either', 'GET', { authorization: 'Bearer broken' });
    expect([status, text.includes('secret')]).toEqual([500, false]);
  });

  it('refuses to be mounted without a handler for a scheme', async () => {
    const paths = path('a', '[{ token: [] }]');
    await expect(mount(paths)).rejects.toThrow('test has no handler for the security scheme token');
  });
});

describe('answers', async () => {
  let next: AnyOperation = () => ({ status: 204 });
  const api = await mount(
    `
  /answers:
    get:
      operationId: getAnswer
      responses:
        '200':
          description: Several
          headers: { X-Total: { schema: { type: integer } }, ETag: { schema: { type: string } } }
          content:
            application/json: { schema: { $ref: '#/components/schemas/Item' } }
            application/vnd.api+json: { schema: { type: object } }
            text/plain: { schema: { type: string } }
            application/octet-stream: { schema: { type: string, format: binary } }
        '204': { description: Nothing }
        '302': { description: Elsewhere, headers: { Location: { required: true, schema: { type: string } } } }
        '404': { $ref: '#/components/responses/Refused' }
        '409':
          description: In two types
          content:
            text/html: { schema: { type: string } }
            application/json: { schema: { type: object } }
    post: { operationId: postAnswer }`,
    { getAnswer: (input, context) => next(input, context), postAnswer: () => ({ status: 200, body: {} }) },
    {
      components: `
  schemas:
    Item: { type: object, required: [id], properties: { id: { type: integer }, name: { type: [string, 'null'] } } }`,
    },
  );
  const get = (
    output: Awaited<ReturnType<AnyOperation>> | (() => never),
    headers: Record<string, string> = {},
    method = 'GET',
  ) => {
    next = typeof output === 'function' ? output : () => structuredCopy(output);
    return raw(api.url, '/answers', method, headers);
  };
  // Streams and bytes must stay what they are.
  const structuredCopy = <T extends object>(value: T): T => ({ ...value });
  afterEach(() => {
    api.lines.length = 0;
  });

  it('negotiates the media type', async () => {
    const typeFor = async (accept?: string) => {
      const { status, headers } = await get({ status: 200, body: { id: 1 } }, accept === undefined ? {} : { accept });
      return status === 200 ? headers['content-type'] : status;
    };
    expect(await typeFor()).toBe('application/json; charset=utf-8');
    expect(await typeFor('*/*')).toBe('application/json; charset=utf-8');
    expect(await typeFor('application/vnd.api+json')).toBe('application/vnd.api+json');
    expect(await typeFor('application/json;q=0.1, application/vnd.api+json')).toBe('application/vnd.api+json');
    expect(await typeFor('APPLICATION/JSON')).toBe('application/json; charset=utf-8');
    expect(await typeFor('image/png')).toBe(406);
    expect(await typeFor('image/*, */*;q=0')).toBe(406);
  });

  it('writes text, bytes and streams as they are', async () => {
    const text = await get({ status: 200, type: 'text/plain', body: '汉字' });
    expect([text.headers['content-type'], text.headers['content-length'], text.text]).toEqual([
      'text/plain; charset=utf-8',
      '6',
      '汉字',
    ]);
    const bytes = await get({ status: 200, type: 'application/octet-stream', body: new Uint8Array([97, 98]) });
    expect([bytes.headers['content-type'], bytes.text]).toEqual(['application/octet-stream', 'ab']);
    const stream = await get({ status: 200, type: 'application/octet-stream', body: Readable.from(['a', 'b', 'c']) });
    expect([stream.headers['transfer-encoding'], stream.text]).toEqual(['chunked', 'abc']);
  });

  it('closes a stream that nobody reads', async () => {
    const body = new Readable({ read() {} });
    const { status, text } = await get({ status: 200, type: 'application/octet-stream', body }, {}, 'HEAD');
    expect([status, text, body.destroyed]).toEqual([200, '', true]);

    const endless = new Readable({
      read() {
        this.push('x'.repeat(1_000));
      },
    });
    next = () => ({ status: 200, type: 'application/octet-stream', body: endless });
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GET /api/answers HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await expect.poll(() => endless.destroyed).toBe(true);
  });

  it('breaks a stream off that fails', async () => {
    const failing = Readable.from(
      (async function* () {
        yield 'a';
        throw new Error('secret');
      })(),
    );
    await expect(get({ status: 200, type: 'application/octet-stream', body: failing })).rejects.toThrow();
    expect((await get({ status: 204 })).status).toBe(204);
  });

  it('has no body where there is none', async () => {
    const none = await get({ status: 204 });
    expect([none.status, none.text, none.headers['content-length'], none.headers['content-type']]).toEqual([
      204,
      '',
      undefined,
      undefined,
    ]);
    const redirect = await get({ status: 302, headers: { Location: '/x' } });
    expect([
      redirect.status,
      redirect.headers.location,
      redirect.headers['content-length'],
      redirect.headers['content-type'],
    ]).toEqual([302, '/x', '0', undefined]);
  });

  it('answers HEAD like GET, without the body', async () => {
    const head = await get({ status: 200, headers: { 'X-Total': 3 }, body: { id: 1 } }, {}, 'HEAD');
    expect([head.status, head.text, head.headers['content-length'], head.headers['x-total']]).toEqual([
      200,
      '',
      '8',
      '3',
    ]);
    const refused = await get(
      () => {
        throw new HttpError('not_found', 'gone');
      },
      {},
      'HEAD',
    );
    expect([refused.status, refused.text]).toEqual([404, '']);
  });

  it('says what is allowed', async () => {
    const options = await raw(api.url, '/answers', 'OPTIONS');
    expect([options.status, options.headers.allow, options.text]).toEqual([204, 'GET, POST, HEAD, OPTIONS', '']);
    const refused = await raw(api.url, '/answers', 'DELETE');
    expect([refused.status, refused.headers.allow, refused.json.error]).toEqual([
      405,
      'GET, POST, HEAD, OPTIONS',
      'method_not_allowed',
    ]);
    expect((await raw(api.url, '/answers', 'PROPFIND')).status).toBe(405);
    expect((await raw(api.url, '/nowhere', 'OPTIONS')).status).toBe(404);
  });

  it.each([
    ['a status that is not declared', { status: 418, body: {} }, 'status 418'],
    ['a field that is missing', { status: 200, body: { name: null } }, 'id'],
    ['a field of the wrong type', { status: 200, body: { id: 1, name: 5 } }, '/name'],
    ['a media type that is not declared', { status: 200, type: 'text/html', body: '' }, 'text/html'],
    ['a body that is missing', { status: 200 }, 'body'],
    ['a body where there is none', { status: 204, body: {} }, '204'],
    ['a header that is missing', { status: 302, headers: {} }, 'Location'],
    ['a header of the wrong type', { status: 200, headers: { 'X-Total': 'many' }, body: { id: 1 } }, 'X-Total'],
  ])('answers 500 to %s and says so in the log', async (_what, output, named) => {
    const { status, json, headers } = await get(output);
    expect([status, json]).toEqual([500, { error: 'internal', message: 'Internal server error', fields: [] }]);
    const line = api.lines.find(({ level }) => level === 50);
    expect(line).toMatchObject({ operationId: 'getAnswer' });
    expect(line?.msg).toContain('breaks the contract');
    expect(line?.msg).toContain(named);
    expect(headers['x-request-id']).toBeTruthy();
  });

  it.each([
    [
      'an Error',
      () => {
        throw new Error('password=hunter2');
      },
    ],
    ['a rejection', (() => Promise.reject(new Error('password=hunter2'))) as unknown as () => never],
    [
      'text',
      () => {
        throw 'password=hunter2';
      },
    ],
    [
      'nothing',
      () => {
        throw undefined;
      },
    ],
  ])('tells nothing of %s that was not foreseen', async (_what, fail) => {
    const { status, text, json } = await get(fail);
    expect([status, json.error, text.includes('hunter2')]).toEqual([500, 'internal', false]);
    expect(api.lines.some(({ level }) => level === 50)).toBe(true);
  });

  it('tells an error that was foreseen, with its headers', async () => {
    const { status, json, headers } = await get(() => {
      throw new HttpError('not_found', 'No such thing', { headers: { 'X-Why': 'b' } });
    });
    expect([status, json.message, headers['x-why']]).toEqual([404, 'No such thing', 'b']);
    expect(api.lines).toEqual([]);
  });

  it('lets the caller choose in which type an error is told', async () => {
    const conflict = () => {
      throw new HttpError('conflict', 'x');
    };
    const scene = async (accept?: string) => {
      await get(conflict, accept === undefined ? {} : { accept });
      return last(api.scenes).mediaTypes;
    };
    expect(await scene()).toEqual(['text/html', 'application/json']);
    expect(await scene('application/json')).toEqual(['application/json', 'text/html']);
  });

  it('takes an error whose status is not declared for a fault of ours', async () => {
    const { status } = await get(() => {
      throw new HttpError('too_many_requests', 'x');
    });
    expect(status).toBe(500);
    expect(last(api.lines).msg).toContain('status 429');
  });

  it('gives every answer an id', async () => {
    const ids = await Promise.all(
      [
        get({ status: 204 }),
        raw(api.url, '/answers', 'DELETE'),
        raw(api.url, '/nowhere'),
        raw(api.url, '/answers?a=%'),
        raw(api.url, '/answers', 'OPTIONS'),
      ].map(async (answer) => (await answer).headers['x-request-id']),
    );
    expect(new Set(ids).size).toBe(5);
    expect(ids).not.toContain(undefined);
  });
});

describe('an operation that is not written yet', () => {
  it('answers 501 in the words of the API', async () => {
    const api = await mount('  /later: { get: { operationId: later } }', {});
    const { status, json } = await raw(api.url, '/later');
    expect([status, json]).toEqual([
      501,
      { error: 'not_implemented', message: 'later is not implemented yet', fields: [] },
    ]);
  });
});

describe('a renderError that fails', () => {
  it('still gets an answer', async () => {
    const api = await mount(
      `
  /plain:
    get:
      operationId: plain
      responses: { '200': { description: '', content: { application/json: { schema: {} } } }, '500': { description: '', content: { image/png: { schema: {} } } } }`,
      {
        plain: () => {
          throw new Error('secret');
        },
      },
    );
    const { status, text } = await raw(api.url, '/plain');
    expect([status, text.includes('secret')]).toEqual([500, false]);
  });
});

describe('a contract with 200 operations', async () => {
  const paths = Array.from(
    { length: 100 },
    (_, index) => `
  /things${index}/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { operationId: getThing${index} }
    post:
      operationId: postThing${index}
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Thing${index}' } } } }`,
  );
  const schemas = Array.from(
    { length: 100 },
    (_, index) => `
    Thing${index}: { type: object, required: [at], properties: { at: { const: ${index} } } }`,
  );
  const api = await mount(paths.join(''), undefined, { components: `  schemas:${schemas.join('')}` });

  it('serves each of them by its own schema', async () => {
    for (const index of [0, 57, 99]) {
      expect((await raw(api.url, `/things${index}/1`)).status).toBe(200);
      expect(last(api.calls).params).toEqual({ id: 1 });
      expect((await raw(api.url, `/things${index}/1`, 'POST', json, `{"at":${index}}`)).status).toBe(200);
      expect((await raw(api.url, `/things${index}/1`, 'POST', json, '{"at":-1}')).status).toBe(400);
      expect((await raw(api.url, `/things${index}/x`)).status).toBe(400);
    }
  });

  it('compiles nothing for a media type that a caller makes up', async () => {
    const [get, post] = [{ 'content-type': 'text/made-up' }, { 'content-type': 'application/json; made=up' }];
    await raw(api.url, '/things3/1');
    await raw(api.url, '/things3/1', 'POST', json, '{"at":3}');
    const compile = vi.spyOn(Object.getPrototypeOf(Ajv.prototype), 'addSchema');
    expect((await raw(api.url, '/things3/1', 'GET', get)).status).toBe(200);
    expect((await raw(api.url, '/things3/1', 'POST', post, '{"at":3}')).status).toBe(200);
    expect(compile).not.toHaveBeenCalled();
    // The spy sees what is compiled at all.
    await raw(api.url, '/things4/1');
    expect(compile).toHaveBeenCalled();
    compile.mockRestore();
  });

  it('does not look at a path before it is asked for', async () => {
    // A schema that cannot be compiled does no harm to the others.
    const broken = await mount(`
  /good: { get: { operationId: good } }
  /bad:
    get:
      operationId: bad
      parameters: [{ name: a, in: query, schema: { type: string, pattern: '(' } }]`);
    expect((await raw(broken.url, '/good')).status).toBe(200);
    expect((await raw(broken.url, '/bad')).status).toBe(500);
    expect((await raw(broken.url, '/good')).status).toBe(200);
  });
});
