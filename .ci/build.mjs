// `npm run build`: the command line and server as dist/cli.js, the client for browsers as dist/client.js and as a package
// of its own in dist/packages/client, types, docs.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serverBundle, shared } from './bundle.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
// `npm start` and `npm run dev` may run from their own folders meanwhile.
for (const entry of existsSync('dist') ? readdirSync('dist') : [])
  if (entry !== 'start' && entry !== 'dev') rmSync(`dist/${entry}`, { recursive: true });

// Nothing is minified: stack traces stay readable.
await build(serverBundle('dist', ['src/cli.ts', 'src/token-proxy.ts']));
chmodSync('dist/cli.js', 0o755);
// The docs of the server need this file of a package that is not installed in production.
copyFileSync('node_modules/@redocly/cli/lib/chunks/redoc.standalone.js', 'dist/redoc.standalone.js');

await build({ ...shared, outdir: 'dist', entryPoints: { client: 'src/client/index.ts' }, platform: 'browser', target: 'es2022' });

const node = (script, ...parameters) => execFileSync(process.execPath, [script, ...parameters], { stdio: 'inherit' });
node('node_modules/typescript7/bin/tsc', '--project', '.ci/tsconfig.build.json');
node('.ci/packages.mjs');
node('dist/cli.js', 'docs');
