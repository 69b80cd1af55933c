import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis, sandbox } from '../../src/app.ts';
import { createSandboxClient, type SandboxClient } from '../../src/client/index.ts';
import type { Addresses } from '../../src/docs/addresses.ts';
import { listOperations } from '../../src/docs/samples/example.ts';
import { type Sample, samplesOf } from '../../src/docs/samples/samples.ts';
import type { Api } from '../../src/http/api.ts';
import { whyMissing } from '../support/interpreters.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Outcome, runFetch, runShell, runTyped, type Written } from './samples.ts';
import { runScripts } from './script-samples.ts';

const originals = apis.filter((api) => api !== sandbox);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** A sample, and the sandbox of the world that it is for. */
interface Placed extends Written {
  sandbox: SandboxClient;
}

/** The samples of one kind, each for a world with fresh demo data. Those that only read share one. */
async function write(api: Api, label: Sample['label']): Promise<{ samples: Placed[]; end(): Promise<void> }> {
  const control = createSandboxClient({ baseUrl: `${server.url}/sandbox` });
  const worlds: string[] = [];
  const createWorld = async (): Promise<Addresses> => {
    const { data } = await control.POST('/worlds', {});
    if (data === undefined) throw new Error('There is no world');
    worlds.push(data.id);
    return { server: data.base_url, mock: undefined, isSandbox: true };
  };
  const shared = await createWorld();
  const samples: Placed[] = [];
  for (const { operation, method } of listOperations(api)) {
    const at = method === 'get' ? shared : await createWorld();
    const sample = samplesOf(api, operation.operationId, at).find((one) => one.label === label);
    samples.push({
      operationId: operation.operationId,
      source: sample?.source ?? '',
      sandbox: createSandboxClient({ baseUrl: `${at.server}/sandbox` }),
    });
  }
  const end = async () => {
    for (const id of worlds) await control.DELETE('/worlds/{id}', { params: { path: { id } } });
  };
  return { samples, end };
}

/** Samples that cannot succeed on fresh demo data, with their status and the reason. There are none. */
const exceptions: Record<string, number> = {};

/** Expects a success of each operation unless it is an exception, and no error of the sample itself. */
async function expectSuccess(
  api: Api,
  samples: readonly Placed[],
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<void> {
  const failed: unknown[] = [];
  for (const { operationId, sandbox: control } of samples) {
    const { status, error } = outcomes.get(operationId) ?? { status: undefined, error: null };
    const { isDeclared, body } = await lastAnswer(control, operationId);
    const exception = exceptions[`${api.name} ${operationId}`];
    const isSuccess = Number(status) < 400 && !hasErrorNumber(api, body);
    const isExpected = exception === undefined ? isSuccess : status === exception;
    if (!isExpected || !isDeclared || error !== null) failed.push({ operationId, status, error, isDeclared, body });
  }
  expect(failed).toEqual([]);
}

/** The last answer to an operation in the sandbox's log. It keeps the contract only if its status is declared. */
async function lastAnswer(control: SandboxClient, operation: string): Promise<{ isDeclared: boolean; body: unknown }> {
  const { data: [found] = [] } = await control.GET('/requests', { params: { query: { operation, limit: 1 } } });
  if (found === undefined) return { isDeclared: false, body: undefined };
  const path = { request_id: found.id };
  const { data } = await control.GET('/requests/{request_id}', { params: { path } });
  return { isDeclared: found.verdict.response?.valid === true, body: data?.response.body };
}

/** PPMessage refuses with status 200 and a number other than 0. */
const hasErrorNumber = ({ name }: Api, body: unknown): boolean =>
  name === 'ppmessage' && /"error_code":"?[^"0]/.test(JSON.stringify(body ?? ''));

const isMissing = { python: whyMissing('python'), php: whyMissing('php') };

describe.each(originals.map((api) => [api.name, api] as const))('the samples of %s', (name, api) => {
  async function run(label: Sample['label'], run: (samples: readonly Written[]) => Promise<Map<string, Outcome>>) {
    const { samples, end } = await write(api, label);
    try {
      await expectSuccess(api, samples, await run(samples));
    } finally {
      await end();
    }
  }

  it('for a shell work by themselves', () => run('curl', runShell), 120_000);
  it('for fetch work by themselves', () => run('fetch', runFetch), 120_000);
  it('for the typed client compile and work', () => run('qiyue/client', (samples) => runTyped(name, samples)), 120_000);
  it.skipIf(isMissing.python)(
    `for Python work by themselves${isMissing.python ?? ''}`,
    () => run('Python', (samples) => runScripts('python', samples)),
    120_000,
  );
  it.skipIf(isMissing.php)(
    `for PHP work by themselves${isMissing.php ?? ''}`,
    () => run('PHP', (samples) => runScripts('php', samples)),
    120_000,
  );
});
