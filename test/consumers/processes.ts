import { type ChildProcess, spawn } from 'node:child_process';

const home = new URL('../..', import.meta.url).pathname;

/** The environment without what npm adds to it, which would be the settings of an npm that is called from here. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** What runs now. Each is the first of a process group of its own, which is killed as a whole. */
const running = new Set<ChildProcess>();
let isStopped = false;

function start(program: string, parameters: string[], folder: string, variables: NodeJS.ProcessEnv) {
  if (isStopped) throw new Error('The run was stopped');
  const options = { cwd: folder, env: { ...environment, ...variables }, detached: true };
  const child = spawn(program, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Kills a process and those that it has started. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // They have ended.
  }
}

/** Kills everything that runs, and lets nothing more start. */
export function stopAll(): void {
  isStopped = true;
  for (const child of running) kill(child);
}

/**
 * Runs a program.
 *
 * @param seconds how long it may take; after that it is killed
 * @param accepted the statuses that it may end with
 * @returns what it printed
 * @throws Error when it ends with another status, with the end of its output
 */
export async function run(
  [program = '', ...parameters]: string[],
  folder: string,
  path: string,
  seconds: number,
  accepted: readonly number[] = [0],
): Promise<string> {
  // Some tools ask when they have a terminal, and some send statistics.
  const quiet = { CI: 'true', NO_COLOR: '1', DO_NOT_TRACK: '1' };
  const child = start(program, parameters, folder, { ...quiet, PATH: `${path}:${process.env.PATH}` });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const timer = setTimeout(() => kill(child), seconds * 1000);
  const status = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(String(code ?? signal)));
  }).finally(() => clearTimeout(timer));
  if (accepted.includes(Number(status))) return output;
  throw new Error(`${program} ended with ${status} (limit: ${seconds} s):\n${output.slice(-2000)}`);
}

/** Starts the sandbox on a free port, with its data in a folder. */
export function startSandbox(folder: string): Promise<Started> {
  return startServer([process.execPath, '.ci/start.mjs'], /"url":"(http:[^"]+)"/, {
    PORT: '0',
    MOCK_PORT: 'off',
    IM_PORT: 'off',
    IM_WS_PORT: 'off',
    NODE_ENV: '',
    LOG_LEVEL: 'info',
    DATABASE_URL: `sqlite:${folder}/sandbox.sqlite`,
    FILES_URL: `file:${folder}/files`,
  });
}

/** A server of its own process. */
export interface Started {
  url: string;
  stop(): void;
}

/**
 * Starts a server in the folder of the project.
 *
 * @param address what it prints when it is ready, with its address as the first group
 */
export async function startServer(
  [program = '', ...parameters]: string[],
  address: RegExp,
  variables: NodeJS.ProcessEnv = {},
): Promise<Started> {
  const child = start(program, parameters, home, variables);
  child.stderr.pipe(process.stderr);
  const stop = () => kill(child);
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${program} does not start: ${output}`)), 120_000);
    child.once('exit', (code) => reject(new Error(`${program} stopped with ${code}: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000);
      const found = address.exec(output)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  }).catch((error) => {
    stop();
    throw error;
  });
  return { url, stop };
}
