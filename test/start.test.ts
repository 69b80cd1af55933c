import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startProcess } from './support/process.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qiyue-start-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Of a path in node_modules, the name of the package. */
const packageOf = (path: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [];

/** The packages that a process has loaded, of which V8 reports every script: as files, or as parts of the bundle. */
async function loadedPackages(coverage: string): Promise<Set<string>> {
  const packages = new Set<string>();
  for (const report of await readdir(coverage)) {
    const { result } = JSON.parse(await readFile(join(coverage, report), 'utf8')) as { result: { url: string }[] };
    const files = result.flatMap(({ url }) => (url.startsWith('file:') ? fileURLToPath(url) : []));
    for (const file of files) {
      const map = file.includes('/dist/start/') ? await readFile(`${file}.map`, 'utf8') : '{"sources":[]}';
      const { sources } = JSON.parse(map) as { sources: string[] };
      for (const name of [file, ...sources].flatMap(packageOf)) packages.add(name);
    }
  }
  return packages;
}

describe('a server that is ready', () => {
  it('has loaded no package that it may never need', async () => {
    const environment = {
      DATABASE_URL: `sqlite:${join(folder, 'qiyue.db')}`,
      FILES_URL: `file:${join(folder, 'files')}`,
    };
    // Makes the bundle and the database.
    await runCommand(['migrate'], environment);
    const coverage = join(folder, 'coverage');
    const { child, url } = await startProcess({ ...environment, MOCK_PORT: '0', NODE_V8_COVERAGE: coverage });
    await fetch(`${url}/livez`);
    // The second signal ends the process at once.
    child.kill('SIGTERM');
    child.kill('SIGTERM');
    await once(child, 'exit');

    const loaded = await loadedPackages(coverage);
    // What it does need, so that the list is known to be one.
    expect([...loaded]).toEqual(expect.arrayContaining(['express', 'kysely', 'libsql', 'pino']));
    const rare = [
      ...[
        '@aws-sdk/client-s3',
        '@redocly/openapi-core',
        '@stoplight/prism-http',
        '@faker-js/faker',
        'esbuild',
        '@modelcontextprotocol/sdk',
        'zod',
      ],
      ...['file-type', 'ioredis', 'jose', 'modern-tar', 'nodemailer', 'pg', 'pino-pretty', 'sanitize-html', 'sharp'],
      ...['marked', 'minisearch'],
    ];
    expect(rare.filter((name) => loaded.has(name))).toEqual([]);
  });
});

describe('a source that changes while it is bundled', () => {
  it('is bundled again at the next start, once', async () => {
    const home = join(folder, 'home');
    const write = async (file: string, text: string) => {
      await mkdir(dirname(join(home, file)), { recursive: true });
      await writeFile(join(home, file), text);
    };
    await cp('.ci', join(home, '.ci'), { recursive: true });
    await write('package-lock.json', '{}');
    await write('src/cli.ts', 'console.log("before");');
    // Changes the source after the first bundle has read it, and counts the bundles.
    await write('node_modules/esbuild/package.json', '{ "type": "module", "exports": "./index.js" }');
    await write(
      'node_modules/esbuild/index.js',
      `import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
      import { build as bundle } from ${JSON.stringify(import.meta.resolve('esbuild'))};
      export async function build(options) {
        const bundled = await bundle(options);
        if (!existsSync('bundles')) writeFileSync('src/cli.ts', 'console.log("after");');
        appendFileSync('bundles', '.');
        return bundled;
      }`,
    );
    const start = async () =>
      (await promisify(execFile)(process.execPath, ['.ci/start.mjs'], { cwd: home })).stdout.trim();
    expect([await start(), await start(), await start()]).toEqual(['before', 'after', 'after']);
    expect(await readFile(join(home, 'bundles'), 'utf8')).toBe('..');
  });
});
