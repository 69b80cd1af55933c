// `npm run bench`: runs the bench and its servers from a bundle in dist/bench, as users run the server.
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serverBundle } from './bundle.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
await build(serverBundle('dist/bench', readdirSync('test/bench').map((script) => `test/bench/${script}`)));
await import('../dist/bench/run.js');
