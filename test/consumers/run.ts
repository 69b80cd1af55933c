// `npm run test:consumers`: tries the contracts with general tools. It installs them into a temporary folder, so it
// needs a network or a registry. The table is for people; the exit status is 1 if a tool fails.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareCalls } from './calls.ts';
import { run, startSandbox, stopAll } from './processes.ts';
import { type Call, type Job, type Tool, tools } from './tools.ts';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const chosen = tools.filter(({ name }) => values.only === undefined || values.only.split(',').includes(name));
const typescript = '5.9.3';
const contractOf = (api: string) => fileURLToPath(import.meta.resolve(`../../generated/${api}.json`));
const tsx = fileURLToPath(import.meta.resolve('tsx'));

const compilerOptions = {
  strict: true,
  noEmit: true,
  target: 'es2023',
  lib: ['es2023', 'dom', 'dom.iterable'],
  module: 'esnext',
  moduleResolution: 'bundler',
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: [],
};

/** Writes files below a folder, by their names. */
async function write(folder: string, files: Record<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

/** Installs all tools, each in its version. */
async function install(root: string): Promise<void> {
  const dependencies = Object.assign(
    { typescript },
    ...chosen.map((tool) => ({ [tool.name]: tool.version, ...tool.packages })),
  );
  await write(root, { 'package.json': JSON.stringify({ private: true, type: 'module', dependencies }) });
  await run(['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts'], root, dirname(process.execPath), 600);
}

/** Lets a tool do what is proved of it. Throws an error when it fails. */
async function prove(tool: Tool, job: Job, call: Call, folder: string, bin: string): Promise<void> {
  const program = tool.program?.(job, call);
  const main = program === undefined ? tool.code : 'program.ts';
  await write(folder, {
    'tsconfig.json': JSON.stringify({ compilerOptions, files: [main] }),
    ...tool.files?.(job),
    ...(program !== undefined && { 'program.ts': program }),
  });
  await run(tool.command(job), folder, bin, 180);
  if (main !== undefined) await run(['tsc', '--project', '.'], folder, bin, 180);
  if (program === undefined) return;
  const output = await run([process.execPath, '--import', tsx, 'program.ts'], folder, bin, 60);
  if (!output.includes(call.expected)) throw new Error(`The answer lacks ${call.expected}:\n${output.slice(-2000)}`);
}

/** Tries all tools with all contracts. Returns the failures, and prints the table. */
async function proveAll(root: string, url: string): Promise<string[]> {
  const calls = Object.entries(await prepareCalls(url));
  const bin = join(root, 'node_modules/.bin');
  const failures: string[] = [];
  console.log(
    `| tool | version | ${calls.map(([api]) => api).join(' | ')} |\n| --- | --- |${' --- |'.repeat(calls.length)}`,
  );
  for (const tool of chosen) {
    const cells: string[] = [];
    for (const [api, { baseUrl, ...call }] of calls) {
      const folder = join(root, tool.name.replace(/\W+/g, '-'), api);
      const failure = await prove(tool, { contract: contractOf(api), baseUrl }, call, folder, bin).catch(
        (error: Error) => error,
      );
      if (failure) failures.push(`${tool.name} with ${api}: ${failure.message}`);
      cells.push(failure ? 'FAILED' : tool.proof);
    }
    console.log(`| ${tool.name} | ${tool.version} | ${cells.join(' | ')} |`);
  }
  return failures;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopAll);
setTimeout(stopAll, 40 * 60_000).unref();
const root = await mkdtemp(join(tmpdir(), 'qiyue-consumers-'));
try {
  await install(root);
  const sandbox = await startSandbox(root);
  const failures = await proveAll(root, sandbox.url).finally(() => sandbox.stop());
  for (const failure of failures) console.error(`\n${failure}`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  await rm(root, { recursive: true, force: true });
}
