import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../src/root.ts';
import { median } from './slices.ts';

const RUNS = 7;
const TICK_MS = 10;
const PAGE_BYTES = 4096;

const ways: Record<string, string[]> = {
  'npm start': ['npm', 'start', '--silent', '--'],
  'built, node dist/cli.js': [process.execPath, 'dist/cli.js', 'serve'],
};

export interface StartFigures {
  way: string;
  readyMs: number;
  /** CPU time of the server until it is ready, without that of npm. */
  cpuMs: number;
  /** Resident memory when it is ready. */
  megabytes: number;
  firstMockCallMs: number;
}

/** How long the sandbox takes to start with new data, while the machine has the files in memory. */
export async function start(): Promise<StartFigures[]> {
  if (!existsSync(join(projectRoot(), 'dist/cli.js'))) throw new Error('There is no dist/cli.js: run npm run build');
  if (!existsSync('/proc/self/stat')) throw new Error('Starts are measured on Linux alone');
  const samples = Object.keys(ways).map((way) => ({ way, figures: [] as Omit<StartFigures, 'way'>[] }));
  // The first run of each warms the machine up.
  for (let run = 0; run <= RUNS; run++) {
    for (const { way, figures } of samples) {
      const sample = await startOnce(ways[way] as string[]);
      if (run > 0) figures.push(sample);
    }
  }
  return samples.map(({ way, figures }) => {
    const middle = (name: keyof Omit<StartFigures, 'way'>) => median(figures.map((one) => one[name]));
    return {
      way,
      readyMs: middle('readyMs'),
      cpuMs: middle('cpuMs'),
      megabytes: middle('megabytes'),
      firstMockCallMs: middle('firstMockCallMs'),
    };
  });
}

async function startOnce([program = '', ...args]: string[]): Promise<Omit<StartFigures, 'way'>> {
  const folder = mkdtempSync(join(tmpdir(), 'qiyue-start-'));
  const file = join(folder, 'ready.json');
  const env = {
    ...process.env,
    ...{ PORT: '0', MOCK_PORT: '0', IM_PORT: 'off', IM_WS_PORT: 'off' },
    ...{ DATABASE_URL: `sqlite:${join(folder, 'qiyue.db')}`, FILES_URL: `file:${join(folder, 'files')}` },
  };
  const started = performance.now();
  const child = spawn(program, [...args, '--ready-file', file], { cwd: projectRoot(), env, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    while (!existsSync(file)) {
      if (child.exitCode !== null) throw new Error(`${program} ${args.join(' ')} stopped with ${child.exitCode}`);
      await sleep(2);
    }
    const readyMs = performance.now() - started;
    const { pid, mock } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; mock: string };
    const used = usageOf(pid);
    const called = performance.now();
    const response = await fetch(`${mock}/tower/.well-known/oauth-authorization-server`);
    await response.text();
    const firstMockCallMs = performance.now() - called;
    process.kill(pid, 'SIGTERM');
    await ended;
    return { readyMs, ...used, firstMockCallMs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Fields 14, 15 and 24 of `/proc/<pid>/stat`; the second one, in brackets, may have spaces. */
function usageOf(pid: number): { cpuMs: number; megabytes: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').map(Number) ?? [];
  const [user = 0, system = 0, pages = 0] = [fields[11], fields[12], fields[21]];
  return { cpuMs: (user + system) * TICK_MS, megabytes: (pages * PAGE_BYTES) / 1e6 };
}

export const startTable = (figures: readonly StartFigures[]): string =>
  [
    '| start | ready after, ms | CPU ms | MB | first call of the mock, ms |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...figures.map(
      ({ way, readyMs, cpuMs, megabytes, firstMockCallMs }) =>
        `| ${way} | ${readyMs.toFixed(0)} | ${cpuMs.toFixed(0)} | ${megabytes.toFixed(0)} | ${firstMockCallMs.toFixed(0)} |`,
    ),
  ].join('\n');
