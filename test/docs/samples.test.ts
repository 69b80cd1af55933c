import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis, sandbox } from '../../src/app.ts';
import { createSandboxClient } from '../../src/client/index.ts';
import type { Addresses } from '../../src/docs/addresses.ts';
import { listOperations } from '../../src/docs/samples/example.ts';
import { type Sample, samplesOf } from '../../src/docs/samples/samples.ts';
import type { Api } from '../../src/http/api.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { runShell, runTyped, type Written } from './samples.ts';

const originals = apis.filter((api) => api !== sandbox);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** The samples of one kind, each for a world with fresh demo data. Those that only read share one. */
async function write(api: Api, label: Sample['label']): Promise<{ samples: Written[]; end(): Promise<void> }> {
  const control = createSandboxClient({ baseUrl: `${server.url}/sandbox` });
  const worlds: string[] = [];
  const createWorld = async (): Promise<Addresses> => {
    const { data } = await control.POST('/worlds', {});
    if (data === undefined) throw new Error('There is no world');
    worlds.push(data.id);
    return { server: data.base_url, mock: undefined, isSandbox: true };
  };
  const shared = await createWorld();
  const samples: Written[] = [];
  for (const { operation, method } of listOperations(api)) {
    const at = method === 'get' ? shared : await createWorld();
    const sample = samplesOf(api, operation.operationId, at).find((one) => one.label === label);
    samples.push({ operationId: operation.operationId, source: sample?.source ?? '' });
  }
  const end = async () => {
    for (const id of worlds) await control.DELETE('/worlds/{id}', { params: { path: { id } } });
  };
  return { samples, end };
}

/** Expects a declared status of each operation, and a success of 95 of 100. */
function expectAnswers(api: Api, statuses: ReadonlyMap<string, number | undefined>): void {
  const operations = listOperations(api).map(({ operation }) => operation);
  const undeclared = operations.filter(({ operationId, responses }) => !(`${statuses.get(operationId)}` in responses));
  expect(undeclared.map(({ operationId }) => [operationId, statuses.get(operationId)])).toEqual([]);
  const failed = operations.filter(({ operationId }) => Number(statuses.get(operationId)) >= 400);
  const names = failed.map(({ operationId }) => `${operationId} ${statuses.get(operationId)}`);
  expect(names.length / operations.length, names.join(', ')).toBeLessThanOrEqual(0.05);
}

describe.each(originals.map((api) => [api.name, api] as const))('the samples of %s', (name, api) => {
  it('for a shell work by themselves', async () => {
    const { samples, end } = await write(api, 'curl');
    expectAnswers(api, await runShell(samples));
    await end();
  }, 120_000);

  it('for the typed client compile and work', async () => {
    const { samples, end } = await write(api, 'qiyue/client');
    expectAnswers(api, await runTyped(name, samples));
    await end();
  }, 120_000);
});
