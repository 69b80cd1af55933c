/**
 * Changes the code in small ways, one at a time, and runs the tests to see whether they notice:
 *
 *     npm run mutation                                        # all areas; takes hours
 *     npm run mutation -- oauth --minutes 30                  # one area, as far as it gets
 *     npm run mutation -- oauth --files src/oauth/scope.ts --tests test/oauth/openid.test.ts
 *     npm run mutation -- … --write                           # keeps the results of a finished run, for the evidence
 *
 * Stryker is installed into a temporary folder. The results go to dist/mutation, and with --write to
 * test/mutation/results.yaml, where survivors are explained.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { projectRoot } from '../../src/root.ts';
import { run, stopAll } from '../consumers/processes.ts';
import { type Area, areas, excludedMutations } from './areas.ts';
import { mergeResults, type Outcome, readResults, toEvidence, toResults, writeResults } from './results.ts';

/** The newest that runs on Node 20. */
const VERSION = '9.6.1';
const home = projectRoot();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string' },
    tests: { type: 'string' },
    minutes: { type: 'string', default: '330' },
    concurrency: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});

async function install(root: string): Promise<void> {
  const dependencies = { '@stryker-mutator/core': VERSION, '@stryker-mutator/vitest-runner': VERSION };
  writeFileSync(join(root, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
  await run(['npm', 'install', ...options], root, dirname(process.execPath), 600);
  // Those of the project, so that the tests and their runner are of one version.
  for (const name of ['vitest', 'typescript'])
    symlinkSync(join(home, 'node_modules', name), join(root, 'node_modules', name));
  writeFileSync(join(root, 'reporter.mjs'), readFileSync(fileURLToPath(new URL('reporter.mjs', import.meta.url))));
}

/** The outcomes of the changes of an area: all, or those until the time was over. */
async function mutate(name: string, { files, tests }: Area, root: string): Promise<Outcomes> {
  const folder = join(root, name);
  mkdirSync(folder);
  const outcomes = join(folder, 'outcomes.jsonl');
  const options = {
    testRunner: 'vitest',
    plugins: [join(root, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js'), join(root, 'reporter.mjs')],
    mutate: values.files?.split(',') ?? files,
    testFiles: values.tests?.split(',') ?? tests,
    mutator: { excludedMutations },
    // What runs while a module is loaded can only be changed by loading everything again.
    ignoreStatic: true,
    coverageAnalysis: 'perTest',
    concurrency: Number(values.concurrency),
    timeoutMS: 3000,
    timeoutFactor: 1.2,
    reporters: ['outcomes'],
    outcomes,
    tempDirName: join(folder, 'copy'),
    ignorePatterns: ['/dist', '/.qiyue'],
    vitest: { configFile: 'test/support/vitest.config.ts', related: false },
    fileLogLevel: 'off',
    warnings: false,
  };
  const configuration = join(folder, 'stryker.json');
  writeFileSync(configuration, JSON.stringify(options));
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const ended = run([process.execPath, stryker, 'run', configuration], home, '', Number(values.minutes) * 60);
  const error = await ended.catch((one: Error) => one);
  if (!existsSync(outcomes)) throw error;
  if (error instanceof Error) console.error(`${name}: not finished: ${error.message.split('\n')[0]}`);
  const lines = readFileSync(outcomes, 'utf8').trim().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Outcome);
  const found = all.map((one) => ({ ...one, file: one.file.slice(one.file.indexOf('src/')) }));
  return { found, isFinished: !(error instanceof Error) };
}

interface Outcomes {
  found: Outcome[];
  isFinished: boolean;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopAll);
const root = await mkdtemp(join(tmpdir(), 'qiyue-mutation-'));
try {
  await install(root);
  mkdirSync(join(home, 'dist/mutation'), { recursive: true });
  for (const [name, area] of Object.entries(areas)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const { found, isFinished } = await mutate(name, area, root);
    const results = toResults(found, (file) => readFileSync(join(home, file), 'utf8'));
    writeFileSync(join(home, 'dist/mutation', `${name}.yaml`), stringify(results, { lineWidth: 0 }));
    // A file of which only a part was changed would have a score that it does not deserve.
    if (values.write && isFinished) writeResults(mergeResults(readResults(), results));
    console.log(`${name}: ${found.length} changes, ${toEvidence(results)?.score} % noticed`);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
