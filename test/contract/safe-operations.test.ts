import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toWire } from '../../src/verify/exchange.ts';
import { send } from '../../src/verify/send.ts';
import { type CountingServer, startCounting } from '../support/counting-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { isWrite } from '../support/statements.ts';
import { createChecker } from './checker.ts';
import { suite as gobelieve } from './gobelieve.cases.ts';
import { perform, type Suite, successCases } from './harness.ts';
import { suite as ppmessage } from './ppmessage.cases.ts';
import { suite as tower } from './tower.cases.ts';
import { suite as ucenter } from './ucenter.cases.ts';

/** `x-safe: true` marks the POSTs that only read, which `qiyue verify` sends without being asked to write. */
describe.each([tower, ucenter, ppmessage, gobelieve].map((suite: Suite) => [suite.api.name, suite] as const))(
  'the operations of %s that are marked as safe',
  (name, suite) => {
    const { operations } = createChecker(name);
    const marked = [...operations.values()].filter(({ extensions }) => extensions['x-safe'] !== undefined);
    let server: TestServer;
    let counting: CountingServer;

    beforeAll(async () => {
      server = await startServer(suite.environment, [suite.api]);
      counting = await startCounting(server, [suite.api]);
    });
    afterAll(async () => {
      await counting?.close();
      await server?.close();
    });

    it('are POSTs with `x-safe: true`', () => {
      for (const { id, method, extensions } of marked)
        expect([id, method, extensions['x-safe']]).toEqual([id, 'POST', true]);
    });

    it('write nothing', async () => {
      const world = await suite.createWorld(`${server.url}/${name}`, server);
      const writing: Record<string, string[]> = {};
      for (const operation of marked) {
        for (const one of successCases(suite, operation)) {
          const answer = await send(`${counting.url}/${name}`, toWire(operation, await perform(one, world)));
          expect([operation.id, answer.status]).toEqual([operation.id, Math.min(...operation.responses.keys())]);
          const writes = (await counting.statements()).texts.filter(isWrite);
          if (writes.length > 0) writing[operation.id] = writes;
        }
      }
      expect(writing).toEqual({});
    }, 120_000);
  },
);
