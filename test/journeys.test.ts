import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startServer, type TestServer } from './support/server.ts';

interface Journeys {
  sourceDescriptions: { name: string }[];
  workflows: { workflowId: string; steps: { stepId: string; successCriteria?: unknown[] }[] }[];
}

const folder = 'openapi/journeys';
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).map((name) => `${folder}/${name}`);
const documents = await Promise.all(files.map(async (file) => parse(await readFile(file, 'utf8')) as Journeys));
const workflows = documents.flatMap((document) => document.workflows);

describe('the journeys', () => {
  test('have names of their own, and criteria for each step', () => {
    const ids = workflows.map(({ workflowId }) => workflowId);
    expect(new Set(ids).size).toBe(ids.length);
    const steps = workflows.flatMap(({ workflowId, steps }) => steps.map((step) => ({ workflowId, ...step })));
    expect(steps.filter(({ successCriteria = [] }) => successCriteria.length === 0)).toEqual([]);
  });

  test('lead through every API, and each way to a token of the three authorization servers', () => {
    const sources = documents.flatMap(({ sourceDescriptions }) => sourceDescriptions.map(({ name }) => name));
    expect([...new Set(sources)].sort()).toEqual(['gobelieve', 'ppmessage', 'sandbox', 'tower', 'ucenter']);
    const ids = workflows.map(({ workflowId }) => workflowId);
    for (const api of ['tower', 'ucenter', 'ppmessage'])
      expect(ids).toEqual(expect.arrayContaining([`${api}-first-request`, `${api}-authorization-code`]));
  });
});

describe('redocly respect', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  test('walks all of them through a sandbox with nothing but its addresses', async () => {
    const origin = new URL(server.url).origin;
    const apis = ['tower', 'ucenter', 'ppmessage', 'gobelieve', 'sandbox'];
    const servers = apis.flatMap((api) => ['--server', `${api}=${origin}/${api}`]);
    const respect = ['node_modules/@redocly/cli/bin/cli.js', 'respect', ...files, ...servers];
    const { code, stdout } = await promisify(execFile)(process.execPath, respect, { maxBuffer: 16 << 20 }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }) => ({ code, stdout }),
    );
    const failed = stdout.split('\n').filter((line: string) => line.includes('✗'));
    expect(failed).toEqual([]);
    const passed = Array.from(stdout.matchAll(/Workflows: (\d+) passed, (\d+) total/g), ([, count]) => Number(count));
    expect(passed.reduce((sum, count) => sum + count, 0)).toBe(workflows.length);
    expect(code).toBe(0);
  });
});
