// `dist/packages/client`: the typed clients as the package @qiyue/client, which front ends install without the server.
// The argument is another folder to write to.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { shared } from './bundle.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = process.argv[2] ?? 'dist/packages/client';
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const { version, license, engines, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const needed = Object.fromEntries(['eventsource-parser', 'openapi-fetch'].map((name) => [name, dependencies[name]]));
const apis = readdirSync('openapi').filter((name) => existsSync(`src/client/${name}.ts`));

// One entry for each API, so that a program that uses one loads one, also without a bundler.
await build({
  ...shared,
  outdir: folder,
  entryPoints: ['index', ...apis].map((name) => ({ in: `src/client/${name}.ts`, out: name })),
  // The hash for uploads is loaded on first use, and is a part of the package.
  external: Object.keys(needed),
  platform: 'browser',
  target: 'es2022',
});
const tsc = 'node_modules/typescript7/bin/tsc';
execFileSync(process.execPath, [tsc, '--project', '.ci/tsconfig.client.json', '--outDir', `${folder}/types`], { stdio: 'inherit' });

const entry = (name) => ({ types: `./types/src/client/${name}.d.ts`, default: `./${name}.js` });
const manifest = {
  name: '@qiyue/client',
  version,
  description: 'Typed clients of the APIs that Qiyue serves: Tower, UCenter, PPMessage, GoBelieve and the sandbox',
  license,
  type: 'module',
  sideEffects: false,
  engines,
  exports: {
    '.': entry('index'),
    ...Object.fromEntries(apis.map((name) => [`./${name}`, entry(name)])),
    './package.json': './package.json',
  },
  dependencies: needed,
};
writeFileSync(`${folder}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync('LICENSE', `${folder}/LICENSE`);
