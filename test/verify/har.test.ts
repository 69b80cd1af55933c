import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { runVerify } from '../../src/verify/command.ts';
import type { Report } from '../../src/verify/report.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Nothing listens there. */
const BASE = 'http://127.0.0.1:9/tower';

let server: TestServer;
let folder: string;
let entries: Entry[];

interface Entry {
  time: number;
  request: { method: string; url: string; headers: Pair[]; postData?: { mimeType: string; text: string } };
  response: {
    status: number;
    headers: Pair[];
    content: { size: number; mimeType: string; text?: string; encoding?: string };
  };
}
type Pair = { name: string; value: string };

const pairsOf = (headers: Headers): Pair[] => [...headers].map(([name, value]) => ({ name, value }));

/** Sends a request to the server, and writes it down as if it had been sent to another one. */
async function recorded(path: string, init: RequestInit = {}): Promise<Entry> {
  const request = new Request(`${server.url}/tower${path}`, init);
  const text = init.body?.toString();
  const response = await fetch(request.clone());
  const body = Buffer.from(await response.arrayBuffer());
  const mimeType = response.headers.get('content-type') ?? '';
  return {
    time: 12,
    request: {
      method: request.method,
      url: BASE + path,
      headers: pairsOf(request.headers),
      ...(text !== undefined && { postData: { mimeType: request.headers.get('content-type') ?? '', text } }),
    },
    response: {
      status: response.status,
      headers: pairsOf(response.headers),
      content: { size: body.length, mimeType, text: body.toString('base64'), encoding: 'base64' },
    },
  };
}

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'qiyue-har-'));
  const form = { grant_type: 'password', client_id: 'tower-demo-client', client_secret: 'tower-demo-secret' };
  const person = { username: 'demo@tower.example', password: 'demo-password' };
  const signIn = await recorded('/oauth/token', { method: 'POST', body: new URLSearchParams({ ...form, ...person }) });
  const { access_token } = JSON.parse(Buffer.from(signIn.response.content.text as string, 'base64').toString());
  const headers = { Authorization: `Bearer ${access_token}` };
  entries = [
    signIn,
    await recorded('/api/v1/user', { headers }),
    await recorded('/api/v1/teams?page%5Bnumber%5D=1', { headers }),
    await recorded('/api/v1/user'),
  ];
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true });
});

async function write(changed: readonly unknown[]): Promise<string> {
  const file = join(folder, `${Math.random()}.har`);
  await writeFile(
    file,
    JSON.stringify({ log: { version: '1.2', creator: { name: 'test', version: '1' }, entries: changed } }),
  );
  return file;
}

async function judge(changed: readonly unknown[], options: object = {}): Promise<Report> {
  const settings = { api: 'tower', format: 'json', har: await write(changed), ...options };
  return JSON.parse((await runVerify(apis, BASE, settings, () => {})).output) as Report;
}

/** A recording with one entry changed. */
const withChange = (index: number, change: (entry: Entry) => void): Entry[] => {
  const copy = structuredClone(entries);
  change(copy[index] as Entry);
  return copy;
};

describe('a recording', () => {
  it('of our own server has no findings, and nothing is sent', async () => {
    const report = await judge(entries);
    expect(report).toMatchObject({ mode: 'har', url: BASE, requests: 4, findings: [] });
    expect(report.coverage.operations.reached).toBe(3);
    expect(report.coverage.statuses.reached).toBe(4);
  });

  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

  it.each<[string, string, Entry[] | (() => Entry[])]>([
    ['undeclared-status', 'getUser', () => withChange(1, ({ response }) => Object.assign(response, { status: 203 }))],
    ['server-error', 'getUser', () => withChange(1, ({ response }) => Object.assign(response, { status: 503 }))],
    ['network', 'getUser', () => withChange(1, ({ response }) => Object.assign(response, { status: 0 }))],
    ['slow', 'getUser', () => withChange(1, (entry) => Object.assign(entry, { time: 6_000 }))],
    [
      'schema',
      'getUser',
      () => withChange(1, ({ response }) => Object.assign(response.content, { text: encode({ data: 1 }) })),
    ],
    ['broken-body', 'getUser', () => withChange(1, ({ response }) => Object.assign(response.content, { text: '' }))],
    [
      'media-type',
      'listTeams',
      () =>
        withChange(2, ({ response }) => {
          for (const header of response.headers) if (header.name === 'content-type') header.value = 'text/plain';
        }),
    ],
    [
      'header',
      'listTeams',
      () =>
        withChange(2, ({ response }) => {
          response.headers = response.headers.filter(({ name }) => name !== 'x-request-id');
        }),
    ],
    [
      'accepted-bad-input',
      'createToken',
      () =>
        withChange(0, ({ request }) => {
          request.postData = { mimeType: 'application/x-www-form-urlencoded', text: 'client_id=tower-demo-client' };
        }),
    ],
  ])('shows %s of %s', async (kind, operation, changed) => {
    const { findings } = await judge(typeof changed === 'function' ? changed() : changed);
    expect([...new Set(findings.map((one) => `${one.kind} ${one.operation}`))]).toEqual([`${kind} ${operation}`]);
  });

  it('needs no bodies: those that it lacks are not judged', async () => {
    const changed = withChange(1, ({ response }) => {
      const { size, mimeType } = response.content;
      response.content = { size, mimeType };
    });
    expect((await judge(changed)).findings).toEqual([]);
  });

  it('has no secrets in its report', async () => {
    const changed = withChange(0, ({ response }) => Object.assign(response, { status: 203 }));
    const text = JSON.stringify(await judge(changed));
    expect(text).toContain('undeclared-status');
    expect(text).not.toMatch(/demo-password|tower-demo-secret/);
  });

  it.each([
    [
      'of other addresses',
      () => write(entries.map((one) => ({ ...one, request: { ...one.request, url: 'http://a.example/' } }))),
      /http:\/\/a\.example/,
    ],
    ['that is not there', async () => join(folder, 'none.har'), /cannot be read/],
    [
      'that is none',
      async () => {
        const file = join(folder, 'text.har');
        await writeFile(file, '{"log":{}}');
        return file;
      },
      /not a HAR file/,
    ],
  ])('%s cannot be judged', async (_what, file, message) => {
    await expect(runVerify(apis, BASE, { api: 'tower', har: await file() }, () => {})).rejects.toThrow(message);
  });
});
