import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { engineOf } from '../../src/database/transact.ts';
import { createFiles } from '../../src/files/files.ts';
import { contentOf } from '../../src/files/store.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** From now on a file that is written does not fit on its disk. The result undoes it. */
async function fillDisk(folder: string): Promise<() => void> {
  const file = await open(folder);
  const sync = vi.spyOn(Object.getPrototypeOf(file), 'sync');
  await file.close();
  sync.mockRejectedValue(Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC' }));
  return () => sync.mockRestore();
}

const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

describeEachDatabase('a full disk', (databases) => {
  let server: TestServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qiyue-files-'));
    server = await startServer({ DATABASE_URL: await databases.createUrl(), FILES_URL: `file:${folder}` });
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await server?.close();
    await rm(folder, { recursive: true });
  });

  const upload = async () => {
    const { gobelieve } = await (await fetch(`${server.url}/sandbox/credentials`)).json();
    const headers = { Authorization: `Bearer ${gobelieve.users[0].token}` };
    const response = await fetch(`${server.url}/gobelieve/audios`, { method: 'POST', headers, body: randomUUID() });
    return { status: response.status, body: await response.json() };
  };
  const ready = async () => {
    const response = await fetch(`${server.url}/readyz`);
    return [response.status, (await response.json()).checks.files];
  };

  it('fails the upload, which leaves nothing behind, and readiness, until there is space again', async () => {
    expect((await upload()).status).toBe(200);
    const before = (await filesIn(folder)).length;
    expect(await ready()).toEqual([200, 'ok']);
    const empty = await fillDisk(folder);
    expect(await upload()).toMatchObject({ status: 500, body: { meta: { code: 500 } } });
    expect((await filesIn(folder)).length).toBe(before);
    await expect.poll(ready, { timeout: 20_000 }).toEqual([503, 'failed']);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    empty();
    await expect.poll(ready, { timeout: 20_000 }).toEqual([200, 'ok']);
    expect((await upload()).status).toBe(200);
  }, 60_000);

  it('of the database fails readiness', async () => {
    const other = await startServer({ DATABASE_URL: await databases.createUrl() });
    const { database } = other.context;
    const check = async () => (await (await fetch(`${other.url}/readyz`)).json()).checks;
    // A database that can only be read refuses writes as a full disk does.
    const refuse = engineOf(database) === 'sqlite' ? sql`pragma query_only = 1` : undefined;
    if (refuse !== undefined) await refuse.execute(database);
    else await sql`alter table files_unkept add constraint full_disk check (since < 0)`.execute(database);
    expect(await check()).toMatchObject({ database: 'ok', writes: 'failed' });
    await other.close();
  });
});

describe('an upload that breaks off', () => {
  it('leaves nothing in a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qiyue-files-'));
    const { context, close } = await startServer({ FILES_URL: `file:${folder}` });
    const before = await filesIn(folder);
    const broken = {
      size: 100,
      stream: () =>
        Readable.from(
          (async function* () {
            yield Buffer.from('the first bytes');
            throw new Error('the client has gone');
          })(),
        ),
    };
    await expect(context.files.put(broken, { type: 'text/plain' })).rejects.toThrow('the client has gone');
    expect(await filesIn(folder)).toEqual(before);
    await close();
    await rm(folder, { recursive: true });
  });

  it('is deleted from a bucket, which may have stored it', async () => {
    const { context, close } = await startServer();
    const requests: string[] = [];
    const bucket = createServer((request, response) => {
      requests.push(request.method ?? '');
      request.resume();
      response.writeHead(request.method === 'PUT' ? 507 : 204).end();
    }).listen(0, '127.0.0.1');
    await once(bucket, 'listening');
    const endpoint = encodeURIComponent(`http://127.0.0.1:${(bucket.address() as AddressInfo).port}`);
    const files = createFiles(context.database, systemClock, {
      filesUrl: `s3://key:secret@uploads?endpoint=${endpoint}`,
      filesTimeoutMs: 5000,
    });
    await expect(files.put(contentOf(Buffer.from('bytes')), { type: 'text/plain' })).rejects.toThrow();
    await expect.poll(() => requests.at(-1)).toBe('DELETE');
    await expect.poll(() => context.database.selectFrom('files_unkept').selectAll().execute()).toEqual([]);
    bucket.closeAllConnections();
    bucket.close();
    await close();
  });
});
