import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startProcess } from '../support/process.ts';
import { control, makeWorld } from './control.ts';

const WORLDS = 200;

/** Less than two for each world, and enough for a server. */
const MAX_FILES = 300;

/** Databases of worlds that a process has open. */
function openWorlds(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      const file = readlinkSync(`/proc/${pid}/fd/${name}`);
      return /\/qiyue-worlds-[^/]+\/\d+\.db/.test(file) ? [file] : [];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
}

// The open files of a process can be read on Linux.
it.skipIf(!existsSync('/proc/self/fd'))(
  'worlds that were reset or ended leave no open files',
  async () => {
    const variables = { DATABASE_URL: 'sqlite::memory:', LOG_FORMAT: 'json' };
    const { child, url } = await startProcess(variables, { maxFiles: MAX_FILES });
    const pid = child.pid as number;
    for (let count = 0; count < WORLDS; count += 1) {
      const { id, base_url } = await makeWorld(url);
      // Both use the database.
      expect((await control(base_url, 'GET', '/tokens')).status).toBe(200);
      expect((await control(base_url, 'POST', '/reset')).status).toBe(204);
      expect((await control(base_url, 'GET', '/tokens')).status).toBe(200);
      if (count === 0) expect(openWorlds(pid)).not.toEqual([]);
      expect((await control(url, 'DELETE', `/worlds/${id}`)).status).toBe(204);
    }
    // What was there before a reset is closed in the background.
    await expect.poll(() => openWorlds(pid)).toEqual([]);
  },
  120_000,
);
