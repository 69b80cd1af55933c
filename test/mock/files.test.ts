import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileTypeFromBuffer } from 'file-type';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis, createMockApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Context } from '../../src/context.ts';

let mock: Server;
let url: string;
beforeAll(async () => {
  const context = { config: readConfig(apis, {}), log: pino({ level: 'silent' }) } as unknown as Context;
  mock = createServer(createMockApp(context)).listen(0, '127.0.0.1');
  await once(mock, 'listening');
  url = `http://127.0.0.1:${(mock.address() as AddressInfo).port}`;
}, 60_000);
afterAll(() => void mock.close());

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, { headers });
  const type = response.headers.get('content-type')?.split(';')[0];
  return { response, type, bytes: Buffer.from(await response.arrayBuffer()) };
}

const digits = '0'.repeat(32);
const uploads = '/ucenter/storage/uploads/20160331';

describe('files of the mock', () => {
  it.each([
    [`${uploads}/${digits}.jpg`, 'image/jpeg'],
    [`${uploads}/${digits}.PNG`, 'image/png'],
    [`${uploads}/${digits}.gif`, 'image/gif'],
    [`${uploads}/${digits}.webp`, 'image/webp'],
    [`${uploads}/${digits}.pdf`, 'application/pdf'],
    [`${uploads}/${digits}.mp3`, 'audio/mpeg'],
    [`${uploads}/${digits}.mp4`, 'video/mp4'],
    [`/gobelieve/images/${digits}.jpg`, 'image/jpeg'],
    [`/gobelieve/images/${digits}.png`, 'image/png'],
  ])('%s is a real file of its type', async (path, expected) => {
    const { type, bytes } = await get(path);
    expect([type, (await fileTypeFromBuffer(bytes))?.mime]).toEqual([expected, expected]);
    if (expected.startsWith('image/')) expect((await sharp(bytes).stats()).channels.length).toBeGreaterThan(0);
  });

  it.each([
    [`${uploads}/${digits}.zip`, 'application/octet-stream', 'application/zip'],
    [`/gobelieve/audios/${digits}`, '*/*', 'audio/amr'],
    [`/gobelieve/files/${digits}.pdf`, '*/*', 'application/pdf'],
  ])('%s is a real file behind a general type', async (path, accept, content) => {
    const { type, bytes } = await get(path, { Accept: accept });
    expect([type, (await fileTypeFromBuffer(bytes))?.mime]).toEqual(['application/octet-stream', content]);
  });

  it('have the type that Accept names, and are sent whatever it says', async () => {
    const path = `/gobelieve/images/${digits}.jpg`;
    expect((await get(path, { Accept: 'image/png' })).type).toBe('image/png');
    expect((await get(path, { Accept: 'text/html' })).type).toBe('image/jpeg');
  });

  it('can be fetched in parts, and again', async () => {
    const path = `/gobelieve/images/${digits}.png`;
    const whole = await get(path);
    const part = await get(path, { Range: 'bytes=0-7' });
    expect([part.response.status, part.bytes.toString('hex')]).toEqual([206, '89504e470d0a1a0a']);
    expect(part.response.headers.get('content-range')).toBe(`bytes 0-7/${whole.bytes.length}`);
    const etag = whole.response.headers.get('etag') ?? '';
    expect((await get(path, { 'If-None-Match': etag })).response.status).toBe(304);
    expect((await get(path, { Range: 'bytes=9999-' })).response.status).toBe(416);
    expect((await get(path, { Range: 'bytes=0-7', Prefer: 'code=200' })).response.status).toBe(200);
  });
});
