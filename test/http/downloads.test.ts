import { beforeAll, describe, expect, it } from 'vitest';
import { bytesBody, FileBody } from '../../src/http/file-body.ts';
import { type Answer, type Mounted, mount, raw } from './mounted.ts';

const text = '0123456789abcdefghij';
const modifiedAt = Date.UTC(2026, 10, 28, 8, 30, 15, 999);
const lastModified = 'Sat, 28 Nov 2026 08:30:15 GMT';
const etag = '"version-1"';

const responses = `
      responses:
        '200': { description: File, content: { audio/amr: {}, text/plain: {} } }
        '206': { description: Part, content: { audio/amr: {}, text/plain: {} } }
        '304': { description: Unchanged }
        '404': { $ref: '#/components/responses/Refused' }
        '416': { $ref: '#/components/responses/Refused' }`;

/** RFC 9110, sections 13 and 14. */
describe('a download', () => {
  let mounted: Mounted;
  /** The ranges that were read; null for the whole file. */
  const reads: unknown[] = [];

  beforeAll(async () => {
    const bytes = bytesBody(Buffer.from(text), { version: 'version-1', modifiedAt });
    const file = new FileBody({
      ...bytes,
      read: (range) => {
        reads.push(range ?? null);
        return bytes.read(range);
      },
    });
    const output = { status: 200, type: 'text/plain', headers: { 'Cache-Control': 'public' } };
    mounted = await mount(
      `
  /file:
    get:
      operationId: getFile
      security: []${responses}
  /empty:
    get:
      operationId: getEmpty
      security: []${responses}`,
      {
        getFile: () => ({ ...output, body: file }),
        getEmpty: () => ({ ...output, body: bytesBody(new Uint8Array(), { version: 'e', modifiedAt }) }),
      },
    );
  });

  const get = async (headers: Record<string, string> = {}, method = 'GET', path = '/file'): Promise<Answer> => {
    reads.length = 0;
    return raw(mounted.url, path, method, headers);
  };

  it('has a strong ETag, Last-Modified, its length and Accept-Ranges', async () => {
    const { status, headers, text: body } = await get();
    expect([status, body]).toEqual([200, text]);
    expect(headers).toMatchObject({
      etag,
      'last-modified': lastModified,
      'accept-ranges': 'bytes',
      'content-length': '20',
      'cache-control': 'public',
    });
    expect(headers).not.toHaveProperty('content-range');
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/20'],
    ['bytes=5-5', '5', 'bytes 5-5/20'],
    ['bytes=5-', '56789abcdefghij', 'bytes 5-19/20'],
    ['bytes=-4', 'ghij', 'bytes 16-19/20'],
    ['bytes=-100', text, 'bytes 0-19/20'],
    ['bytes=18-100', 'ij', 'bytes 18-19/20'],
  ])('sends %s alone', async (range, part, contentRange) => {
    const { status, headers, text: body } = await get({ Range: range });
    expect([status, body]).toEqual([206, part]);
    expect(headers).toMatchObject({
      etag,
      'last-modified': lastModified,
      'content-type': 'text/plain; charset=utf-8',
      'content-range': contentRange,
      'content-length': String(part.length),
    });
    const [first, last] = contentRange.slice(6, -3).split('-').map(Number);
    expect(reads).toEqual([{ start: first, end: last }]);
  });

  it.each(['bytes=0-1,10-11', 'bytes=9-2', 'bytes=a-b', 'bytes=-', 'bytes', 'lines=0-1', 'lines=90-', 'kilobytes=0-1'])(
    'is whole for the range "%s"',
    async (range) => {
      const { status, text: body } = await get({ Range: range });
      expect([status, body]).toEqual([200, text]);
    },
  );

  it.each(['bytes=20-', 'bytes=100-200', 'bytes=-0'])('refuses %s with the length', async (range) => {
    const { status, headers, json } = await get({ Range: range });
    expect([status, headers['content-range'], json.error]).toEqual([416, 'bytes */20', 'range_not_satisfiable']);
    expect(headers).not.toHaveProperty('etag');
    expect(reads).toEqual([]);
  });

  it.each([
    [etag, 206],
    [lastModified, 206],
    ['"version-2"', 200],
    [`W/${etag}`, 200],
    ['Sat, 28 Nov 2026 08:30:16 GMT', 200],
    ['nonsense', 200],
  ])('takes the range with If-Range: %s only while the file is the same', async (ifRange, status) => {
    expect((await get({ Range: 'bytes=0-3', 'If-Range': ifRange })).status).toBe(status);
  });

  it.each([
    [{ 'If-None-Match': etag }, 304],
    [{ 'If-None-Match': `W/${etag}` }, 304],
    [{ 'If-None-Match': `"other", ${etag}` }, 304],
    [{ 'If-None-Match': '*' }, 304],
    [{ 'If-None-Match': etag, 'Cache-Control': 'no-cache' }, 304],
    [{ 'If-None-Match': etag, Range: 'bytes=0-3' }, 304],
    [{ 'If-None-Match': '"other"' }, 200],
    [{ 'If-None-Match': '"other"', 'If-Modified-Since': lastModified }, 200],
    [{ 'If-Modified-Since': lastModified }, 304],
    [{ 'If-Modified-Since': 'Sun, 29 Nov 2026 00:00:00 GMT' }, 304],
    [{ 'If-Modified-Since': 'Sat, 28 Nov 2026 08:30:14 GMT' }, 200],
    [{ 'If-Modified-Since': 'yesterday' }, 200],
  ] as const)('with %o answers %d', async (sent, status) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await get({ ...sent }, method);
      expect([method, answer.status]).toEqual([method, status]);
      if (status !== 304) continue;
      expect(answer.headers).toMatchObject({ etag, 'last-modified': lastModified, 'cache-control': 'public' });
      expect([answer.text, answer.headers['content-type'], reads]).toEqual(['', undefined, []]);
    }
  });

  it('answers HEAD with the headers of the whole file, and does not open it', async () => {
    const { status, headers, text: body } = await get({ Range: 'bytes=0-3' }, 'HEAD');
    expect([status, body, reads]).toEqual([200, '', []]);
    expect(headers).toMatchObject({ etag, 'content-length': '20', 'accept-ranges': 'bytes' });
  });

  it('may be empty', async () => {
    const whole = await get({}, 'GET', '/empty');
    expect([whole.status, whole.headers['content-length'], whole.text]).toEqual([200, '0', '']);
    const part = await get({ Range: 'bytes=0-' }, 'GET', '/empty');
    expect([part.status, part.headers['content-range']]).toEqual([416, 'bytes */0']);
  });

  it.each(['application/json', 'image/*', 'text/plain;q=0', 'nonsense'])(
    'is sent also when Accept does not name its type: %s',
    async (accept) => {
      const { status, headers, text: body } = await get({ Accept: accept });
      expect([status, headers['content-type'], body]).toEqual([200, 'text/plain; charset=utf-8', text]);
    },
  );
});
