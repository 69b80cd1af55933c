// The packages that others install. @qiyue/client has the typed clients without the server; `node .ci/packages.mjs <folder>`
// writes it alone. qiyue is the server with its command line, of what `npm run build` has made in dist.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleClient, exportsOf, needed, peers } from './client.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const { name, version, description, license, engines, bin, exports, files, dependencies } = JSON.parse(
  readFileSync('package.json', 'utf8'),
);

const optionalPeers = {
  peerDependencies: peers,
  peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((peer) => [peer, { optional: true }])),
};

/** @param readme in `.ci/packages`: what npm shows of the package */
function writePackage(folder, manifest, readme) {
  writeFileSync(`${folder}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync('LICENSE', `${folder}/LICENSE`);
  copyFileSync(`.ci/packages/${readme}`, `${folder}/README.md`);
}

function empty(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

/** Writes @qiyue/client. */
export async function writeClient(folder) {
  empty(folder);
  await bundleClient(folder);
  const tsc = 'node_modules/typescript7/bin/tsc';
  execFileSync(process.execPath, [tsc, '--project', '.ci/tsconfig.client.json', '--outDir', `${folder}/types`], { stdio: 'inherit' });
  writePackage(folder, {
    name: '@qiyue/client',
    version,
    description: 'Typed clients of the APIs that Qiyue serves: Tower, UCenter, PPMessage, GoBelieve and the sandbox',
    license,
    type: 'module',
    sideEffects: false,
    engines,
    exports: { ...exportsOf('.', './types', '.'), './package.json': './package.json' },
    dependencies: needed,
    ...optionalPeers,
  }, 'client.md');
}

const notPacked = /^generated\/\w+\.ts$|^dist\/(packages|docs|start|dev)$|^dist\/types\/src\/(?!client|token-proxy\.d|create-sandbox\.d)|\.map$/;

/**
 * Writes qiyue.
 *
 * @param outside the packages that are no part of the bundle: those that the server loads on first use
 */
export function writeServer(folder, outside) {
  empty(folder);
  const isPacked = (source) => !notPacked.test(source);
  const ofDist = readdirSync('dist').map((entry) => `dist/${entry}`);
  for (const entry of [...files.filter((path) => path !== 'dist' && !path.includes('*')), ...ofDist].filter(isPacked))
    cpSync(entry, `${folder}/${entry}`, { recursive: true, filter: isPacked });
  const installed = [...outside, ...Object.keys(needed)].sort();
  writePackage(folder, {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    bin,
    exports: { ...exports, ...exportsOf('./dist/client', './dist/types', './client'), './package.json': './package.json' },
    dependencies: Object.fromEntries(installed.map((one) => [one, dependencies[one]])),
    ...optionalPeers,
  }, 'qiyue.md');
}

const [script = '', folder] = process.argv.slice(1);
if (script.endsWith('packages.mjs')) await writeClient(folder);
