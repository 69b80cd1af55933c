import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

interface Score {
  agentReadiness: number;
  subscores: Record<'documentationQuality' | 'errorClarity' | 'identifierClarity', number>;
}

/** `redocly score`, which rates a contract for agents. Why it is not higher is in CONTRIBUTING.md, "Decisions". */
const reached = { tower: 82, ucenter: 84, ppmessage: 79, gobelieve: 83, sandbox: 83 };

it.each(Object.entries(reached))('redocly score rates %s with %d or more', async (api, least) => {
  const score = ['node_modules/@redocly/cli/bin/cli.js', 'score', `generated/${api}.json`, '--format=json'];
  const { stdout } = await run(process.execPath, score, { maxBuffer: 64 * 2 ** 20 });
  const { agentReadiness, subscores } = JSON.parse(stdout) as Score;
  expect(agentReadiness).toBeGreaterThanOrEqual(least);
  expect(subscores.documentationQuality).toBeGreaterThan(0.99);
  expect([subscores.errorClarity, subscores.identifierClarity]).toEqual([1, 1]);
});
