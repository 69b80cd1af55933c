import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.ts';
import type { AnyOperation } from '../../src/http/operation.ts';
import { last, mount, raw } from './mounted.ts';

describe('responses', async () => {
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
            application/vnd.api+json: { schema: { $ref: '#/components/schemas/Item' } }
            text/plain: { schema: { type: string } }
            application/octet-stream: { schema: { type: string, format: binary } }
        '204': { description: Nothing }
        '302': { description: Elsewhere, headers: { Location: { required: true, schema: { type: string } } } }
        '404': { $ref: '#/components/responses/Refused' }
        '409':
          description: In two types
          content:
            text/html: { schema: { type: string } }
            application/json: { schema: { type: object, additionalProperties: true } }
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

  it('writes text, bytes and streams unchanged', async () => {
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

  it('closes a stream without a reader', async () => {
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

  it('breaks off a stream that fails', async () => {
    const failing = Readable.from(
      (async function* () {
        yield 'a';
        throw new Error('secret');
      })(),
    );
    await expect(get({ status: 200, type: 'application/octet-stream', body: failing })).rejects.toThrow();
    expect((await get({ status: 204 })).status).toBe(204);
  });

  it('has no body where the contract has none', async () => {
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
    const failed = await get(
      () => {
        throw new HttpError('not_found', 'gone');
      },
      {},
      'HEAD',
    );
    expect([failed.status, failed.text]).toEqual([404, '']);
  });

  it('lists the allowed methods', async () => {
    const options = await raw(api.url, '/answers', 'OPTIONS');
    expect([options.status, options.headers.allow, options.text]).toEqual([204, 'GET, POST, HEAD, OPTIONS', '']);
    const failed = await raw(api.url, '/answers', 'DELETE');
    expect([failed.status, failed.headers.allow, failed.json.error]).toEqual([
      405,
      'GET, POST, HEAD, OPTIONS',
      'method_not_allowed',
    ]);
    expect((await raw(api.url, '/answers', 'PROPFIND')).status).toBe(405);
    expect((await raw(api.url, '/nowhere', 'OPTIONS')).status).toBe(404);
  });

  it.each([
    ['an undeclared status', { status: 418, body: {} }, 'status 418'],
    ['a missing field', { status: 200, body: { name: null } }, 'id'],
    ['a field of the wrong type', { status: 200, body: { id: 1, name: 5 } }, '/name'],
    ['an undeclared media type', { status: 200, type: 'text/html', body: '' }, 'text/html'],
    ['a missing body', { status: 200 }, 'body'],
    ['a body where the contract has none', { status: 204, body: {} }, '204'],
    ['a missing header', { status: 302, headers: {} }, 'Location'],
    ['a header of the wrong type', { status: 200, headers: { 'X-Total': 'many' }, body: { id: 1 } }, 'X-Total'],
  ])('returns 500 for %s and logs it', async (_what, output, named) => {
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
  ])('returns 500 without details for %s that is thrown', async (_what, fail) => {
    const { status, text, json } = await get(fail);
    expect([status, json.error, text.includes('hunter2')]).toEqual([500, 'internal', false]);
    expect(api.lines.some(({ level }) => level === 50)).toBe(true);
  });

  it('writes an HttpError with its headers', async () => {
    const { status, json, headers } = await get(() => {
      throw new HttpError('not_found', 'No such thing', { headers: { 'X-Why': 'b' } });
    });
    expect([status, json.message, headers['x-why']]).toEqual([404, 'No such thing', 'b']);
    expect(api.lines).toEqual([]);
  });

  it('chooses the media type of an error by Accept', async () => {
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

  it('returns 500 for an error whose status is not declared', async () => {
    const { status } = await get(() => {
      throw new HttpError('too_many_requests', 'x');
    });
    expect(status).toBe(500);
    expect(last(api.lines).msg).toContain('status 429');
  });

  it('gives every response an id', async () => {
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
