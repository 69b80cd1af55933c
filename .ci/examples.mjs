// `npm run examples`: compares the contracts' examples with a sandbox, from a bundle in dist/examples.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serverBundle } from './bundle.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const options = serverBundle('dist/examples', { run: 'test/examples/run.ts' });
// The cases of the contract tests import vitest.
await build({ ...options, external: ['vitest', 'fast-check'] });
await import('../dist/examples/run.js');
