import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.ts';
import { BODY_IDLE_MS, BODY_LIMIT, json, last, mount, raw, UPLOAD_LIMIT } from './mounted.ts';

describe('bodies that arrive slowly, early or in numbers', async () => {
  const upload = `{ content: { multipart/form-data: { schema: { type: object, required: [file], properties: { file: { type: string, format: binary }, key: { type: string, maxLength: 10 } } } } } }`;
  const api = await mount(
    `
  /notes:
    post: { operationId: sendNote, requestBody: { content: { application/json: {} } } }
    put: { operationId: putNote, security: [{ header: [] }], requestBody: { content: { application/json: {} } } }
  /files:
    post: { operationId: sendFile, requestBody: { x-any-media-type: true, content: { application/octet-stream: { schema: { type: string, format: binary } } } } }
  /photos:
    post: { operationId: sendPhoto, security: [{ header: [] }, { body: [] }], requestBody: ${upload} }`,
    undefined,
    {
      components: `
  securitySchemes:
    header: { type: apiKey, in: header, name: X-Key }
    body: { type: apiKey, in: query, name: key, x-fields: [key] }`,
      security: {
        header: ({ headers }) => keyOf(headers['x-key']),
        body: ({ body }) => keyOf((body as { key?: string } | undefined)?.key),
      },
    },
  );
  const keyOf = (key: unknown) => {
    if (key === 'wrong') throw new HttpError('unauthorized', 'wrong key');
    return key;
  };

  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** Sends a head and the beginning of a body, and no end. */
  async function begin(head: string, body = ''): Promise<{ socket: Socket; answer: () => Promise<string> }> {
    const { port, pathname } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    socket.write(`${head.replace(' /', ` ${pathname}/`)} HTTP/1.1\r\nHost: a\r\n${body}`);
    return {
      socket,
      async answer() {
        while (!/\r\n\r\n\{/.test(received)) await once(socket, 'data');
        return received;
      },
    };
  }
  const chunked = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

  it('refuses a caller by the headers, before the body has arrived', async () => {
    const head = `X-Key: wrong\r\nContent-Type: application/json\r\nContent-Length: ${BODY_LIMIT}\r\n\r\n`;
    const { socket, answer } = await begin('PUT /notes', head);
    expect(await answer()).toMatch(/^HTTP\/1.1 401 [\s\S]*wrong key/);
    // The rest of the body is ignored, and the connection stays usable.
    socket.write(`${'x'.repeat(BODY_LIMIT)}GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(socket, 'data');
    expect(await answer()).toMatch(/HTTP\/1.1 401 [\s\S]*HTTP\/1.1 404 /);
    expect(api.calls).toEqual([]);
  });

  const part = (name: string, text = '') => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
  const file = part('file"; filename="a', 'x'.repeat(5 * UPLOAD_LIMIT));
  it.each([
    ['a form with too many fields', 'POST /photos', 'multipart/form-data; boundary=x', part('odd').repeat(2000)],
    [
      'a form with a file that is too large',
      'POST /photos',
      'multipart/form-data; boundary=x',
      part('key', 'a') + file,
    ],
    [
      'a form with broken headers',
      'POST /photos',
      'multipart/form-data; boundary=x',
      '--x\r\nodd\r\n\r\n'.repeat(9999),
    ],
    ['a file that is too large', 'POST /files', 'image/png', 'x'.repeat(5 * UPLOAD_LIMIT)],
  ])('answers the next request on a connection after refusing %s', async (_what, head, type, body) => {
    const { socket, answer } = await begin(
      head,
      `Content-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
    );
    expect(await answer()).toMatch(/^HTTP\/1.1 4\d\d /);
    socket.write('0\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    expect(await answer()).toMatch(/HTTP\/1.1 404 /);
  });

  it('lets a slow body take as long as it needs', async () => {
    const { socket, answer } = await begin('POST /notes', chunked);
    for (const byte of '"slowly"') {
      await sleep(BODY_IDLE_MS / 4);
      socket.write(`1\r\n${byte}\r\n`);
    }
    socket.write('0\r\n\r\n');
    expect(await answer()).toMatch(/^HTTP\/1.1 200 /);
    expect(last(api.calls).body).toBe('slowly');
  });

  it.each([
    ['JSON', 'POST /notes', `${chunked}1\r\n"\r\n`],
    ['a file', 'POST /files', `${chunked}1\r\nx\r\n`],
    [
      'a form',
      'POST /photos',
      `X-Key: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 999\r\n\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx`,
    ],
  ])('returns 408 to %s that stops arriving, and closes the connection', async (_what, head, body) => {
    const { socket, answer } = await begin(head, body);
    const text = await answer();
    expect(text).toMatch(/^HTTP\/1.1 408 [\s\S]*Connection: close[\s\S]*"error":"request_timeout"/);
    if (!socket.destroyed) await once(socket, 'close');
  });

  /** Begins a body that stays open, and waits until the server has begun to read it. */
  async function occupy(head: string) {
    const begun = await begin(head, `Expect: 100-continue\r\n${chunked}1\r\n1\r\n`);
    await once(begun.socket, 'data');
    return begun;
  }

  it('returns 503 when the memory is full, and accepts bodies again afterwards', async () => {
    const { socket, answer } = await occupy('POST /notes');
    const refused = await raw(api.url, '/notes', 'POST', json, '"a"');
    expect([refused.status, refused.headers['retry-after'], refused.json.error]).toEqual([503, '5', 'unavailable']);
    // Callers who are not known have half of it.
    expect((await raw(api.url, '/notes', 'PUT', { ...json, 'X-Key': 'a' }, '"a"')).status).toBe(200);
    socket.write('0\r\n\r\n');
    await answer();
    expect((await raw(api.url, '/notes', 'POST', json, '"a"')).status).toBe(200);
  });

  it('returns 503 when the disk is full, and accepts files again after the sender has gone', async () => {
    const send = async () => (await raw(api.url, '/files', 'POST', json, 'x')).status;
    const { socket } = await occupy('POST /files');
    expect(await send()).toBe(503);
    socket.destroy();
    await expect.poll(send, { interval: 10 }).toBe(200);
  });

  const form = (...parts: [string, string][]) => {
    const data = new FormData();
    for (const [name, value] of parts) data.append(name, name === 'file' ? new Blob([value]) : value);
    return fetch(`${api.url}/photos`, { method: 'POST', body: data });
  };
  const small = 'x'.repeat(BODY_LIMIT);
  const large = 'x'.repeat(UPLOAD_LIMIT);

  it('identifies a caller by a field of the form', async () => {
    expect((await form(['key', 'a'], ['file', large])).status).toBe(200);
    expect(last(api.calls)).toMatchObject({ actor: 'a', body: { key: 'a' } });
    expect((await form(['file', small], ['key', 'a'])).status).toBe(200);
  });

  it('takes no large file of a caller who is not known yet', async () => {
    for (const parts of [
      [
        ['file', `${small}x`],
        ['key', 'a'],
      ],
      [['file', `${small}x`]],
      [
        ['key', 'wrong'],
        ['file', large],
      ],
    ])
      expect((await form(...(parts as [string, string][]))).status).toBe(401);
    expect((await form(['key', 'wrong'], ['file', 'x'])).status).toBe(401);
  });
});
