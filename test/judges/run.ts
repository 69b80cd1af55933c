/**
 * Programs of others judge the contracts and the sandbox:
 *
 *     npm run judge                              # all of them
 *     npm run judge -- spectral --api tower      # one of them, one contract
 *
 * They are installed into a temporary folder, so this needs a network or a registry. What is found and is not in
 * accepted.yaml is printed, and the exit status is 1. The same holds for an entry there that nothing is found for.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { projectRoot } from '../../src/root.ts';
import { run, startSandbox, stopAll } from '../consumers/processes.ts';
import { type Accepted, readAccepted, sort } from './accepted.ts';
import { type Finding, type Judge, judges } from './judges.ts';

const home = projectRoot();
const { values, positionals } = parseArgs({ allowPositionals: true, options: { api: { type: 'string' } } });
const unknown = positionals.filter((name) => judges.every((judge) => judge.name !== name));
if (unknown.length > 0) throw new Error(`There is no judge ${unknown.join(', ')}`);
const chosen = judges.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const { apis } = parse(await readFile(join(home, 'redocly.yaml'), 'utf8')) as { apis: Record<string, unknown> };
const names = values.api === undefined ? Object.keys(apis) : values.api.split(',');

async function install(packages: string): Promise<void> {
  const dependencies = Object.assign({}, ...chosen.map((judge) => judge.packages));
  await mkdir(packages);
  await writeFile(join(packages, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const command = ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run(command, packages, dirname(process.execPath), 600);
}

/** Prints what a judge says of all contracts. Returns whether everything is accepted. */
async function judgeAll(judge: Judge, accepted: readonly Accepted[], root: string, url: string): Promise<boolean> {
  const findings: Finding[] = [];
  for (const api of names) {
    const folder = join(root, `${judge.name}-${api}`);
    await mkdir(folder);
    const contract = join(home, 'generated', `${api}.json`);
    findings.push(...(await judge.judge({ api, contract, url, folder, packages: join(root, 'packages') })));
  }
  const { open, explained, stale } = sort(findings, accepted);
  for (const { api, rule, where, message } of open)
    console.error(`${judge.name}: ${api}: ${rule}: ${where}: ${message}`);
  // An entry may be of an API that was not judged.
  const unused = values.api === undefined ? stale : [];
  for (const { rule, where = '' } of unused) console.error(`${judge.name}: accepted.yaml is stale: ${rule} ${where}`);
  console.log(`${judge.name}: ${names.join(', ')}: ${open.length} findings, and ${explained} that are accepted`);
  return open.length + unused.length === 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopAll);
setTimeout(stopAll, 40 * 60_000).unref();
const root = await mkdtemp(join(tmpdir(), 'qiyue-judges-'));
try {
  await install(join(root, 'packages'));
  const accepted = await readAccepted();
  const sandbox = await startSandbox(root);
  try {
    for (const judge of chosen) {
      const own = accepted.filter((one) => one.judge === judge.name);
      if (!(await judgeAll(judge, own, root, sandbox.url))) process.exitCode = 1;
    }
  } finally {
    sandbox.stop();
  }
} finally {
  if (process.env.KEEP_JUDGES === undefined) await rm(root, { recursive: true, force: true });
  else console.log(root);
}
