import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJudge } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { readFound, wireOf } from './found.ts';
import { attempt } from './fuzz-operation.ts';
import { readBundle } from './material.ts';

const found = readFound();
const apis = [...new Set(found.map(({ api }) => api))];

describeEachDatabase('requests that npm run fuzz has found', (databases) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ DATABASE_URL: await databases.createUrl() });
  });
  afterAll(() => server.close());

  describe.each(apis)('%s', (api) => {
    const cases = found.filter((one) => one.api === api);
    const contract = readBundle(api);
    const judge = createJudge(contract, { strict: true });

    it.each(cases.map((one) => [one.operation, one.problem, one] as const))('%s no longer: %s', async (id, _, one) => {
      const target = { base: `${server.url}/${api}`, judge, contract };
      const problem = await attempt(target, judge.operations.get(id) as Operation, {
        wire: wireOf(one),
        expects: one.expects,
      });
      expect(problem).toBeUndefined();
      expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    });
  });
});
