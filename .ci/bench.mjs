// `npm run bench`: runs the bench and its servers from a bundle in dist/bench, as users run the server.
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serverBundle } from './bundle.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
/** The bench, and what it starts in processes of their own. */
const scripts = ['run', 'contestants', 'product', 'crowd', 'growth/grown'];
const entryPoints = Object.fromEntries(scripts.map((script) => [basename(script), `test/bench/${script}.ts`]));
const options = serverBundle('dist/bench', entryPoints);
// The cases of the contract tests, which the growth bench sends, import vitest; the browser's driver is no part of the product.
await build({ ...options, external: ['vitest', 'fast-check', 'playwright-core'] });
await import('../dist/bench/run.js');
