// `npm run build`: the command line and server as dist/cli.js, the client for browsers as dist/client.js, types, docs.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
rmSync('dist', { recursive: true, force: true });

const common = {
  bundle: true,
  format: 'esm',
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  sourcemap: true,
  logLevel: 'warning',
};

// Bundling is for the start: thousands of small files of dependencies take longer to find than to run. What stays
// outside has binaries, starts threads, or is so large and so rarely used that it is better loaded by itself.
await build({
  ...common,
  entryPoints: ['src/cli.ts', 'src/index.ts'].filter(existsSync),
  platform: 'node',
  target: 'node20',
  external: ['libsql', '@node-rs/argon2', '@stoplight/*', '@redocly/*', 'pino', 'pino-pretty', 'ioredis', 'pg', 'nodemailer'],
  // Bundled CommonJS modules ask for Node's own modules with `require`, which an ES module does not have.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
chmodSync('dist/cli.js', 0o755);

if (existsSync('src/client.ts')) {
  await build({ ...common, entryPoints: ['src/client.ts'], platform: 'browser', target: 'es2022' });
}

const node = (script, ...parameters) => execFileSync(process.execPath, [script, ...parameters], { stdio: 'inherit' });
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
node(tsc, '--project', '.ci/tsconfig.build.json');
node('dist/cli.js', 'docs');
