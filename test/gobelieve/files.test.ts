import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { transact } from '../../src/database/transact.ts';
import { keepFile } from '../../src/files/files.ts';
import { contentOf } from '../../src/files/store.ts';
import { thumbnailTurns } from '../../src/files/thumbnails.ts';
import { sha256 } from '../../src/secrets.ts';
import { call, describeApps, md5, newUid, refused, type User } from './apps.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Two colours, twice as wide as high. */
function picture(format: 'png' | 'jpeg', { alpha = false, width = 400, height = 200 } = {}): Promise<Bytes> {
  const background = { r: newUid() % 256, g: 100, b: 200, alpha: alpha ? 0.5 : 1 };
  const image = sharp({ create: { width, height, channels: alpha ? 4 : 3, background } });
  return image[format]().toBuffer() as Promise<Bytes>;
}

/** Uploads, downloads and thumbnails (G-48, G-49). */
describeApps('files', (place) => {
  /** The answer to an upload has no envelope. */
  async function post(user: User, target: string, body: BodyInit, headers: Record<string, string> = {}) {
    const reply = await call(place.url, 'POST', target, { body, headers: { ...user.headers, ...headers } });
    const answer = JSON.parse(reply.bytes.toString()) as { src: string; src_url: string };
    return { ...reply, ...answer };
  }

  const form = (content: Bytes | string, type: string, filename: string, field = 'file') => {
    const data = new FormData();
    data.append(field, new Blob([content], { type }), filename);
    return data;
  };

  const download = (src: string, headers: Record<string, string> = {}) => call(place.url, 'GET', src, { headers });

  /** From now on, counts how often the first stored file that is read, and how often others are read. */
  function countReads() {
    const get = vi.spyOn(place.server.context.files, 'get');
    return () => {
      const keys = get.mock.calls.map(([key]) => key);
      get.mockRestore();
      const picture = keys.filter((key) => key === keys[0]).length;
      return { picture, others: keys.length - picture };
    };
  }

  describe('images', () => {
    it.each(['/v2/images', '/images'])('%s stores JPEG and PNG unchanged', async (target) => {
      const user = await place.app.user();
      for (const [format, type, extension] of [
        ['png', 'image/png', 'png'],
        ['jpeg', 'image/jpeg', 'jpg'],
      ] as const) {
        const bytes = await picture(format);
        const body = target === '/images' ? new Blob([bytes], { type }) : form(bytes, type, '照片.bin');
        const { status, src, src_url } = await post(user, target, body);
        const expected = `/images/${md5(bytes)}.${extension}`;
        expect([status, src, src_url]).toEqual([200, expected, place.url + expected]);
        const reply = await download(src);
        expect([reply.status, reply.headers.get('content-type'), md5(reply.bytes)]).toEqual([200, type, md5(bytes)]);
        expect(reply.headers.get('cache-control')).toContain('immutable');
        expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
      }
    });

    it('gives the same bytes the same address, also in parallel requests', async () => {
      const users = await place.app.users(4);
      const bytes = await picture('png');
      const replies = await Promise.all(
        users.map((user) => post(user, '/v2/images', form(bytes, 'image/png', `${user.uid}.png`))),
      );
      expect(new Set(replies.map(({ src }) => src))).toEqual(new Set([`/images/${md5(bytes)}.png`]));
      expect(md5((await download(replies[0]?.src ?? '')).bytes)).toBe(md5(bytes));
    });

    it.each([
      ['image/gif', 'GIF89a'],
      ['image/svg+xml', '<svg onload="alert(1)"/>'],
      ['text/html', '<script>alert(1)</script>'],
      ['application/octet-stream', 'x'],
      ['image/png', ''],
    ])('returns 400 for %s with %j', async (type, content) => {
      const user = await place.app.user();
      expect(refused(await post(user, '/v2/images', form(content, type, 'a.png')))).toBe(400);
    });

    it('accepts a raw image under any Content-Type, and nothing else', async () => {
      const user = await place.app.user();
      const bytes = await picture('jpeg');
      for (const type of ['image/jpeg', 'application/x-www-form-urlencoded', 'application/json', 'text/plain']) {
        const { src } = await post(user, '/images', bytes, { 'Content-Type': type });
        expect([type, src]).toEqual([type, `/images/${md5(bytes)}.jpg`]);
      }
      expect(refused(await post(user, '/images', '<html>', { 'Content-Type': 'image/png' }))).toBe(400);
    });

    it.each([
      ['@128w_128h_1c.jpg', 'jpeg', 128, 128],
      ['@256w_256h_1c.jpg', 'jpeg', 256, 256],
      ['@128w_128h_0c.jpg', 'jpeg', 128, 64],
      ['@256w_256h_0c', 'jpeg', 256, 128],
    ] as const)('makes the thumbnail %s', async (suffix, format, width, height) => {
      const user = await place.app.user();
      const { src } = await post(user, '/v2/images', form(await picture('jpeg'), 'image/jpeg', 'a.jpg'));
      for (let time = 0; time < 2; time++) {
        const { bytes, headers } = await download(src + suffix);
        expect(headers.get('content-type')).toBe(`image/${format}`);
        expect(await sharp(bytes).metadata()).toMatchObject({ format, width, height });
      }
    });

    it('makes PNG thumbnails of images with an alpha channel', async () => {
      const user = await place.app.user();
      const { src } = await post(user, '/v2/images', form(await picture('png', { alpha: true }), 'image/png', 'a.png'));
      const { bytes, headers } = await download(`${src}@128w_128h_1c.jpg`);
      expect(headers.get('content-type')).toBe('image/png');
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 128, height: 128, hasAlpha: true });
    });

    it('makes one thumbnail for many parallel requests', async () => {
      const user = await place.app.user();
      const { src } = await post(user, '/v2/images', form(await picture('jpeg'), 'image/jpeg', 'a.jpg'));
      const replies = await Promise.all(Array.from({ length: 8 }, () => download(`${src}@128w_128h_1c.jpg`)));
      expect(new Set(replies.map(({ status, bytes }) => `${status} ${md5(bytes)}`)).size).toBe(1);
    });

    it('decodes a picture once for many parallel requests, and stores what it made', async () => {
      const user = await place.app.user();
      const { src } = await post(user, '/v2/images', form(await picture('jpeg'), 'image/jpeg', 'a.jpg'));
      const reads = countReads();
      await Promise.all(Array.from({ length: 8 }, () => download(`${src}@256w_256h_1c.jpg`)));
      await download(`${src}@256w_256h_1c.jpg`);
      // One read of the picture; the others are of the thumbnail.
      expect(reads()).toEqual({ picture: 1, others: 9 });
    });

    it('remembers that a picture cannot be decoded', async () => {
      const user = await place.app.user();
      const { src } = await post(user, '/v2/images', form(`no picture ${newUid()}`, 'image/png', 'a.png'));
      const reads = countReads();
      const sizes = ['@128w_128h_1c.jpg', '@128w_128h_1c.jpg', '@256w_256h_0c.jpg'];
      const replies = await Promise.all(sizes.map((size) => download(src + size)));
      expect(replies.map(refused)).toEqual([400, 400, 400]);
      expect(refused(await download(`${src}@256w_256h_1c.jpg`))).toBe(400);
      expect(reads()).toEqual({ picture: 1, others: 0 });
      // The file itself is still there.
      expect((await download(src)).status).toBe(200);
    });

    it('does not decode a picture of too many pixels', async () => {
      const user = await place.app.user();
      const huge = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: 'red' } })
        .png({ compressionLevel: 9 })
        .toBuffer();
      const { src } = await post(user, '/v2/images', form(new Uint8Array(huge), 'image/png', 'a.png'));
      expect(refused(await download(`${src}@128w_128h_1c.jpg`))).toBe(400);
    });

    it('returns 503 when too many requests wait for a thumbnail', async () => {
      const user = await place.app.user();
      const { src } = await post(user, '/v2/images', form(await picture('jpeg'), 'image/jpeg', 'a.jpg'));
      const { limits } = place.server.context;
      let release = () => {};
      const busy = new Promise<void>((resolve) => (release = resolve));
      const places = Array.from({ length: thumbnailTurns.atOnce + thumbnailTurns.waiting }, () =>
        limits.inTurn('thumbnails', () => busy, thumbnailTurns),
      );
      const reply = await download(`${src}@128w_128h_0c.jpg`);
      expect([refused(reply), Number(reply.headers.get('retry-after'))]).toEqual([503, 5]);
      release();
      await Promise.all(places);
      expect((await download(`${src}@128w_128h_0c.jpg`)).status).toBe(200);
    });

    it.each(['@64w_64h_1c.jpg', '@128w_256h_1c.jpg', '@128w_128h_2c.jpg', '@128w_128h_1c.gif', '@'])(
      'returns 400 for the thumbnail %s',
      async (suffix) => {
        const user = await place.app.user();
        const { src } = await post(user, '/v2/images', form(await picture('png'), 'image/png', 'a.png'));
        expect(refused(await download(src + suffix))).toBe(400);
      },
    );
  });

  describe('audios', () => {
    it.each(['/v2/audios', '/audios'])('%s stores them under a name without an extension', async (target) => {
      const user = await place.app.user();
      const bytes = `#!AMR\n${newUid()}`;
      const body = target === '/audios' ? bytes : form(bytes, 'audio/amr', 'a.amr');
      const { src, src_url } = await post(user, target, body);
      expect([src, src_url]).toEqual([`/audios/${md5(bytes)}`, `${place.url}/audios/${md5(bytes)}`]);
      const reply = await download(src);
      expect([reply.status, reply.bytes.toString()]).toEqual([200, bytes]);
    });
  });

  describe('files', () => {
    it.each([
      ['报告.pdf', '.pdf'],
      ['archive.tar.GZ', '.GZ'],
      ['没有扩展名', ''],
      ['../../etc/passwd.txt', '.txt'],
      ['a.sh;rm', ''],
      ['a.verylongextension', ''],
      ['a.', ''],
    ])('keeps the extension of %j', async (filename, extension) => {
      const user = await place.app.user();
      const content = `content of ${filename} ${newUid()}`;
      for (const target of ['/v2/files', '/files']) {
        const { src } = await post(user, target, form(content, 'application/pdf', filename));
        expect(src).toMatch(new RegExp(`^/files/${md5(content)}(\\.[A-Za-z0-9]{1,16})?$`));
        if (extension !== '') expect(src.endsWith(extension)).toBe(true);
        expect((await download(src)).bytes.toString()).toBe(content);
      }
    });

    it('are attachments: an uploaded page is not shown under this host', async () => {
      const user = await place.app.user();
      const { src } = await post(user, '/v2/files', form(`<script>${newUid()}</script>`, 'text/html', 'a.html'));
      const { headers } = await download(src);
      expect([
        headers.get('content-type'),
        headers.get('content-disposition'),
        headers.get('x-content-type-options'),
      ]).toEqual(['application/octet-stream', 'attachment', 'nosniff']);
    });
  });

  it('of kits come as the body itself, whatever its media type (G-78)', async () => {
    const user = await place.app.user();
    const [image, audio] = [await picture('jpeg'), `#!AMR\n${newUid()}`];
    for (const type of ['image/jpeg', 'image/png', 'application/plain', '']) {
      const { src } = await post(user, '/v2/images', image, { 'Content-Type': type });
      expect(src).toBe(`/images/${md5(image)}.jpg`);
      const sent = await post(user, '/v2/audios', audio, { 'Content-Type': type });
      expect(sent).toMatchObject({ src: `/audios/${md5(audio)}`, src_url: `${place.url}/audios/${md5(audio)}` });
    }
    expect(refused(await post(user, '/v2/images', 'GIF89a', { 'Content-Type': 'image/gif' }))).toBe(400);
  });

  it.each(['/v2/images', '/v2/audios', '/v2/files', '/files'])(
    '%s requires exactly one file that is not empty',
    async (target) => {
      const user = await place.app.user();
      expect(refused(await post(user, target, form('', 'image/png', 'a.png')))).toBe(400);
      expect(refused(await post(user, target, form('x', 'image/png', 'a.png', 'other')))).toBe(400);
      const text = new FormData();
      text.append('file', 'text instead of a file');
      expect((await post(user, target, text)).status).toBe(400);
      if (target.endsWith('/files'))
        expect(refused(await post(user, target, '{}', { 'Content-Type': 'application/json' }))).toBe(415);
      const fine = { body: form('x', 'image/png', 'a.png'), headers: place.app.headers };
      expect(refused(await call(place.url, 'POST', target, fine))).toBe(401);
    },
  );

  it('requires a token for uploads and none for downloads', async () => {
    const withoutToken = { body: form('x', 'text/plain', 'a.txt') };
    expect(refused(await call(place.url, 'POST', '/v2/files', withoutToken))).toBe(401);
  });

  it.each([
    [400, `/images/${'0'.repeat(32)}.png`],
    [400, `/audios/${'0'.repeat(32)}`],
    [404, `/files/${'0'.repeat(32)}.pdf`],
    [404, `/files/${'0'.repeat(32)}`],
    [400, '/images/a.png'],
    [400, '/files/..%2f..%2fetc%2fpasswd'],
  ])('returns %d for %s', async (status, target) => {
    expect(refused(await download(target))).toBe(status);
  });

  describe('the same MD5', () => {
    // Two messages with the MD5 79054025255fb1a26e4bc422aef54eb4, published by Xiaoyun Wang and others in 2004.
    const common = 'd131dd02c5e6eec4693d9a0698aff95c2fcab5';
    const pair = [
      `${common}8712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70`,
      `${common}0712467eab4004583eb8fb7f8955ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5bd8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70`,
    ].map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))) as [Bytes, Bytes];

    it('never delivers another file', async () => {
      const users = [await place.app.user(), await place.other.user()] as const;
      const [evil, good] = pair;
      expect(md5(evil)).toBe(md5(good));
      const first = await post(users[0], '/v2/files', form(evil, 'text/plain', 'a.txt'));
      const second = await post(users[1], '/v2/files', form(good, 'text/plain', 'a.txt'));
      expect([first.src, second.src]).toEqual([`/files/${md5(evil)}.txt`, `/files/${sha256(good).slice(0, 32)}.txt`]);
      expect((await download(first.src)).bytes.equals(evil)).toBe(true);
      expect((await download(second.src)).bytes.equals(good)).toBe(true);
      // Each keeps its address in every app.
      for (const user of users) {
        expect((await post(user, '/v2/files', form(evil, 'text/plain', 'a.txt'))).src).toBe(first.src);
        expect((await post(user, '/v2/files', form(good, 'text/plain', 'a.txt'))).src).toBe(second.src);
      }
    });

    it('has one content also when both are uploaded at once', async () => {
      const users = await place.app.users(2);
      const replies = await Promise.all(
        [...pair, ...pair].map((bytes, index) =>
          post(users[index % 2] as User, '/v2/audios', form(bytes, 'audio/amr', 'a.amr')),
        ),
      );
      expect(new Set(replies.map(({ src }) => src)).size).toBe(2);
      for (const [index, { src }] of replies.entries())
        expect((await download(src)).bytes.equals(pair[index % 2] as Bytes)).toBe(true);
    });
  });

  it('stores one copy for an app, and deletes what it does not need at once', async () => {
    const [one, two] = await place.app.pair();
    const { files } = place.server.context;
    const put = vi.spyOn(files, 'put');
    const content = `twice ${newUid()}`;
    for (const user of [one, two]) await post(user, '/v2/files', form(content, 'text/plain', 'a.txt'));
    const keys = await Promise.all(put.mock.results.map(({ value }) => value as Promise<string>));
    put.mockRestore();
    const there = await Promise.all(keys.map(async (key) => (await files.get(key))?.destroy() !== undefined));
    expect(there).toEqual([true, false]);
  });

  it('serves files from before apps and sizes were recorded, and compares with them', async () => {
    const user = await place.app.user();
    const { database, files, clock } = place.server.context;
    const bytes = Buffer.from(`old ${newUid()}`);
    const name = `${md5(bytes)}.txt`;
    const key = await files.put(contentOf(bytes), { type: 'application/octet-stream' });
    await transact(database, async (trx) => {
      await keepFile(trx, key);
      const row = { key, kind: 'files' as const, name, type: 'application/octet-stream', created_at: clock.now() };
      await trx
        .insertInto('gobelieve_files')
        .values({ ...row, app_id: null, size: null, digest: null })
        .execute();
    });
    const part = await download(`/files/${name}`, { Range: 'bytes=-4' });
    expect([part.status, part.bytes.toString()]).toEqual([206, bytes.subarray(-4).toString()]);
    const { src } = await post(user, '/v2/files', form(new Uint8Array(bytes), 'text/plain', 'a.txt'));
    expect(src).toBe(`/files/${name}`);
  });

  it('sends parts, and nothing to a client that has the file', async () => {
    const user = await place.app.user();
    const bytes = await picture('jpeg');
    const { src } = await post(user, '/v2/images', form(bytes, 'image/jpeg', 'a.jpg'));
    for (const address of [src, `${src}@128w_128h_1c.jpg`]) {
      const whole = await download(address, { Accept: 'text/html' });
      const part = await download(address, { Range: 'bytes=10-19' });
      expect([part.status, part.bytes]).toEqual([206, whole.bytes.subarray(10, 20)]);
      expect(part.headers.get('content-range')).toBe(`bytes 10-19/${whole.bytes.length}`);
      const etag = whole.headers.get('etag') ?? '';
      expect((await download(address, { 'If-None-Match': etag })).status).toBe(304);
      expect(refused(await download(address, { Range: 'bytes=9999999-' }))).toBe(416);
    }
  });

  it.each(['/v2/images', '/v2/audios', '/v2/files'])(
    'lets pages of any origin show what was uploaded to %s',
    async (target) => {
      const user = await place.app.user();
      const { src } = await post(user, target, form(await picture('png'), 'image/png', 'a.png'));
      expect((await download(src)).headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    },
  );

  it('can be downloaded from the address in a message', async () => {
    const [sender, receiver] = await place.app.pair();
    const bytes = await picture('jpeg');
    const { src_url } = await post(sender, '/v2/images', form(bytes, 'image/jpeg', 'a.jpg'));
    const content = JSON.stringify({ image2: { url: src_url, width: 400, height: 200 } });
    await place.app.peer(sender.uid, receiver.uid, content);
    const [message] = await receiver.contents();
    const { url } = JSON.parse(message ?? '').image2;
    expect(md5(new Uint8Array(await (await fetch(url)).arrayBuffer()))).toBe(md5(bytes));
  });
});

describeApps(
  'files beyond the limit of an app',
  (place) => {
    it('are refused, also in parallel; content that the app has already is not', async () => {
      const [user, stranger] = [await place.app.user(), await place.other.user()];
      const post = async ({ headers }: User, content: string) => {
        const body = new FormData();
        body.append('file', new Blob([content]), 'a.txt');
        return (await call(place.url, 'POST', '/v2/files', { body, headers })).status;
      };
      expect(await post(user, 'x'.repeat(11))).toBe(403);
      const statuses = await Promise.all(['aaaa', 'bbbb', 'cccc', 'dddd'].map((content) => post(user, content)));
      expect(statuses.filter((status) => status === 200)).toHaveLength(2);
      expect(statuses.filter((status) => status === 403)).toHaveLength(2);
      const stored = ['aaaa', 'bbbb', 'cccc', 'dddd'][statuses.indexOf(200)] as string;
      expect(await post(user, stored)).toBe(200);
      expect(await post(stranger, 'eeee')).toBe(200);
    });
  },
  { GOBELIEVE_STORAGE_LIMIT: '10' },
);
