/**
 * Evidence of what each operation has been proved to answer:
 *
 *     npm run evidence                       # runs the contract tests and writes generated/evidence.json
 *     npm run evidence -- --check            # the same, but writes nothing and fails when a proof is lost
 *     npm run evidence -- --from <folder>    # takes the proofs of a run with EVIDENCE_FOLDER=<folder>
 *
 * Ends with 1 when a proof is lost, with 2 when it could not run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { Evidence } from '../../src/docs/evidence.ts';
import { projectRoot } from '../../src/root.ts';
import { readResults, toEvidence } from '../mutation/results.ts';
import { collectEvidence } from './collect.ts';
import { findLost } from './lost.ts';
import type { Proof } from './proofs.ts';
import { renderEvidence } from './render.ts';

const home = projectRoot();
const file = join(home, 'generated', 'evidence.json');

try {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, from: { type: 'string' } } });
  const { apis } = parse(readFileSync(join(home, 'redocly.yaml'), 'utf8')) as { apis: Record<string, unknown> };
  const proofs = values.from === undefined ? runTests(Object.keys(apis)) : readProofs(values.from);
  if (proofs.length === 0) throw new Error('No proofs were found');
  const operations = Object.keys(apis).flatMap((api) => collectEvidence(api, proofs));
  const before = readEvidence();
  const evidence: Evidence = { operations, mutation: toEvidence(readResults()) };
  const lost = before === undefined ? [] : findLost(before, evidence);
  for (const row of lost) console.error(`lost: ${row}`);
  if (values.check) process.exitCode = lost.length > 0 ? 1 : 0;
  else writeFileSync(file, renderEvidence(evidence));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

function readEvidence(): Evidence | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Evidence;
  } catch {
    return undefined;
  }
}

function runTests(apis: readonly string[]): Proof[] {
  if (!process.env.TEST_POSTGRES_URL) throw new Error('Evidence needs PostgreSQL: set TEST_POSTGRES_URL');
  const folder = mkdtempSync(join(tmpdir(), 'qiyue-evidence-'));
  try {
    const tests = [...apis.map((api) => `test/${api}/api.test.ts`), 'test/oauth/general-clients.test.ts'];
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/support/vitest.config.ts', ...tests];
    const env = { ...process.env, EVIDENCE_FOLDER: folder };
    const { status } = spawnSync(process.execPath, vitest, { cwd: home, stdio: 'inherit', env });
    if (status !== 0) throw new Error('The contract tests failed, so there is no evidence');
    return readProofs(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readProofs(folder: string): Proof[] {
  return readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Proof[]);
}
