import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { deleteExpired } from '../../src/ppmessage/database/housekeeping.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { Seat, type Token, useDesk } from './desk.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const DAY_MS = 24 * 60 * 60 * 1000;

const picture = (format: 'png' | 'jpeg' | 'gif', width = 600, height = 300): Promise<Bytes> =>
  sharp({ create: { width, height, channels: 3, background: { r: 10, g: 100, b: 200 } } })
    [format]()
    .toBuffer() as Promise<Bytes>;

const formOf = (content: Bytes | string, name = 'a.bin', more: Record<string, string> = {}) => {
  const form = new FormData();
  for (const [field, value] of Object.entries(more)) form.append(field, value);
  form.append('file', new Blob([content]), name);
  return form;
};

/** Uploads and downloads, and files in messages (P-90 to P-94). */
describeEachDatabase('ppmessage: files', (databases) => {
  const desk = useDesk(databases);

  const post = (path: string, body: FormData, headers: Record<string, string> = {}) =>
    fetch(desk.url + path, { method: 'POST', body, headers });

  async function upload(content: Bytes | string, name?: string, more?: Record<string, string>): Promise<string> {
    const response = await post('/upload', formOf(content, name, more));
    expect(response.status).toBe(200);
    return ((await response.json()) as { fuuid: string }).fuuid;
  }

  const download = (fid: string, headers: Record<string, string> = {}) =>
    fetch(`${desk.url}/download/${fid}`, { headers });

  async function textOf(fid: string): Promise<string> {
    const response = await download(fid);
    expect(response.status).toBe(200);
    return response.text();
  }

  /** Housekeeping a day and a moment later. */
  const afterADay = () => deleteExpired(desk.database, desk.server.context.clock.now() + DAY_MS + 1000);

  /** Sends a message of a new customer; returns the error number and the conversation. */
  async function send(subtype: string, content: object, seat: Seat = desk.kefu, uuid: string = randomUUID()) {
    const customer = await seat.newCustomer();
    const conversation = await seat.newConversation(customer, [seat.user_uuid]);
    const fields = { uuid, message_subtype: subtype, message_body: JSON.stringify(content) };
    const code = await seat.code('PP_SEND_MESSAGE', { ...seat.text(conversation, customer, ''), ...fields });
    const [body] = await seat.history(conversation);
    return { code, body: body === undefined ? undefined : JSON.parse(body), customer, conversation };
  }

  describe('an upload', () => {
    it.each(['/upload', '/upload/', '/upload/upload', '/upload/upload/', '/ppupload/ppupload/'])(
      'at %s needs no token, and the file is the same at each address',
      async (path) => {
        const response = await post(path, formOf('内容', '文件.txt', { upload_type: 'file', subtype: 'FILE' }), {
          Origin: 'https://shop.example',
        });
        expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
        const { fuuid } = (await response.json()) as { fuuid: string };
        for (const place of [
          'download/',
          'download/download/',
          'ppdownload/ppdownload/',
          'ppkefu/download/',
          'ppkefu/icon/',
          'ppkefu/material/',
        ]) {
          const found = await fetch(`${desk.url}/${place}${fuuid}`);
          expect([place, found.status, await found.text()]).toEqual([place, 200, '内容']);
        }
      },
    );

    it.each(['/ppkefu/upload', '/ppkefu/upload/', '/upload_txt'])('of a text at %s says its type', async (path) => {
      const long = '长'.repeat(5000);
      const form = new FormData();
      form.append('upload_type', 'content_txt');
      form.append('content_txt', long);
      const { fid, mime } = (await (await post(path, form)).json()) as { fid: string; mime: string };
      expect(mime).toBe('text/plain');
      expect(await textOf(fid)).toBe(long);
    });

    it('of the same content has an id of its own', async () => {
      expect(await upload('同样')).not.toBe(await upload('同样'));
    });

    it('of more than 20 MiB is refused with 413', async () => {
      const largest = 20 * 1024 * 1024;
      await upload(new Uint8Array(largest));
      expect((await post('/upload', formOf(new Uint8Array(largest + 1)))).status).toBe(413);
    });

    it('needs a token where the app says so', async () => {
      const { app_uuid, kefu } = await desk.newApp();
      const early = await upload('以前');
      const run = ppmessage.commands?.app?.uploads?.run;
      await run?.({ id: app_uuid, token: 'required' }, desk.server.context);
      const form = () => formOf('文件', 'a.txt', { user_uuid: kefu.user_uuid });
      const refused = await post('/upload', form());
      expect([refused.status, await refused.json()]).toMatchObject([401, { error_code: '3' }]);
      const answer = await post('/upload', form(), kefu.headers);
      const { fuuid } = (await answer.json()) as { fuuid: string };
      expect((await send('FILE', { fid: fuuid }, kefu)).code).toBe('0');
      expect((await send('FILE', { fid: early }, kefu)).code).toBe('16');
      expect((await send('FILE', { fid: early }, desk.kefu)).code).toBe('0');
    });

    it('that names an owner belongs to the app that is left when another one was removed', async () => {
      const user_email = `${randomUUID()}@desk.example`;
      const fields = { user_email, user_fullname: '店主', user_password: 'secret' };
      const { user } = await desk.entrance.ok('PPCONSOLE_SIGNUP', fields);
      const { api_key: client_id } = desk.credentials.keys.ppconsole;
      const signIn = { grant_type: 'password', client_id, user_email, user_password: 'secret' };
      const token = (await (await desk.postForm('/ppauth/token', signIn)).json()) as Token;
      const owner = new Seat(desk.url, token);
      await owner.ok('PP_CREATE_APP', { user_uuid: user.uuid, app_name: '新店' });
      await owner.ok('PP_REMOVE_APP', { user_uuid: user.uuid });
      const fid = await upload('文件', 'a.txt', { user_uuid: user.uuid });
      expect((await send('FILE', { fid })).code).toBe('16');
    });
  });

  describe('a download', () => {
    it('shows pictures, and saves pages and whatever has a file_name', async () => {
      const png = await upload(await picture('png'), 'a.png');
      const page = await upload('<!doctype html><script>alert(1)</script>', 'a.html');
      const shown = await download(png);
      expect(shown.headers.get('content-type')).toBe('image/png');
      expect(shown.headers.get('content-disposition')).toMatch(/^inline/);
      expect(shown.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      const saved = await download(page);
      expect(saved.headers.get('content-type')).toBe('application/octet-stream');
      expect(saved.headers.get('content-disposition')).toMatch(/^attachment/);
      const named = await fetch(`${desk.url}/ppkefu/material/${png}?file_name=${encodeURIComponent('订单.png')}`);
      expect(named.headers.get('content-disposition')).toBe(
        `attachment; filename="__.png"; filename*=UTF-8''%E8%AE%A2%E5%8D%95.png`,
      );
    });

    it('can be of a part, of the head, and only when it has changed', async () => {
      const fid = await upload('0123456789');
      const part = await download(fid, { Range: 'bytes=-3' });
      expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 7-9/10', '789']);
      const head = await fetch(`${desk.url}/download/${fid}`, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
      const etag = head.headers.get('etag') as string;
      expect((await download(fid, { 'If-None-Match': etag })).status).toBe(304);
    });

    it('of an unknown file is 404 with error 14', async () => {
      const response = await download(randomUUID());
      expect([response.status, await response.json()]).toMatchObject([404, { error_code: '14' }]);
    });
  });

  describe('a message', () => {
    it('with a picture has the sizes of it and of its thumbnail', async () => {
      for (const format of ['png', 'jpeg'] as const) {
        const fid = await upload(await picture(format), `照片.${format}`);
        const { code, body } = await send('IMAGE', { fid, mime: `image/${format}` });
        expect([code, body]).toMatchObject([
          '0',
          { orig: fid, mime: `image/${format}`, orig_width: 600, orig_height: 300, thum_width: 240, thum_height: 120 },
        ]);
        expect(body.thum).not.toBe(fid);
        const thumbnail = await sharp(await (await download(body.thum)).arrayBuffer()).metadata();
        expect([thumbnail.width, thumbnail.height]).toEqual([240, 120]);
      }
    });

    it('with a GIF or a small picture has the picture as its thumbnail', async () => {
      for (const bytes of [await picture('gif'), await picture('png', 50, 40)]) {
        const fid = await upload(bytes);
        const { body } = await send('IMAGE', { fid, mime: 'image/gif' });
        expect(body).toMatchObject({ orig: fid, thum: fid });
        expect([body.thum_width, body.thum_height]).toEqual([body.orig_width, body.orig_height]);
      }
    });

    it('with a file has its type, size and name', async () => {
      const fid = await upload('文件的内容', '说明.txt');
      expect((await send('FILE', { fid })).body).toEqual({ fid, mime: 'text/plain', size: 15, name: '说明.txt' });
      expect((await send('DOCUMENT', { fid, name: '另一个.txt' })).body).toMatchObject({ fid, name: '另一个.txt' });
      expect((await send('VIDEO', { fid })).body).toMatchObject({ fid });
      expect((await send('TXT', { fid })).body).toEqual({ fid });
    });

    it('with a voice has it in three forms', async () => {
      const fid = await upload('#!AMR\n', 'voice.amr');
      for (const dura of [3.2, '3.2']) {
        const form = { dura, fid };
        expect((await send('AUDIO', { fid, mime: 'audio/amr', dura })).body).toEqual({
          m4a: form,
          amr: form,
          mp3: form,
        });
      }
    });

    it('is refused with error 16 for an unknown file, another app’s, and what is no picture', async () => {
      const other = await desk.otherApp();
      const foreign = await upload('别人的', 'a.txt', { user_uuid: other.kefu.user_uuid });
      const text = await upload('文字');
      const broken = await upload((await picture('png')).slice(0, 60));
      const refusals = [
        await send('FILE', { fid: randomUUID() }),
        await send('FILE', { fid: foreign }),
        await send('IMAGE', { fid: text, mime: 'image/png' }),
        await send('IMAGE', { fid: broken, mime: 'image/png' }),
      ];
      expect(refusals.map(({ code, body }) => [code, body])).toEqual(Array(4).fill(['16', undefined]));
    });

    it('can be repeated, but not with another file', async () => {
      const [fid, other] = [await upload(await picture('png')), await upload(await picture('png'))];
      const customer = await desk.kefu.newCustomer();
      const conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid]);
      const message = (file: string) => ({
        ...desk.kefu.text(conversation, customer, JSON.stringify({ fid: file, mime: 'image/png' })),
        message_subtype: 'IMAGE',
      });
      const first = message(fid);
      for (let times = 0; times < 2; times++) expect(await desk.kefu.code('PP_SEND_MESSAGE', first)).toBe('0');
      expect(await desk.kefu.code('PP_SEND_MESSAGE', { ...message(other), uuid: first.uuid })).toBe('16');
      expect(await desk.kefu.history(conversation)).toHaveLength(1);
    });
  });

  it('are deleted after a day unless a message or an icon uses them', async () => {
    const [sent, icon, linked, appIcon, unused] = [
      await upload(await picture('png')),
      await upload('头像'),
      await upload('另一个头像'),
      await upload('图标'),
      await upload('没人用'),
    ];
    const { body, customer } = await send('IMAGE', { fid: sent, mime: 'image/png' });
    // Conversations still show an icon after it has changed.
    const address = `https://chat.example.com/download/download/${linked}?file_name=a.png`;
    for (const user_icon of [icon, address, 'https://chat.example.com/none.png'])
      await desk.kefu.ok('PP_UPDATE_USER', { user_uuid: customer, user_icon });
    await desk.console.ok('PP_UPDATE_APP_INFO', { app_icon: appIcon });
    await deleteExpired(desk.database, desk.server.context.clock.now());
    expect(await textOf(unused)).toBe('没人用');
    await afterADay();
    expect((await download(unused)).status).toBe(404);
    for (const fid of [sent, body.thum, icon, linked, appIcon]) expect((await download(fid)).status).toBe(200);
  });

  it('are deleted after their app', async () => {
    const { app_uuid, kefu, console, owner } = await desk.newApp();
    const fid = await upload('文件');
    expect((await send('FILE', { fid }, kefu)).code).toBe('0');
    await afterADay();
    expect(await textOf(fid)).toBe('文件');
    await console.ok('PP_REMOVE_APP', { app_uuid, user_uuid: owner.user_uuid });
    await afterADay();
    expect((await download(fid)).status).toBe(404);
  });

  it('has a picture for every name, always the same', async () => {
    const read = async (name: string) => {
      const response = await fetch(`${desk.url}/identicon/${name}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
      return Buffer.from(await response.arrayBuffer());
    };
    const [first, again, other] = [await read('甲.png'), await read('identicon/%E7%94%B2.png'), await read('乙.png')];
    expect(first.equals(again)).toBe(true);
    expect(first.equals(other)).toBe(false);
    expect(await sharp(first).metadata()).toMatchObject({ format: 'png', width: 240, height: 240 });
  });
});

describeEachDatabase('ppmessage: the limit of uploads', (databases) => {
  const desk = useDesk(databases, { PPMESSAGE_UPLOAD_LIMIT: '3' });

  it('counts the uploads of a network address', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 4; count++)
      statuses.push((await fetch(`${desk.url}/upload`, { method: 'POST', body: formOf('文件') })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});
