import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Database } from '../../src/database/open.ts';
import { transact } from '../../src/database/transact.ts';
import { OverloadError } from '../../src/errors.ts';
import { createFiles, dropFile, type Files, keepFile } from '../../src/files/files.ts';
import { type ByteRange, contentOf } from '../../src/files/store.ts';
import { describeEachDatabase, type TestDatabases } from '../support/databases.ts';
import { startSilentProxy } from '../support/silent-proxy.ts';

const HOUR = 60 * 60 * 1000;
const type = 'application/octet-stream';
const bytes = new Uint8Array([0, 255, 10, 13, 0]);

/** The bytes under a key; `undefined` for an unknown key. */
async function stored(files: Files, key: string, range?: ByteRange): Promise<number[] | undefined> {
  const stream = await files.get(key, range);
  if (stream === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as Readable) chunks.push(chunk as Uint8Array);
  return [...Buffer.concat(chunks)];
}

function behaves(databases: TestDatabases, urlOfStore: () => string) {
  let database: Database;
  let files: Files;
  beforeAll(async () => {
    database = await databases.open();
    files = createFiles(database, systemClock, { filesUrl: urlOfStore(), filesTimeoutMs: 5000 });
  });

  it('returns the bytes that were put, also of an empty file', async () => {
    const keys = await Promise.all([bytes, new Uint8Array()].map((one) => files.put(contentOf(one), { type })));
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[0]).not.toBe(keys[1]);
    expect(await Promise.all(keys.map((key) => stored(files, key)))).toEqual([[...bytes], []]);
    expect(await files.get('0123456789abcdef0123456789abcdef')).toBeUndefined();
  });

  it('reads a range alone', async () => {
    const key = await files.put(contentOf(bytes), { type });
    expect(await stored(files, key, { start: 1, end: 3 })).toEqual([255, 10, 13]);
    expect(await stored(files, key, { start: 4, end: 4 })).toEqual([0]);
    expect(await files.get('0123456789abcdef0123456789abcdef', { start: 0, end: 1 })).toBeUndefined();
  });

  it('deletes the files that were not kept within an hour, and no others', async () => {
    await files.sweep(Date.now() + 2 * HOUR);
    const [kept, left, undone] = await Promise.all([1, 2, 3].map(() => files.put(contentOf(bytes), { type })));
    await transact(database, (trx) => keepFile(trx, kept as string));
    const failed = transact(database, async (trx) => {
      await keepFile(trx, undone as string);
      throw new Error('undone');
    });
    await expect(failed).rejects.toThrow('undone');

    expect(await files.sweep(Date.now())).toBe(0);
    expect(await stored(files, left as string)).toEqual([...bytes]);
    expect(await files.sweep(Date.now() + 2 * HOUR)).toBe(2);
    expect(await stored(files, kept as string)).toEqual([...bytes]);
    expect(await files.get(left as string)).toBeUndefined();
    expect(await files.get(undone as string)).toBeUndefined();

    await transact(database, (trx) => dropFile(trx, kept as string, Date.now()));
    expect(await files.sweep(Date.now() + 2 * HOUR)).toBe(1);
    expect(await files.get(kept as string)).toBeUndefined();
  });

  it('throws for a file that was deleted before it is kept', async () => {
    const key = await files.put(contentOf(bytes), { type });
    await files.sweep(Date.now() + 2 * HOUR);
    await expect(transact(database, (trx) => keepFile(trx, key))).rejects.toThrow(OverloadError);
  });
}

describeEachDatabase('files in a folder', (databases) => {
  const folder = join(tmpdir(), `qiyue-files-${randomUUID()}`);
  afterAll(() => rm(folder, { recursive: true, force: true }));
  behaves(databases, () => `file:${folder}`);

  it('is refused when it cannot be written', async () => {
    const database = await databases.open();
    const files = (path: string) =>
      createFiles(database, systemClock, { filesUrl: `file:${path}`, filesTimeoutMs: 5000 });
    await files(folder).requireWritable();
    await writeFile(join(folder, 'file'), '');
    // Node's own recursive mkdir never returns below /proc.
    const impossible = [join(folder, 'file'), ...(process.platform === 'linux' ? ['/proc/qiyue/files'] : [])];
    for (const path of impossible)
      await expect(files(path).requireWritable()).rejects.toThrow(`FILES_URL: ${path} cannot be written: `);
  });

  it('leaves no half-written files', async () => {
    expect((await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describeEachDatabase('files in a bucket', (databases) => {
  let server: S3rver;
  let folder: string;
  let url: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qiyue-bucket-'));
    server = new S3rver({
      port: 0,
      address: '127.0.0.1',
      directory: folder,
      silent: true,
      configureBuckets: [{ name: 'uploads', configs: [] }],
    });
    const { port } = await server.run();
    url = `s3://S3RVER:S3RVER@uploads/qiyue?region=us-east-1&endpoint=${encodeURIComponent(`http://127.0.0.1:${port}`)}`;
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  behaves(databases, () => url);

  it('is refused when it cannot be written, without the secret', async () => {
    const database = await databases.open();
    const check = (filesUrl: string) =>
      createFiles(database, systemClock, { filesUrl, filesTimeoutMs: 200 }).requireWritable();
    await check(url);
    const silent = await startSilentProxy();
    const at = (port: number) =>
      url.replace(/endpoint=.*/, `endpoint=${encodeURIComponent(`http://127.0.0.1:${port}`)}`);
    for (const [wrong, reason] of [
      [url.replace('@uploads', '@nowhere'), /FILES_URL: the bucket nowhere cannot be written: NoSuchBucket/],
      [at(1), /the bucket uploads cannot be written: .*ECONNREFUSED/],
      [at(silent.port), /the bucket uploads cannot be written: TimeoutError/],
    ] as const) {
      const error = await check(wrong).catch((thrown: Error) => thrown);
      expect((error as Error).message).toMatch(reason);
      expect((error as Error).message).not.toContain('S3RVER');
    }
    silent.close();
  });

  describe('a download', () => {
    let bucket: Server;
    let silent = false;
    let files: Files;
    beforeAll(async () => {
      bucket = createServer((_request, response) => {
        response.writeHead(200, { 'Content-Length': 8_000_000 });
        if (silent) response.write(Buffer.alloc(100_000));
        else response.end(Buffer.alloc(8_000_000));
      }).listen(0, '127.0.0.1');
      await once(bucket, 'listening');
      const endpoint = encodeURIComponent(`http://127.0.0.1:${(bucket.address() as AddressInfo).port}`);
      const filesUrl = `s3://key:secret@uploads?endpoint=${endpoint}`;
      files = createFiles(await databases.open(), systemClock, { filesUrl, filesTimeoutMs: 500 });
    });
    afterAll(() => {
      bucket.closeAllConnections();
      bucket.close();
    });

    const key = '0123456789abcdef0123456789abcdef';
    const read = async (pause: number) => {
      let size = 0;
      for await (const chunk of (await files.get(key)) as Readable) {
        if (size === 0) await sleep(pause);
        size += chunk.length;
      }
      return size;
    };

    it('waits for a slow client', async () => {
      silent = false;
      expect(await read(1500)).toBe(8_000_000);
    });

    it('ends when the bucket is silent', async () => {
      silent = true;
      await expect(read(0)).rejects.toThrow('The bucket was silent for 500 ms');
    });
  });

  it('is written again after a failure', async () => {
    const bodies: string[] = [];
    const unreliable = createServer(async (request, response) => {
      bodies.push(await text(request));
      response.writeHead(bodies.length < 3 ? 503 : 200).end();
    }).listen(0, '127.0.0.1');
    await once(unreliable, 'listening');
    const endpoint = encodeURIComponent(`http://127.0.0.1:${(unreliable.address() as AddressInfo).port}`);
    const filesUrl = `s3://key:secret@uploads?endpoint=${endpoint}`;
    const files = createFiles(await databases.open(), systemClock, { filesUrl, filesTimeoutMs: 5000 });
    await files.put(contentOf(Buffer.from('bytes')), { type });
    expect(bodies).toEqual(['bytes', 'bytes', 'bytes']);
    unreliable.closeAllConnections();
    unreliable.close();
  });
});
