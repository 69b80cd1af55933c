import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);

/** What @qiyue/client needs, and what these need. Packed from here, so that the test needs no registry. */
const NEEDED = ['openapi-fetch', 'openapi-typescript-helpers', 'eventsource-parser'];

let project: string;
let server: TestServer;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'qiyue-project-'));
  const client = join(project, 'built');
  await run(process.execPath, ['.ci/packages.mjs', client]);
  const folders = [client, ...NEEDED.map((name) => resolve('node_modules', name))];
  for (const folder of folders) await run('npm', ['pack', '--silent', '--ignore-scripts', folder], { cwd: project });
  const tarballs = (await readdir(project)).filter((name) => name.endsWith('.tgz')).map((name) => `./${name}`);
  await rm(client, { recursive: true });
  await writeFile(join(project, 'package.json'), '{"type":"module","private":true}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], { cwd: project });
  server = await startServer();
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(project, { recursive: true, force: true });
});

describe('@qiyue/client in an empty project', () => {
  it('brings at most five packages', async () => {
    const names = await readdir(join(project, 'node_modules'));
    expect(names.filter((name) => !name.startsWith('.')).sort()).toEqual(['@qiyue', ...NEEDED].sort());
  });

  it('signs in and calls an operation', async () => {
    await writeFile(
      join(project, 'use.js'),
      `import { createTowerClient } from '@qiyue/client/tower';
       import { createSandboxClient } from '@qiyue/client';
       const { data: { tower: demo } } = await createSandboxClient({ baseUrl: '${server.url}/sandbox' }).GET('/credentials');
       const tower = createTowerClient({ baseUrl: demo.base_url, clientId: demo.client_id, clientSecret: demo.client_secret });
       await tower.signInWithPassword(demo.user);
       const { data } = await tower.GET('/api/v1/user');
       console.log(data.data.type);`,
    );
    expect((await run(process.execPath, ['use.js'], { cwd: project })).stdout.trim()).toBe('users');
  });

  it('has a README whose first call works', async () => {
    const readme = await readFile(join(project, 'node_modules/@qiyue/client/README.md'), 'utf8');
    const [, program = ''] = /^```js\n(.*?)^```/ms.exec(readme) ?? [];
    await writeFile(join(project, 'first.js'), program.replace('http://127.0.0.1:3000', server.url));
    expect((await run(process.execPath, ['first.js'], { cwd: project })).stdout.trim()).toBe('users');
  });

  it('has types', async () => {
    await writeFile(
      join(project, 'use.ts'),
      `import { createTowerClient } from '@qiyue/client/tower';
       const { data } = await createTowerClient({ baseUrl: '', clientId: 'a' }).GET('/api/v1/user');
       export const type: 'users' | undefined = data?.data.type;
       // @ts-expect-error there is no such path
       await createTowerClient({ baseUrl: '', clientId: 'a' }).GET('/api/v1/nothing');`,
    );
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--lib', 'es2023,dom,dom.iterable'];
    const modules = ['--module', 'nodenext', '--target', 'es2022'];
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, ...options, ...modules, 'use.ts'], { cwd: project }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });

  it.each([
    ['ucenter', 7],
    ['ppmessage', 7],
    ['sandbox', 7],
    ['tower', 7],
    // With the sockets; and all together, with them.
    ['gobelieve', 8.5],
    ['.', 14.5],
  ])('is small in a browser: %s has at most %d kB', async (name, limit) => {
    const entry = name === '.' ? '@qiyue/client' : `@qiyue/client/${name}`;
    const contents = `import * as client from '${entry}'; console.log(client);`;
    const { outputFiles, metafile } = await build({
      stdin: { contents, resolveDir: project },
      bundle: true,
      minify: true,
      format: 'esm',
      // Streams and uploads are loaded on first use.
      splitting: true,
      outdir: '/',
      platform: 'browser',
      target: 'es2022',
      write: false,
      metafile: true,
    });
    const loaded = new Set<string>();
    const load = (path: string) => {
      if (loaded.has(path)) return;
      loaded.add(path);
      const { imports = [] } = metafile.outputs[path] ?? {};
      for (const { kind, path } of imports) if (kind === 'import-statement') load(path);
    };
    for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) if (entryPoint === '<stdin>') load(path);
    const files = outputFiles.filter(({ path }) => [...loaded].some((one) => one.endsWith(basename(path))));
    const bytes = files.reduce((sum, { contents: one }) => sum + gzipSync(one).length, 0);
    expect(bytes / 1000).toBeLessThan(limit);
    expect(bytes).toBeGreaterThan(1000);
  });

  it('says what it is', async () => {
    const manifest = JSON.parse(await readFile(join(project, 'node_modules/@qiyue/client/package.json'), 'utf8'));
    expect(Object.keys(manifest.dependencies)).toEqual(['eventsource-parser', 'openapi-fetch']);
    expect(Object.keys(manifest.exports)).toEqual(
      expect.arrayContaining(['.', './tower', './sandbox', './msw', './msw/tower', './react-query']),
    );
    expect(manifest.peerDependenciesMeta.msw).toEqual({ optional: true });
  });

  it('attaches to a sandbox', async () => {
    await writeFile(
      join(project, 'attach.js'),
      `import { createSandbox } from '@qiyue/client/sandbox';
       const sandbox = await createSandbox({ attach: '${server.url}', world: true });
       const { ppmessage } = await sandbox.as('demo');
       console.log((await ppmessage.call('PP_GET_APP_INFO', {})).uuid === sandbox.credentials.ppmessage.app_uuid);
       await sandbox.close();`,
    );
    expect((await run(process.execPath, ['attach.js'], { cwd: project })).stdout.trim()).toBe('true');
  });
});
