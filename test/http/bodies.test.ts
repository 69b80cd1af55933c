import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BODY_LIMIT, form, json, last, mount, raw, UPLOAD_LIMIT } from './mounted.ts';

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
                either: { anyOf: [{ type: integer }, { type: 'null' }] }
                neither: { anyOf: [{ type: integer }, { type: string }] }
                constant: { const: null }
                fixed: { const: a }
                free: {}
                listed: { enum: [a, null] }
                unlisted: { enum: [a, b] }
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
  /small:
    post:
      operationId: uploadSmall
      requestBody: { required: true, content: { multipart/form-data: { schema: { type: object, properties: { file: { type: string, format: binary, maxLength: 100 } } } } } }
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

  it('reads null as absent where the contract does not allow it, at any depth', async () => {
    const send = (body: unknown) => raw(api.url, '/people', 'POST', json, JSON.stringify(body));
    await send({ name: 'a', age: null, note: null, more: null, friends: [{ name: null }, 1], data: { a: null } });
    expect(last(api.calls).body).toEqual({ name: 'a', note: null, more: null, friends: [{}, 1], data: { a: null } });
    const allowed = { either: null, constant: null, free: null, listed: null };
    await send({ name: 'a', ...allowed, neither: null, fixed: null, unlisted: null });
    expect(last(api.calls).body).toEqual({ name: 'a', ...allowed });
    expect((await send({ name: null })).json.fields).toEqual(['/body/name required']);
    expect((await send({ name: 'a', friends: [null] })).status).toBe(400);
    expect(
      (await raw(api.url, '/people', 'POST', json, `{"name":${'['.repeat(4000)}null${']'.repeat(4000)}}`)).status,
    ).toBe(400);
  });

  it('reads a form without files from multipart where the contract declares it', async () => {
    const body = ['name', 'age'].map((name) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n7\r\n`);
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await raw(api.url, '/people', 'POST', type, `${body.join('')}--x--\r\n`)).status).toBe(200);
    expect(last(api.calls)).toMatchObject({ body: { name: '7', age: 7 }, mediaType: 'multipart/form-data' });
  });

  it('accepts a list with DELETE', async () => {
    expect(await send('DELETE', '/members', '[]')).toEqual([400, '/body minItems']);
    expect(await send('DELETE', '/members', '[1,"2"]')).toEqual([400, '/body/1 type']);
    expect(await send('DELETE', '/members', undefined, {})).toEqual([400, '/body required']);
    await send('DELETE', '/members', '[1,2]');
    expect(last(api.calls)).toMatchObject({ body: [1, 2], mediaType: 'application/json' });
  });

  it('accepts null where the contract allows it, and no body where it is optional', async () => {
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

  it('returns 400 to a number that is no double, wherever it stands', async () => {
    const large = '9'.repeat(400);
    expect(await send('POST', '/forms', `count=${large}`, form)).toEqual([400, '/body/count type']);
    expect(await send('POST', '/forms', `count=1&ids=-${large}`, form)).toEqual([400, '/body/ids/0 type']);
    expect(await send('POST', '/forms', `{"count":${large}}`)).toEqual([400, '/body/count type']);
    expect(await send('POST', '/people', '{"name":"a","data":{"a":[{"b":-1e400}]}}')).toEqual([
      400,
      '/body/data/a/0/b type',
    ]);
    expect(await send('POST', '/anything', `{"count":${large}}`, {})).toEqual([400, '/body/count type']);
    const part = `--x\r\nContent-Disposition: form-data; name="age"\r\n\r\n${large}\r\n`;
    const name = '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na\r\n';
    const type = { 'Content-Type': 'multipart/form-data; boundary=x' };
    expect(await send('POST', '/people', `${part}${name}--x--\r\n`, type)).toEqual([400, '/body/age type']);
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

  it('accepts tuples', async () => {
    expect(await send('POST', '/points', '[1,"a"]')).toEqual([1, 'a']);
    expect(await send('POST', '/points', '["a",1]')).toEqual([400, '/body/0 type', '/body/1 type']);
    expect(await send('POST', '/points', '[1]')).toContain(400);
    expect(await send('POST', '/points', '[1,"a",2]')).toContain(400);
  });

  it('accepts uploads', async () => {
    const data = new FormData();
    data.append('file', new Blob(['中文'], { type: 'text/plain' }), 'a.txt');
    data.append('size', '6');
    const response = await fetch(`${api.url}/files`, { method: 'POST', body: data });
    expect(response.status).toBe(200);
    expect(last(api.calls).body).toMatchObject({ size: 6 });
    expect(last(api.calls).mediaType).toBe('multipart/form-data');

    data.set('size', 'x');
    const rejected = await fetch(`${api.url}/files`, { method: 'POST', body: data });
    expect([rejected.status, ((await rejected.json()) as { fields: string[] }).fields]).toEqual([
      400,
      ['/body/size type'],
    ]);
    const nothing = await fetch(`${api.url}/files`, { method: 'POST', body: new FormData() });
    expect(nothing.status).toBe(400);
  });

  it('gives the bytes of an upload to the operation', async () => {
    const data = new FormData();
    data.append('file', new Blob([new Uint8Array([0, 255, 1])]), 'a.bin');
    expect((await fetch(`${api.url}/photos`, { method: 'POST', body: data })).status).toBe(200);
    expect(last(api.calls).body.file).toMatchObject({ name: 'a.bin', bytes: [0, 255, 1] });
  });

  const partOf = (headers: string, content = 'x') =>
    `--x\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}\r\n`;
  const sendParts = (path: string, ...parts: (string | Buffer)[]) =>
    send('POST', path, Buffer.concat([...parts, '--x--\r\n'].map((part) => Buffer.from(part as string))), {
      'Content-Type': 'multipart/form-data; boundary=x',
    });

  it.each([
    ['filename="报告.txt"', '报告.txt'],
    [`filename="50%.txt"`, '50%.txt'],
    ['filename="a%22b.txt"', 'a"b.txt'],
    ['filename="a\\"b.txt"', 'a"b.txt'],
    ['filename=plain.txt', 'plain.txt'],
    ['filename="odd.txt"; filename*=UTF-8\'\'%E6%8A%A5.txt', '报.txt'],
    ['FileName="a;b=c.txt"', 'a;b=c.txt'],
  ])('reads the name of a file from %s', async (parameter, name) => {
    expect(await sendParts('/photos', partOf(`name="file"; ${parameter}`))).toMatchObject({ file: { name } });
  });

  it('reads the name of a file in GBK where it is not UTF-8', async () => {
    // The second byte of the last character is a backslash.
    const name = Buffer.concat([Buffer.from('b1a8b8e6d55c', 'hex')]);
    const [before = '', after = ''] = partOf('name="file"; filename="|"').split('|');
    const answer = await sendParts('/photos', Buffer.concat([Buffer.from(before), name, Buffer.from(after)]));
    expect(answer).toMatchObject({ file: { name: '报告誠' } });
  });

  it.each(['utf_8', 'utf8', '"utf8"', 'UTF-8', 'x-none'])(
    'keeps the value of a part with charset=%s',
    async (charset) => {
      const part = partOf(`name="name"\r\nContent-Type: text/plain; charset=${charset}`, '汉');
      expect(await sendParts('/people', part)).toMatchObject({ name: '汉' });
    },
  );

  it('reads the bytes between the parts of a form, however they arrive', async () => {
    const content = Buffer.from('\r\n--\r\n--y\r\n\r--x-\r\n--');
    const whole = [
      Buffer.from('preamble\r\n'),
      Buffer.from(partOf('name="size"', '1')),
      Buffer.concat([Buffer.from(partOf('name="file"; filename="a"', '').slice(0, -2)), content, Buffer.from('\r\n')]),
      Buffer.from('--x--\r\nepilogue'),
    ];
    for (const size of [1, 2, 3, 7, 1000]) {
      const { status } = await drip(Buffer.concat(whole), size);
      expect([size, status, last(api.calls).body.file.bytes]).toEqual([size, 200, [...content]]);
    }
  });

  /** Sends a form to /files in pieces of this size. */
  async function drip(bytes: Buffer, size: number) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    return fetch(`${api.url}/files`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
      body: Readable.toWeb(Readable.from(pieces)) as BodyInit,
      duplex: 'half',
    } as RequestInit);
  }

  it('takes maxLength as the largest size of a file', async () => {
    expect(await sendParts('/small', partOf('name="file"; filename="a"', 'x'.repeat(100)))).toHaveProperty('file');
    expect(await sendParts('/small', partOf('name="file"; filename="a"', 'x'.repeat(101)))).toEqual([413]);
  });

  it.each([
    [
      'a truncated body',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
    ],
    ['no boundary', 'multipart/form-data', 'abc'],
    [
      'another field',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="odd"; filename="a"\r\n\r\nabc\r\n--x--\r\n',
    ],
  ])('returns 400 to an upload with %s', async (_what, type, body) => {
    expect(await send('POST', '/photos', body, { 'Content-Type': type })).toContain(400);
  });

  it('returns 413 to an upload that is too large', async () => {
    const data = new FormData();
    data.append('file', new Blob([new Uint8Array(UPLOAD_LIMIT + 1)]), 'a.bin');
    expect((await fetch(`${api.url}/photos`, { method: 'POST', body: data })).status).toBe(413);
  });

  it('returns 413 to too many files and too many fields', async () => {
    for (const [name, value] of [
      ['file', new Blob(['a'])],
      ['note', 'a'],
    ] as const) {
      const data = new FormData();
      for (let count = 0; count < 60; count++) data.append(name, value as Blob);
      expect((await fetch(`${api.url}/photos`, { method: 'POST', body: data })).status).toBe(413);
    }
  });

  it('does not change bytes and text', async () => {
    const bytes = new Uint8Array([0, 255, 10]);
    const type = { 'Content-Type': 'application/octet-stream' };
    expect((await send('PUT', '/bytes', bytes, type)).bytes).toEqual([...bytes]);
    expect(await send('PUT', '/bytes', '汉字', { 'Content-Type': 'text/plain; charset=utf-8' })).toBe('汉字');
  });

  it('reads a body with x-any-media-type as its one type, with any Content-Type', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'nonsense', '']) {
      const headers: Record<string, string> = type === '' ? {} : { 'Content-Type': type };
      expect(await send('POST', '/anything', '{"count":3}', headers)).toEqual({ count: 3 });
      expect(await send('POST', '/anything', '{"count":"3"}', headers)).toEqual([400, '/body/count type']);
      expect(await send('POST', '/anything', 'count=3', headers)).toEqual([400]);
      expect(await send('POST', '/anything', '', headers)).toBeUndefined();
      expect((await send('PUT', '/anything', new Uint8Array([0, 255]), headers)).bytes).toEqual([0, 255]);
    }
    expect(last(api.calls).mediaType).toBe('application/octet-stream');
    for (const type of ['text/plain; charset=x-none', 'application/json; charset=gbk'])
      expect(await send('POST', '/anything', '{"count":4}', { 'Content-Type': type })).toEqual({ count: 4 });
    expect(await send('PUT', '/anything', new Uint8Array(UPLOAD_LIMIT + 1), {})).toEqual([413]);
    const compressed = { 'Content-Encoding': 'gzip' };
    expect((await send('PUT', '/anything', gzipSync('abc'), compressed)).bytes).toEqual([...Buffer.from('abc')]);
    expect(await send('PUT', '/anything', gzipSync(Buffer.alloc(UPLOAD_LIMIT + 1)), compressed)).toEqual([413]);
    expect(await send('PUT', '/anything', 'abc', compressed)).toEqual([400]);
  });

  it.each(['utf8', 'UTF8', '"utf8"', '"UTF-8"', 'utf_8', 'Utf-8; odd=1'])(
    'reads UTF-8 labelled %s',
    async (charset) => {
      const labelled = (type: string) => ({ 'Content-Type': `${type}; charset=${charset}` });
      expect(await send('POST', '/people', '{"name":"汉"}', labelled('application/json'))).toEqual({ name: '汉' });
      const text = new URLSearchParams({ count: '3', text: '汉' }).toString();
      expect(await send('POST', '/forms', text, labelled(form['Content-Type']))).toMatchObject({ text: '汉' });
      expect(await send('PUT', '/bytes', '汉', labelled('text/plain'))).toBe('汉');
      const part = '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n汉\r\n--x--\r\n';
      expect(await send('POST', '/people', part, labelled('multipart/form-data; boundary=x'))).toEqual({ name: '汉' });
    },
  );

  it('takes a Content-Encoding that names a charset as none', async () => {
    for (const encoding of ['utf-8', 'UTF8'])
      expect(await send('POST', '/forms', 'count=3', { ...form, 'Content-Encoding': encoding })).toEqual({ count: 3 });
  });

  it.each(['x-none', 'constructor', '__proto__', 'toString'])(
    'refuses the Content-Encoding %s, and goes on',
    async (encoding) => {
      const headers = { 'Content-Encoding': encoding };
      expect(await send('POST', '/forms', 'count=3', { ...form, ...headers })).toEqual([415]);
      expect(await send('PUT', '/anything', 'abc', headers)).toEqual([415]);
      expect(await send('PUT', '/anything', 'abc', {})).toMatchObject({ bytes: [...Buffer.from('abc')] });
    },
  );

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
  ])('returns %i to %s %.20s', async (status, type, body) => {
    expect(await send('POST', '/forms', body as string, type === '' ? {} : { 'Content-Type': type })).toContain(status);
  });

  it('never lets a body change a prototype', async () => {
    await send('POST', '/forms', '{"count":1,"__proto__":{"polluted":1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(last(api.calls).body.polluted).toBeUndefined();
  });
});
