// `npm run build`: the command line and server as dist/cli.js, what tests import as dist/sandbox.js, the clients for
// browsers in dist/client, types, docs, and the packages that others install in dist/packages.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serverBundle } from './bundle.mjs';
import { bundleClient } from './client.mjs';
import { writeClient, writeServer } from './packages.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
// `npm start` and `npm run dev` may run from their own folders meanwhile.
for (const entry of existsSync('dist') ? readdirSync('dist') : [])
  if (entry !== 'start' && entry !== 'dev') rmSync(`dist/${entry}`, { recursive: true });

/** Programs then find one copy of each client, whose errors are instances of one class. */
const builtClient = {
  name: 'built-client',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/client\/sandbox\.ts$/ }, () => ({ path: './client/sandbox.js', external: true }));
  },
};

// Nothing is minified: stack traces stay readable.
const options = serverBundle('dist', [
  ...['cli', 'token-proxy'].map((name) => ({ in: `src/${name}.ts`, out: name })),
  { in: 'src/create-sandbox.ts', out: 'sandbox' },
]);
const { metafile } = await build({ ...options, plugins: [builtClient, ...options.plugins], metafile: true });
chmodSync('dist/cli.js', 0o755);
// The docs of the server need this file of a package that is not installed in production.
copyFileSync('node_modules/@redocly/cli/lib/chunks/redoc.standalone.js', 'dist/redoc.standalone.js');

await bundleClient('dist/client');

const node = (script, ...parameters) => execFileSync(process.execPath, [script, ...parameters], { stdio: 'inherit' });
node('node_modules/typescript7/bin/tsc', '--project', '.ci/tsconfig.build.json');
await writeClient('dist/packages/client');
writeServer('dist/packages/qiyue', outsideOf(metafile));
node('dist/cli.js', 'docs');

/** The packages that a bundle imports. */
function outsideOf({ outputs }) {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const paths = Object.values(outputs).flatMap(({ imports }) => imports.flatMap(({ path, external }) => (external ? [path] : [])));
  return Object.keys(dependencies).filter((name) => paths.some((path) => path === name || path.startsWith(`${name}/`)));
}
