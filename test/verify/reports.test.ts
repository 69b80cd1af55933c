import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { type CommandOptions, runVerify } from '../../src/verify/command.ts';
import { createJudge } from '../../src/verify/judge.ts';
import type { Report } from '../../src/verify/report.ts';
import { apiOf, type Bench, contractOf, openBench } from './bench.ts';
import { planted, SLOW_MS } from './faults.ts';
import { type Fault, type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';

let bench: Bench;
let proxy: FaultyProxy;
let credentials: string;
beforeAll(async () => {
  bench = await openBench();
  const base = await bench.freshBase('gobelieve');
  credentials = await bench.credentialsFile(base);
  const faults = (planted.gobelieve ?? []).filter(({ write }) => write !== true);
  proxy = await startFaultyProxy(base, createJudge(contractOf('gobelieve')), faults);
});
afterAll(async () => {
  await proxy?.close();
  await bench?.close();
});

const run = (options: CommandOptions, from = apis) =>
  runVerify(from, proxy.url, { api: 'gobelieve', credentials, slow: `${SLOW_MS}ms`, ...options }, () => {});

describe('the report', () => {
  it('has its findings and its coverage as JSON', async () => {
    const { output, findings } = await run({ format: 'json' });
    const report = JSON.parse(output) as Report;
    expect(report).toMatchObject({ api: 'gobelieve', url: proxy.url, mode: 'read-only' });
    expect(findings).toBe(report.findings.length);
    for (const finding of report.findings) {
      const { kind, operation, method, path, status, message, pointer, curl, ...others } = finding;
      expect(Object.keys(others)).toEqual([]);
      for (const text of [kind, operation, method, path, message, pointer, curl])
        expect(text).toEqual(expect.any(String));
      expect(status).toEqual(expect.any(Number));
      expect(curl).toContain(proxy.url);
      expect(pointer).toMatch(/^\/(paths|components)\//);
    }
    expect(Object.keys(report.coverage)).toEqual(['operations', 'statuses', 'mediaTypes']);
    for (const { reached, declared } of Object.values(report.coverage)) expect(reached).toBeLessThanOrEqual(declared);
  });

  it('is JUnit', async () => {
    const { output, findings } = await run({ format: 'junit' });
    expect(XMLValidator.validate(output)).toBe(true);
    const parser = new XMLParser({ ignoreAttributes: false, isArray: (name) => name === 'testcase' });
    const { testsuites } = parser.parse(output);
    expect(testsuites['@_failures']).toBe(String(findings));
    expect(testsuites.testsuite.testcase).toHaveLength(findings);
    for (const one of testsuites.testsuite.testcase) expect(one.failure['@_message']).not.toBe('');
  });

  it('is SARIF', async () => {
    const { output, findings } = await run({ format: 'sarif' });
    const { version, runs } = JSON.parse(output);
    expect(version).toBe('2.1.0');
    expect(runs).toHaveLength(1);
    const [{ tool, results }] = runs;
    expect(results).toHaveLength(findings);
    for (const { ruleId, ruleIndex, message, locations } of results) {
      expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(message.text).not.toBe('');
      expect(locations[0].physicalLocation.artifactLocation.uri).toBe('generated/gobelieve.json');
    }
  });

  it('is text', async () => {
    const { output, findings } = await run({});
    for (const { kind, operation } of planted.gobelieve?.filter(({ write }) => write !== true) ?? []) {
      expect(output).toContain(`${kind}: `);
      expect(output).toContain(`(${operation})`);
    }
    expect(output).toContain(`${findings} findings.`);
  });

  it('has a fault that many operations show once, with all of them', async () => {
    const judge = createJudge(contractOf('gobelieve'));
    const faults = [...judge.operations.keys()].map(
      (operation): Fault => ({
        operation,
        answer: ({ headers: { 'x-request-id': _, ...headers }, ...passing }) => ({ ...passing, headers }),
      }),
    );
    const everywhere = await startFaultyProxy(await bench.freshBase('gobelieve'), judge, faults);
    const options = { api: 'gobelieve', credentials };
    const json = await runVerify(apis, everywhere.url, { ...options, format: 'json' }, () => {});
    const report = JSON.parse(json.output) as Report;
    const { output } = await runVerify(apis, everywhere.url, options, () => {});
    await everywhere.close();
    const equal = report.findings.filter(({ message }) => /x-request-id/i.test(message));
    expect(equal.length).toBeGreaterThan(10);
    const [message = ''] = new Set(equal.map((finding) => finding.message));
    expect(output.split(message)).toHaveLength(2);
    for (const { method, path, operation, status } of equal)
      expect(output).toContain(`  ${method} ${path} (${operation}) answered ${status}\n`);
  });

  it('tells operations that were not called from those that never answered as declared', async () => {
    const fault: Fault = { operation: 'getSupporter', answer: (passing) => ({ ...passing, status: 418 }) };
    const base = await bench.freshBase('gobelieve');
    const wrong = await startFaultyProxy(base, createJudge(contractOf('gobelieve')), [fault]);
    const { output } = await runVerify(apis, wrong.url, { api: 'gobelieve', credentials }, () => {});
    await wrong.close();
    expect(output).toMatch(/^Never answered as declared: getSupporter$/m);
    expect(output).toMatch(/^Not called: .*sendPeerMessage/m);
    expect(output).not.toMatch(/^Not called: .*getSupporter/m);
  });
});

describe('secrets', () => {
  const secretsIn = (value: unknown, name = ''): string[] => {
    if (typeof value === 'object' && value !== null)
      return Object.entries(value).flatMap(([key, one]) => secretsIn(one, key));
    return /secret|password|token/.test(name) ? [String(value)] : [];
  };

  it.each(['text', 'json', 'junit', 'sarif'])(
    'are in no report (%s)',
    async (format) => {
      const base = await bench.freshBase('tower');
      const file = await bench.credentialsFile(base);
      // Everything is wrong, and each answer contains the secret that came with the request.
      const judge = createJudge(contractOf('tower'));
      const faults = [...judge.operations.keys()].map((operation) => ({
        operation,
        answer: (passing: { status: number; headers: object; body: Buffer }, { headers }: { headers: object }) => {
          const { authorization } = headers as { authorization?: string };
          const isToken = passing.body.includes('access_token');
          const body = isToken ? passing.body : Buffer.from(`{"seen": "${authorization}", broken`);
          return { ...passing, headers: { ...passing.headers, 'x-request-id': `${authorization}` }, body };
        },
      }));
      const everywhere = await startFaultyProxy(base, judge, faults);
      try {
        const options = { api: 'tower', credentials: file, format, write: true };
        const { output, findings } = await runVerify(apis, everywhere.url, options, () => {});
        expect(findings).toBeGreaterThan(50);
        const known = secretsIn(JSON.parse(await readFile(file, 'utf8')).tower);
        const secrets = [...known, ...everywhere.secrets];
        expect(known.length).toBeGreaterThan(5);
        expect(everywhere.secrets.size).toBeGreaterThan(5);
        expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
      } finally {
        await everywhere.close();
      }
    },
    300_000,
  );
});

describe('the patch', () => {
  it('makes the contract true, but for what no contract can describe', async () => {
    const before = JSON.parse(
      (await run({ format: 'json', patch: join(bench.folder, 'patch.yaml') })).output,
    ) as Report;
    const bundled = join(bench.folder, 'patched.json');
    // A foreign tool applies it.
    await promisify(execFile)(process.execPath, [
      'node_modules/@redocly/cli/bin/cli.js',
      'bundle',
      'generated/gobelieve.json',
      ...['--overlay', join(bench.folder, 'patch.yaml'), '--output', bundled],
    ]);
    const contract = JSON.parse(await readFile(bundled, 'utf8'));
    const after = JSON.parse((await run({ format: 'json' }, [{ ...apiOf('gobelieve'), contract }])).output) as Report;
    const cut = before.findings.filter(({ kind }) => kind === 'broken-body');
    expect(cut).toHaveLength(1);
    expect(after.findings.map(({ kind, operation }) => [kind, operation])).toEqual(
      cut.map(({ kind, operation }) => [kind, operation]),
    );
  }, 300_000);

  it('is JSON in a file of another name', async () => {
    const file = join(bench.folder, 'patch.json');
    await run({ patch: file });
    const { overlay, info, actions } = JSON.parse(await readFile(file, 'utf8'));
    expect(overlay).toBe('1.0.0');
    expect(info).toEqual({ title: expect.any(String), version: expect.any(String) });
    expect(actions.length).toBeGreaterThan(0);
  });
});

describe('the template', () => {
  it.each(apis.filter(({ demo }) => demo !== undefined).map(({ name }) => name))(
    'of %s is a credentials file that says how to get each part',
    async (name) => {
      const { output } = await runVerify(apis, undefined, { api: name, template: true }, () => {});
      const template = JSON.parse(output);
      expect(template.how_to_get.length).toBeGreaterThan(3);
      const base = await bench.freshBase(name);
      const answer = (await (await fetch(base.replace(/\/\w+$/, '/sandbox/credentials'))).json())[name];
      expect(Object.keys(template)).toEqual(expect.arrayContaining(Object.keys(answer)));
      const file = join(bench.folder, `${name}.template.json`);
      await writeFile(file, output);
      const { findings } = await runVerify(apis, base, { api: name, credentials: file }, () => {});
      expect(findings).toBe(0);
    },
    300_000,
  );
});
