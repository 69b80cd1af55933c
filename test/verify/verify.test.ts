import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import type { Api } from '../../src/http/api.ts';
import { runVerify } from '../../src/verify/command.ts';
import { createJudge } from '../../src/verify/judge.ts';
import type { Node } from '../../src/verify/references.ts';
import type { Report } from '../../src/verify/report.ts';
import { makeWorld } from '../sandbox/control.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { planted, SLOW_MS } from './faults.ts';
import { startFaultyProxy } from './faulty-proxy.ts';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qiyue-verify-'));
  server = await startServer();
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true });
});

const names = Object.keys(planted);
const contractOf = (name: string) => (apis.find((api) => api.name === name) as Api).contract as unknown as Node;

/** The base of an API in a world of its own. */
const freshBase = async (name: string) => `${(await makeWorld(server.url)).base_url}/${name}`;

/** The credentials of a world in a file, as `--credentials` takes it. */
async function credentialsFile(base: string): Promise<string> {
  const answer = await fetch(base.replace(/\/\w+$/, '/sandbox/credentials'));
  const file = join(folder, `${randomUUID()}.json`);
  await writeFile(file, await answer.text());
  return file;
}

async function verify(url: string, api: string, options: object = {}): Promise<Report> {
  const settings = { api, format: 'json', slow: `${SLOW_MS}ms`, ...options };
  return JSON.parse((await runVerify(apis, url, settings, () => {})).output) as Report;
}

describe.each(names)('our own server of %s', (name) => {
  it.each(['read-only', 'write'])(
    'has no findings (%s)',
    async (mode) => {
      const report = await verify(await freshBase(name), name, { write: mode === 'write' });
      expect(report.findings).toEqual([]);
      const { operations, statuses } = report.coverage;
      expect(report.mode).toBe(mode);
      expect(operations.declared).toBe(createJudge(contractOf(name)).operations.size);
      if (mode === 'write') expect(operations.reached).toBe(operations.declared);
      expect(statuses.reached).toBeGreaterThan(operations.reached);
    },
    300_000,
  );
});

describe('planted faults', () => {
  it('are at least twenty, of every kind, in all four APIs', () => {
    const all = Object.values(planted).flat();
    expect(all.length).toBeGreaterThanOrEqual(20);
    expect(new Set(all.map(({ kind }) => kind)).size).toBe(11);
  });

  it.each(names.flatMap((name) => [false, true].map((write) => [name, write] as const)))(
    'of %s are found, and nothing else (write: %s)',
    async (name, write) => {
      const faults = (planted[name] ?? []).filter((one) => (one.write ?? false) === write);
      const base = await freshBase(name);
      const proxy = await startFaultyProxy(base, createJudge(contractOf(name)), faults);
      try {
        const credentials = await credentialsFile(base);
        const { findings } = await verify(proxy.url, name, { write, credentials });
        const found = new Set(findings.map(({ kind, operation }) => `${operation}: ${kind}`));
        expect([...found].sort()).toEqual(faults.map(({ kind, operation }) => `${operation}: ${kind}`).sort());
      } finally {
        await proxy.close();
      }
    },
    300_000,
  );
});
