import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { contentOf } from '../../src/files/store.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { expectFailure, expectRefused, expectSuccess, read, type Schemas, startCentre, useCentre } from './centre.ts';

const LIMIT = 200_000;
const jpeg = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
  randomBytes(2_000),
  Buffer.from('ffd9', 'hex'),
]);
const png = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082',
  'hex',
);

// Section 7.1 of the document; U-38, U-39.
describeEachDatabase('files', (databases) => {
  const centre = useCentre(databases, { UPLOAD_LIMIT: String(LIMIT) });

  async function upload(bytes: Uint8Array | string, name: string, type = '') {
    const multipart = new FormData();
    multipart.set('file', new File([bytes as BlobPart], name, { type }));
    const token = await centre.signIn();
    return expectSuccess(
      await centre.request<Schemas['UploadedFile']>('POST', '/api/file', { token, multipart }),
      '上传成功',
    );
  }

  /** Sends a multipart form with this very Content-Disposition. */
  const uploadRaw = async (disposition: string, content = 'x') => {
    const body = `--b\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n--b--\r\n`;
    const { access_token } = await centre.signIn();
    const response = await fetch(`${centre.url}/api/file`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'multipart/form-data; boundary=b' },
      body,
    });
    return read<Schemas['UploadedFile']>(response);
  };

  it('answers in the form of the document and serves the same bytes without a token', async () => {
    const data = await upload(jpeg, 'test.jpg', 'text/plain');
    expect(data).toEqual({
      file_name: 'test.jpg',
      extension: 'jpg',
      mime_type: 'image/jpeg',
      size: jpeg.length,
      file_path: expect.stringMatching(/\/ucenter\/storage\/uploads\/\d{8}\/[0-9a-f]{32}\.jpg$/),
    });
    expect(data.file_path.startsWith(centre.url)).toBe(true);
    const response = await fetch(data.file_path);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(jpeg)).toBe(true);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toContain('immutable');
  });

  it('gives files of the same name different addresses', async () => {
    const [one, two] = await Promise.all([upload('eins', 'a.txt'), upload('zwei', 'a.txt')]);
    expect(one.file_path).not.toBe(two.file_path);
    expect([await (await fetch(one.file_path)).text(), await (await fetch(two.file_path)).text()]).toEqual([
      'eins',
      'zwei',
    ]);
  });

  it.each([
    ['image/jpeg', jpeg],
    ['image/png', png],
    ['image/gif', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1')],
    ['application/pdf', Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1')],
    ['text/plain', Buffer.from('只是文字 and words\n')],
  ])('recognises %s by its content', async (type, bytes) => {
    const { mime_type, file_path, extension } = await upload(bytes, 'anything.bin', 'application/x-claimed');
    expect([mime_type, extension]).toEqual([type, 'bin']);
    const response = await fetch(file_path);
    expect(response.headers.get('content-type')?.split(';')[0]).toBe(type);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it.each([
    ['page.html', '<!doctype html><script>alert(1)</script>'],
    ['picture.svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['data.xml', '<?xml version="1.0"?><a xmlns="http://www.w3.org/1999/xhtml"/>'],
    ['script.js', 'alert(document.domain)'],
    ['page.jpg', '<!doctype html><script>alert(1)</script>'],
    ['plain.txt', '  \n<html><body onload=alert(1)>'],
  ])('does not let a browser run %s', async (name, content) => {
    const { file_path } = await upload(content, name, 'text/html');
    const response = await fetch(file_path);
    const type = response.headers.get('content-type')?.split(';')[0];
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(['application/octet-stream', 'text/plain']).toContain(type);
    // Plain text is shown; everything else is downloaded.
    if (type !== 'text/plain') expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(await response.text()).toBe(content);
  });

  it.each([
    ['照片 1.jpg', 'jpg'],
    ['résumé.tar.gz', 'gz'],
    ['🀄️.PNG', 'png'],
    ['no extension', ''],
    ['.htaccess', ''],
    ['a"b;c=d.txt', 'txt'],
  ])('keeps the name %s', async (name, extension) => {
    const data = await upload('x', name);
    // Browsers and Node write a quotation mark in a form as %22.
    expect(data.file_name.replaceAll('%22', '"')).toBe(name);
    expect(data.extension.toLowerCase()).toBe(extension);
    expect(data.file_path).toMatch(/^[\x21-\x7e]+$/);
    expect(await (await fetch(data.file_path)).text()).toBe('x');
  });

  it.each([
    [`filename*=utf-8''%E6%8A%A5%E5%91%8A%202016.pdf`, '报告 2016.pdf'],
    [`filename="report.pdf"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf`, '报告.pdf'],
    ['filename="报告.pdf"', '报告.pdf'],
  ])('reads the name in %s', async (parameter, name) => {
    const answer = await uploadRaw(`form-data; name="file"; ${parameter}`);
    expect(expectSuccess(answer, '上传成功').file_name).toBe(name);
  });

  it('ignores files in other fields and still requires `file`', async () => {
    const token = await centre.signIn();
    const multipart = new FormData();
    multipart.set('thumb', new File(['y'], 'y.txt'));
    const missing = await centre.request<Schemas['UploadedFile']>('POST', '/api/file', { token, multipart });
    expectFailure(missing, '文件/图片 不能为空。', 'file');
    multipart.set('file', new File(['x'], 'x.txt'));
    const both = await centre.request<Schemas['UploadedFile']>('POST', '/api/file', { token, multipart });
    const { file_name, size } = expectSuccess(both, '上传成功');
    expect([file_name, size]).toEqual(['x.txt', 1]);
  });

  it.each([
    ['../../etc/passwd.txt', 'passwd.txt'],
    ['C:\\\\Users\\\\me\\\\照片.jpg', '照片.jpg'],
    ['/absolute/path.txt', 'path.txt'],
    ['folder/', undefined],
    ['..', undefined],
  ])('removes the directories of %s', async (sent, name) => {
    const answer = await uploadRaw(`form-data; name="file"; filename="${sent}"`);
    if (name === undefined) {
      expect(answer.status).toBeLessThan(500);
      if (answer.code === 1) expect(answer.data.file_name).not.toMatch(/[/\\]|^\.\.$/);
    } else expect(expectSuccess(answer, '上传成功').file_name).toBe(name);
  });

  it.each([
    ['report.pdf', `filename="report.pdf"; filename*=UTF-8''report.pdf`],
    ['照片 1.jpg', `filename="__ 1.jpg"; filename*=UTF-8''%E7%85%A7%E7%89%87%201.jpg`],
    ['100%.txt', `filename="100_.txt"; filename*=UTF-8''100%25.txt`],
  ])('sends the name %s in both forms', async (name, forms) => {
    const { file_path } = await upload('x', name);
    expect((await fetch(file_path)).headers.get('content-disposition')).toBe(`inline; ${forms}`);
  });

  it('sends parts, and nothing to a client that has the file', async () => {
    const { file_path } = await upload(jpeg, 'test.jpg');
    const part = await fetch(file_path, { headers: { Range: 'bytes=-100', Accept: 'text/html' } });
    expect([part.status, part.headers.get('content-type')]).toEqual([206, 'image/jpeg']);
    expect(part.headers.get('content-range')).toBe(`bytes ${jpeg.length - 100}-${jpeg.length - 1}/${jpeg.length}`);
    expect(Buffer.from(await part.arrayBuffer()).equals(jpeg.subarray(-100))).toBe(true);
    const etag = part.headers.get('etag') ?? '';
    expect((await fetch(file_path, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    expectRefused(await read(await fetch(file_path, { headers: { Range: 'bytes=5000-' } })), 416, '参数错误, Range');
  });

  it('leaves an unusual extension out of the address', async () => {
    for (const sent of ['a.p h p', 'a.<b>', `a.${'x'.repeat(300)}`, 'a.%2e%2e', 'a.\u202etxt']) {
      const answer = await uploadRaw(`form-data; name="file"; filename="${sent}"`);
      expect(answer.status).toBeLessThan(500);
      if (answer.code !== 1) continue;
      expect(new URL(answer.data.file_path).pathname).toMatch(
        /^\/ucenter\/storage\/uploads\/\d{8}\/[0-9a-f]{32}(\.[A-Za-z0-9]{1,32})?$/,
      );
      expect((await fetch(answer.data.file_path)).status).toBe(200);
    }
  });

  it('accepts an empty file', async () => {
    const data = await upload('', 'empty.txt');
    expect(data.size).toBe(0);
    const response = await fetch(data.file_path);
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 0]);
  });

  it('answers a missing file with a failure of the field', async () => {
    const token = await centre.signIn();
    for (const fields of [{}, { other: 'x' }] as Record<string, string>[]) {
      const multipart = new FormData();
      multipart.set('title', 'x');
      for (const [name, value] of Object.entries(fields)) multipart.set(name, value);
      expectFailure(await centre.request('POST', '/api/file', { token, multipart }), '文件/图片 不能为空。', 'file');
    }
    // A text field is not a file.
    const multipart = new FormData();
    multipart.set('file', 'text');
    const answer = await centre.request<Schemas['ProblemData']>('POST', '/api/file', { token, multipart });
    expect([answer.status, answer.code, answer.data.errors?.[0]?.field]).toEqual([200, 0, 'file']);
  });

  it('answers too large a file with 413 and stores nothing', async () => {
    const token = await centre.signIn();
    const admin = await centre.signIn(centre.credentials.admin);
    const count = async () => (await centre.get<Schemas['FilePage']>('/api/file', admin)).data.total;
    const before = await count();
    const multipart = new FormData();
    multipart.set('file', new File([new Uint8Array(LIMIT + 1)], 'large.bin'));
    expectRefused(await centre.request('POST', '/api/file', { token, multipart }), 413, '参数错误, 请求体过大');
    expect(await count()).toBe(before);
    multipart.set('file', new File([new Uint8Array(LIMIT)], 'large.bin'));
    expectSuccess(await centre.request('POST', '/api/file', { token, multipart }), '上传成功');
  });

  it('stores nothing of an upload without a valid token', async () => {
    const admin = await centre.signIn(centre.credentials.admin);
    const count = async () => (await centre.get<Schemas['FilePage']>('/api/file', admin)).data.total;
    const before = await count();
    for (const access_token of [undefined, 'wrong']) {
      const multipart = new FormData();
      multipart.set('file', new File(['x'], 'x.txt'));
      if (access_token) multipart.set('access_token', access_token);
      expectRefused(await centre.request('POST', '/api/file', { multipart }), access_token ? 401 : 400);
    }
    expect(await count()).toBe(before);
  });

  it('returns 404 for a wrong address', async () => {
    const { file_path } = await upload('x', 'x.txt');
    const [date = '', name = ''] = file_path.split('/').slice(-2);
    for (const wrong of [
      `20160331/${name}`,
      `${date}/${'0'.repeat(32)}.txt`,
      `${date}/${name}x`,
      `${date}/${name.slice(0, -4)}`,
      `${date}/${name.toUpperCase()}`,
      `..%2F..%2F${name}`,
      `${date}/..%2F${date}%2F${name}`,
    ])
      expectRefused(await read(await fetch(`${centre.url}/storage/uploads/${wrong}`)), 404, '资源不存在');
  });

  it('answers HEAD without the bytes', async () => {
    const { file_path } = await upload('hundred', 'x.txt');
    const response = await fetch(file_path, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('records application, user and address', async () => {
    const data = await upload('x', '记录.txt');
    const admin = await centre.signIn(centre.credentials.admin);
    const { files } = expectSuccess(await centre.get<Schemas['FilePage']>('/api/file', admin), '获取文件成功');
    expect(files[0]).toMatchObject({ ...data, user_id: centre.credentials.user.user_id });
  });

  it('keeps neither bytes nor row after a failure or a crash between the two', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qiyue-files-'));
    const environment = { DATABASE_URL: await databases.createUrl(), FILES_URL: `file:${folder}` };
    const other = await startCentre(environment);
    const stored = async () =>
      (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;
    try {
      // The demo data have files too.
      const demo = await stored();
      const token = await other.signIn();
      const send = (content: string) => {
        const multipart = new FormData();
        multipart.set('file', new File([content], 'x.txt'));
        return other.request<Schemas['UploadedFile']>('POST', '/api/file', { token, multipart });
      };
      const { file_path } = expectSuccess(await send('kept'), '上传成功');
      // The bytes are written and the row cannot be.
      await other.database.schema.alterTable('ucenter_files').renameTo('away').execute();
      expectRefused(await send('lost'), 500, '系统错误');
      await other.database.schema.alterTable('away').renameTo('ucenter_files').execute();
      expect(await stored()).toBe(demo + 1);
      await other.server.context.files.put(contentOf(Buffer.from('before a crash')), { type: 'text/plain' });
      expect(await stored()).toBe(demo + 2);
      await other.server.context.files.sweep(Date.now() + 2 * 60 * 60 * 1000);
      expect(await stored()).toBe(demo + 1);
      expect(await (await fetch(file_path)).text()).toBe('kept');
    } finally {
      await other.server.close();
      await rm(folder, { recursive: true });
    }
  });
});

describeEachDatabase('files beyond the limit of an application', (databases) => {
  // The file that the second application has in the demo data, and ten bytes.
  const limit = Buffer.byteLength('报销单要有经手人的签名。\n') + 10;
  const centre = useCentre(databases, { UCENTER_STORAGE_LIMIT: `${limit}` });

  it('are refused, also in parallel', async () => {
    const { user, second_app } = centre.credentials;
    const token = await centre.signIn(user, second_app);
    const upload = (content: string) => {
      const multipart = new FormData();
      multipart.set('file', new File([content], 'x.txt'));
      return centre.request<Schemas['UploadedFile']>('POST', '/api/file', { token, multipart });
    };
    expectFailure(await upload('x'.repeat(11)), '应用的文件空间已满', 'file');
    const answers = await Promise.all(Array.from({ length: 5 }, () => upload('x'.repeat(4))));
    expect(answers.filter(({ code }) => code === 1)).toHaveLength(2);
    expectSuccess(await upload('xx'), '上传成功');
    expectFailure(await upload('x'), '应用的文件空间已满', 'file');
  });
});
