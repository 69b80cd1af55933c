/**
 * Compares the examples of answers in the contracts with what a sandbox answers to the example requests:
 *
 *     npm run examples                    # names each difference: api, operation, status, field
 *     npm run examples -- --api tower     # of one API
 *     npm run examples -- --write         # writes what the sandbox answers into the contracts
 *
 * Ends with 0 when every example is an answer, or was written; with 1 when one is not; with 2 when it could not compare.
 */
import { parseArgs } from 'node:util';
import { apis } from '../../src/app.ts';
import type { Suite } from '../contract/harness.ts';
import { startServer } from '../support/server.ts';
import { ADDRESS } from './answers.ts';
import { readCaseAnswers } from './case-answers.ts';
import { checkExamples } from './check.ts';
import { linesOf } from './report.ts';
import { suites } from './suites.ts';
import { writeExamples } from './write.ts';

try {
  const { values } = parseArgs({ options: { api: { type: 'string' }, write: { type: 'boolean', default: false } } });
  const chosen = apis.filter(({ name }) => values.api === undefined || values.api === name);
  if (chosen.length === 0)
    throw new Error(`--api ${values.api} is no API; there are ${apis.map(({ name }) => name).join(', ')}`);
  const servers = await Promise.all([startServer({ PUBLIC_URL: ADDRESS }), startServer({ PUBLIC_URL: ADDRESS })]);
  const [first, second] = servers;
  try {
    for (const api of chosen) {
      const cases = await readCaseAnswers(suites[api.name] as Suite);
      const stale = await checkExamples(api, [first.url, second.url], { cases });
      const left = values.write ? writeExamples(stale) : stale;
      for (const line of linesOf(left)) console.log(line);
      if (left.length > 0) process.exitCode = 1;
    }
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
