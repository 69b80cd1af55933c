import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An empty project with one package in it. */
export interface Project {
  folder: string;
  /** Runs a program of JavaScript in the project. Returns its output. */
  use(program: string, variables?: Record<string, string>): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Packs a package as `npm publish` does, and unpacks it into an empty project. The packages that its manifest names are
 * links to those of this project, so that nothing is installed that the tests have not: it finds these, and no others.
 *
 * @param others packages that the project itself needs
 */
export async function installPacked(source: string, others: readonly string[] = []): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-packed-'));
  await run('npm', ['pack', '--silent', '--ignore-scripts', resolve(source)], { cwd: folder });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) as string;
  const { name, dependencies } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  const place = (one: string) => join(folder, 'node_modules', one);
  await mkdir(place(name), { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', place(name)], { cwd: folder });
  for (const one of [...Object.keys(dependencies), ...others]) {
    await mkdir(dirname(place(one)), { recursive: true });
    await symlink(resolve('node_modules', one), place(one), 'junction');
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module","private":true}');
  return {
    folder,
    async use(program, variables = {}) {
      await writeFile(join(folder, 'use.js'), program);
      const { stdout, stderr } = await run(process.execPath, ['use.js'], {
        cwd: folder,
        env: { ...process.env, ...variables },
      });
      return stdout + stderr;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
