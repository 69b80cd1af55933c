import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qiyue-verify-'));
  // A server that is none of ours: it answers everything with a page.
  server = createServer((_request, response) => response.end('<h1>Hello</h1>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gobelieve`;
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true });
});

/** Runs the command line as `npx qiyue verify` does. */
const run = (...parameters: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['.ci/start.mjs', 'verify', ...parameters], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

describe('qiyue verify', () => {
  it('exits with 0 when there is nothing to find', async () => {
    const answer = { status: 200, headers: [], content: { size: 0, mimeType: '' } };
    const entries = [{ time: 1, request: { method: 'GET', url: `${url}/nowhere`, headers: [] }, response: answer }];
    const har = join(folder, 'empty.har');
    await writeFile(har, JSON.stringify({ log: { entries } }));
    const { code, out } = await run(url, '--api', 'gobelieve', '--har', har);
    expect([code, out]).toEqual([0, expect.stringContaining('No findings.')]);
  }, 240_000);

  it('exits with 1 when there are findings', async () => {
    const { code, out, err } = await run(url, '--api', 'gobelieve', '--format', 'json');
    expect(code).toBe(1);
    const kinds = new Set((JSON.parse(out) as { findings: { kind: string }[] }).findings.map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['authentication', 'header', 'media-type']));
    expect(err).toContain('No --credentials');
  }, 240_000);

  const page = 'http://127.0.0.1:3000/tower';

  it.each<[string, string[], RegExp]>([
    ['no address', ['--api', 'tower'], /address of the API is missing/],
    ['an address of something else', ['ftp://a.example', '--api', 'tower'], /not an address of HTTP/],
    ['no address at all', ['nonsense', '--api', 'tower'], /not an address of HTTP/],
    [
      'no server',
      ['http://127.0.0.1:9/tower', '--api', 'tower'],
      /No server answers at http:\/\/127\.0\.0\.1:9\/tower/,
    ],
    ['no API', [page], /--api is missing: one of tower/],
    ['an unknown API', [page, '--api', 'sandbox'], /There is no API sandbox; there are tower/],
    ['no such file', [page, '--api', 'tower', '--credentials', 'none.json'], /credentials cannot be read/],
    ['a wrong file', [page, '--api', 'tower', '--credentials', 'LICENSE'], /LICENSE/],
    ['a wrong format', [page, '--api', 'tower', '--format', 'pdf'], /--format must be one of text, json, junit, sarif/],
    ['a wrong duration', [page, '--api', 'tower', '--slow', 'soon'], /--slow must be a duration/],
    ['a contradiction', [page, '--api', 'tower', '--read-only', '--write'], /exclude each other/],
    ['an unknown option', [page, '--api', 'tower', '--fast'], /unknown option/],
  ])(
    'exits with 2 for %s',
    async (_what, parameters, message) => {
      const { code, out, err } = await run(...parameters);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(message);
      expect(err.trim().split('\n').length).toBeLessThanOrEqual(2);
    },
    240_000,
  );

  it('prints a template', async () => {
    const { code, out } = await run('--template', '--api', 'ppmessage');
    expect(code).toBe(0);
    expect(JSON.parse(out).base_url).toBe('http://127.0.0.1:3000/ppmessage');
  }, 240_000);
});
