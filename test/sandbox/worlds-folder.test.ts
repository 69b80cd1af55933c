import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { makeWorldsFolder } from '../../src/sandbox/model/worlds-folder.ts';

it('a new folder of worlds takes the place of those whose processes were killed, and of no others', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const root = await mkdtemp(join(tmpdir(), 'qiyue-test-'));
  try {
    const own = `qiyue-worlds-${hostname().replace(/[^\w-]/g, '_')}-`;
    const kept = [`${own}${process.ppid}-a`, `qiyue-worlds-elsewhere-${child.pid}-a`, `other-${child.pid}-a`];
    for (const name of [...kept, `${own}${child.pid}-a`])
      await mkdir(join(root, name, 'template-1'), { recursive: true });
    const made = basename(await makeWorldsFolder(root));
    expect(made).toMatch(new RegExp(`^${own}${process.pid}-`));
    expect((await readdir(root)).sort()).toEqual([...kept, made].sort());
  } finally {
    await rm(root, { recursive: true });
  }
});
