import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Evidence } from '../../src/docs/evidence.ts';
import { gobelieve } from '../../src/gobelieve/index.ts';
import type { Api } from '../../src/http/api.ts';
import { toWire } from '../../src/verify/exchange.ts';
import { send } from '../../src/verify/send.ts';
import { createChecker } from '../contract/checker.ts';
import { suite } from '../contract/gobelieve.cases.ts';
import { successOf } from '../contract/harness.ts';
import { startServer } from '../support/server.ts';
import { collectEvidence } from './collect.ts';
import { findLost } from './lost.ts';
import type { Proof } from './proofs.ts';
import { renderEvidence } from './render.ts';

/** What two operations answer to a request that should succeed. */
async function evidenceOf(api: Api): Promise<Evidence> {
  const { operations } = createChecker(api.name);
  const server = await startServer({}, [api]);
  try {
    const base = `${server.url}/${api.name}`;
    const world = await suite.createWorld(base, server);
    const proofs: Proof[] = [];
    for (const id of ['getOfflineFlag', 'listMessages']) {
      const operation = operations.get(id);
      if (operation === undefined) throw new Error(`There is no ${id}`);
      const { status } = await send(base, toWire(operation, await successOf(suite, operation, world)));
      proofs.push({
        ...{ api: api.name, operation: id, status, media: 'application/json', code: null },
        ...{ by: 'sqlite', test: `test/x.test.ts > ${id}` },
      });
    }
    return { operations: collectEvidence(api.name, proofs), mutation: null };
  } finally {
    await server.close();
  }
}

test('a handler that breaks loses its proof, and its neighbour keeps it', async () => {
  const explode = () => {
    throw new Error('broken on purpose');
  };
  const broken = { ...gobelieve, operations: { ...gobelieve.operations, getOfflineFlag: explode } };
  const [before, after] = [await evidenceOf(gobelieve), await evidenceOf(broken)];
  expect(findLost(before, before)).toEqual([]);
  expect(findLost(before, after)).toEqual(['gobelieve getOfflineFlag 200 application/json on sqlite']);
});

test('programs of others stand at the answers that they have received, each once', () => {
  const received = {
    api: 'ucenter',
    operation: 'createAccessToken',
    status: 200,
    media: 'application/json',
    code: '1',
  };
  const of = (name: string, test: string): Proof => ({
    ...received,
    by: 'client',
    client: { name, version: '1.0.0' },
    test,
  });
  const operations = collectEvidence('ucenter', [of('b', 'test 2'), of('a', 'test 1'), of('b', 'test 1')]);
  const answers = operations.flatMap(({ operation, answers }) =>
    answers.filter(({ clients }) => clients !== undefined).map((answer) => ({ operation, ...answer })),
  );
  expect(answers).toMatchObject([
    {
      operation: 'createAccessToken',
      status: 200,
      clients: [
        { name: 'a', version: '1.0.0', test: 'test 1' },
        { name: 'b', version: '1.0.0', test: 'test 1' },
      ],
    },
  ]);
});

test('each declared answer has one line, without a proof, too', () => {
  const evidence = { operations: collectEvidence('gobelieve', []), mutation: null };
  const text = renderEvidence(evidence);
  expect(JSON.parse(text)).toEqual(evidence);
  const answers = evidence.operations.flatMap((operation) => operation.answers);
  expect(text.split('\n').filter((line) => line.startsWith('{"status":') && !line.includes('test/'))).toHaveLength(
    answers.length,
  );
  const declared = [...createChecker('gobelieve').operations.values()].flatMap(({ responses }) => [
    ...responses.keys(),
  ]);
  expect(answers.length).toBeGreaterThanOrEqual(declared.length);
});

test('the evidence in generated/ is of every operation, small, and names no machine', async () => {
  const text = await readFile('generated/evidence.json', 'utf8');
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000);
  expect(text).not.toMatch(/\/home\/|\/tmp\/|[A-Z]:\\/);
  const { operations } = JSON.parse(text) as Evidence;
  for (const api of ['tower', 'ucenter', 'ppmessage', 'gobelieve', 'sandbox']) {
    const found = operations.filter((one) => one.api === api).map(({ operation }) => operation);
    expect(found).toEqual([...createChecker(api).operations.keys()]);
  }
  // Every answer of the document's own operations was received from the server.
  const proved = operations.flatMap(({ answers }) => answers).filter(({ sqlite }) => sqlite !== undefined);
  expect(proved.length).toBeGreaterThan(2500);
});
