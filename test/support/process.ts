import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const environmentOf = (variables: Record<string, string>) => ({
  ...process.env,
  PORT: '0',
  MOCK_PORT: 'off',
  IM_PORT: 'off',
  IM_WS_PORT: 'off',
  NODE_ENV: '',
  LOG_LEVEL: 'info',
  ...variables,
});

/**
 * The server as an operator starts it, on a free port. The end of the test kills it.
 *
 * @param maxFiles how many files the process may have open, as `ulimit -n` says
 */
export async function startProcess(
  variables: Record<string, string>,
  { maxFiles }: { maxFiles?: number } = {},
): Promise<{ child: ChildProcess; url: string; output(): string }> {
  const command = maxFiles === undefined ? 'exec "$0" "$@"' : `ulimit -n ${maxFiles} && exec "$0" "$@"`;
  const child = spawn('sh', ['-c', command, process.execPath, '.ci/start.mjs'], {
    env: environmentOf(variables),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The server stopped with ${code}: ${output}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /"url":"(http:[^"]+)"/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, url, output: () => output };
}

/** Runs a command as an operator does. Returns its output; rejects when it fails. */
export async function runCommand(parameters: string[], variables: Record<string, string>): Promise<string> {
  const run = promisify(execFile);
  return (await run(process.execPath, ['.ci/start.mjs', ...parameters], { env: environmentOf(variables) })).stdout;
}
