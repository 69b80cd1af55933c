// `npm run fuzz`: runs test/fuzz from a bundle in dist/fuzz, because the server's browser scripts need one.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serverBundle } from './bundle.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
await build({ ...serverBundle('dist/fuzz', { run: 'test/fuzz/run.ts' }), external: ['fast-check'] });
await import('../dist/fuzz/run.js');
