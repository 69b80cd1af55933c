import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from './errors.ts';
import type { Running } from './serve.ts';

/** How scripts see that the server is ready: by a file, and by lines of JSON on standard output. */

/** Addresses without a slash at their end. */
const addressesOf = ({ url, mockUrl }: Running, { sandbox }: { sandbox: boolean }) => ({
  url,
  ...(mockUrl !== undefined && { mock: mockUrl }),
  ...(sandbox && { credentials: `${url}/sandbox/credentials` }),
});

/** `{"event":"ready","url":"http://127.0.0.1:3000",…}` */
export const readyLine = (running: Running, config: { sandbox: boolean }): string =>
  JSON.stringify({ event: 'ready', ...addressesOf(running, config) });

/**
 * Reserves a file that says when the server is ready.
 *
 * @returns writes it, in one step; when the process ends it is removed, unless another server has written it since
 * @throws ConfigError when it cannot be written
 */
export function reserveReadyFile(path: string): (running: Running, config: { sandbox: boolean }) => void {
  const draft = `${path}.${process.pid}`;
  try {
    // One of a server that was killed. That of a server that runs stays, should this one not start.
    if (!isOfOther(path)) rmSync(path, { force: true });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, '');
  } catch (error) {
    throw new ConfigError(`--ready-file: ${path} cannot be written: ${(error as Error).message}`);
  }
  process.on('exit', () => {
    rmSync(draft, { force: true });
    if (pidIn(path) === process.pid) rmSync(path, { force: true });
  });
  return (running, config) => {
    writeFileSync(draft, `${JSON.stringify({ pid: process.pid, ...addressesOf(running, config) })}\n`);
    renameSync(draft, path);
  };
}

/** Whether another process that runs has written the file. */
function isOfOther(path: string): boolean {
  const pid = pidIn(path);
  if (pid === undefined || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Undefined for a file that is absent or something else. */
function pidIn(path: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(path, 'utf8')) as { pid?: unknown };
    return Number.isInteger(pid) ? (pid as number) : undefined;
  } catch {
    return undefined;
  }
}
