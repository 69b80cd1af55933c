import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
 * @returns writes it, in one step; it is removed when the process ends
 * @throws ConfigError when it cannot be written
 */
export function reserveReadyFile(path: string): (running: Running, config: { sandbox: boolean }) => void {
  const draft = `${path}.${process.pid}`;
  try {
    // One of a server that was killed.
    rmSync(path, { force: true });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, '');
  } catch (error) {
    throw new ConfigError(`--ready-file: ${path} cannot be written: ${(error as Error).message}`);
  }
  process.on('exit', () => {
    for (const file of [draft, path]) rmSync(file, { force: true });
  });
  return (running, config) => {
    writeFileSync(draft, `${JSON.stringify({ pid: process.pid, ...addressesOf(running, config) })}\n`);
    renameSync(draft, path);
  };
}
