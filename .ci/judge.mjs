// `npm run judge`: runs the judges from a bundle in dist/judge, because they use the server's own modules.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serverBundle } from './bundle.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
await build(serverBundle('dist/judge', { run: 'test/judges/run.ts' }));
await import('../dist/judge/run.js');
