import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { runVerify } from '../../src/verify/command.ts';
import { createJudge } from '../../src/verify/judge.ts';
import type { Report } from '../../src/verify/report.ts';
import { type Bench, contractOf, openBench } from './bench.ts';
import { planted, SLOW_MS } from './faults.ts';
import { startFaultyProxy } from './faulty-proxy.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench?.close());

const names = Object.keys(planted);

async function verify(url: string, api: string, options: object = {}): Promise<Report> {
  const settings = { api, format: 'json', slow: `${SLOW_MS}ms`, ...options };
  return JSON.parse((await runVerify(apis, url, settings, () => {})).output) as Report;
}

describe.each(names)('our own server of %s', (name) => {
  it.each(['read-only', 'write'])(
    'has no findings (%s)',
    async (mode) => {
      const report = await verify(await bench.freshBase(name), name, { write: mode === 'write' });
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
      const base = await bench.freshBase(name);
      const proxy = await startFaultyProxy(base, createJudge(contractOf(name)), faults);
      try {
        const credentials = await bench.credentialsFile(base);
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
