import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
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

  const download = (src: string) => call(place.url, 'GET', src);

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

    it('returns 400 for a thumbnail of a file that only claims to be an image', async () => {
      const user = await place.app.user();
      const { src } = await post(user, '/v2/images', form(`no picture ${newUid()}`, 'image/png', 'a.png'));
      expect(refused(await download(`${src}@128w_128h_1c.jpg`))).toBe(400);
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

  it.each(['/v2/images', '/v2/audios', '/v2/files', '/files'])(
    '%s requires exactly one file that is not empty',
    async (target) => {
      const user = await place.app.user();
      expect(refused(await post(user, target, form('', 'image/png', 'a.png')))).toBe(400);
      expect(refused(await post(user, target, form('x', 'image/png', 'a.png', 'other')))).toBe(400);
      const text = new FormData();
      text.append('file', 'text instead of a file');
      expect((await post(user, target, text)).status).toBe(400);
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
