import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Exchange, exampleExchange, type Wire } from '../../src/verify/exchange.ts';
import { oneThingOdd } from '../../src/verify/odd-requests.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { send } from '../../src/verify/send.ts';
import { reachedBy } from '../fuzz/reached.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { Proofs } from '../support/evidence.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { createChecker } from './checker.ts';
import { perform, type Suite, successCases } from './harness.ts';
import { requests } from './odd-requests.ts';

/** `FUZZ_SEED=… FUZZ_RUNS=… npm test` sends other and more requests. */
const seed = Number(process.env.FUZZ_SEED ?? 20261122);
const runs = Number(process.env.FUZZ_RUNS ?? 15);

/**
 * Sends every operation requests that would succeed but for an odd part, on both databases. The answer must never be a
 * 5xx, and must be one that the contract declares. First each part is replaced by each known odd value, then up to four
 * parts at random: each database gets half of these.
 */
export function fuzzContract(suite: Suite): void {
  const { name } = suite.api;
  const checker = createChecker(name);
  describeEachDatabase(
    (engine) => (engine === 'SQLite' ? 'fuzz' : `fuzz ${engine}`),
    (databases) => {
      let server: TestServer;
      let base: string;
      let world: unknown;
      const proofs = new Proofs(name, 'fuzz');

      beforeAll(async () => {
        server = await startServer({ DATABASE_URL: await databases.createUrl() }, suite.served ?? [suite.api]);
        base = `${server.url}/${name}`;
        world = await suite.createWorld(base, server);
      });
      afterAll(() => server?.close());

      it.each([...checker.operations.values()].map((operation) => [operation.id, operation] as const))(
        '%s',
        async (id, operation) => {
          const starts: Exchange[] = [];
          for (const one of successCases(suite, operation)) starts.push(await perform(one, world));
          starts.push(exampleExchange(operation, { all: true }));
          const failures = new Map<string, Wire>();
          const attempt = async (wire: Wire) => {
            const answer = await send(base, wire);
            const reached = reachedBy(wire, operation, checker.operations.values())?.id;
            const problems = checker.problems(reached ?? id, answer);
            if (problems.length === 0 && answer.status < 500) {
              const proved = checker.operations.get(reached ?? id) as Operation;
              return proofs.add(proved, answer, checker.errorCodeOf(answer));
            }
            if (reached === undefined && [400, 404, 405].includes(answer.status)) return;
            const kind = `${answer.status}: ${problems.join('; ').replace(/\d+/g, '0').slice(0, 300)}`;
            const known = failures.get(kind);
            if (known === undefined || sizeOf(wire) < sizeOf(known)) failures.set(kind, wire);
          };
          for (const wire of oneThingOdd(operation, starts)) await attempt(wire);
          await fc.assert(fc.asyncProperty(requests(operation, starts), attempt), {
            seed: databases.engine === 'sqlite' ? seed : seed + 1,
            numRuns: Math.ceil(runs / 2),
          });
          // Every kind of failure with its shortest request, so that one run shows all of them.
          const report = [...failures].map(([kind, wire]) => `\n${kind}\n  ${JSON.stringify(wire).slice(0, 2_000)}`);
          expect(failures.size, `FUZZ_SEED=${seed}${report.join('')}`).toBe(0);
        },
        // Each reset of the sandbox replaces all data, which takes PostgreSQL half a second.
        240_000,
      );
    },
  );
}

const sizeOf = (wire: Wire) => JSON.stringify(wire).length;
