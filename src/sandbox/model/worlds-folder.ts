import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Containers may share a folder, and process ids mean something on their own machine only. */
const prefix = `qiyue-worlds-${hostname().replace(/[^\w-]/g, '_')}-`;

/**
 * Makes a folder for what worlds keep, and removes those of processes of this machine that were killed.
 *
 * @param root the folder in which it is
 */
export async function makeWorldsFolder(root: string = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(root, `${prefix}${process.pid}-`));
  for (const name of await readdir(root)) {
    const [, pid] = name.startsWith(prefix) ? (/^(\d+)-/.exec(name.slice(prefix.length)) ?? []) : [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(root, name), { recursive: true, force: true });
  }
  return folder;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
