// `npm run build`: the command line and server as dist/cli.js, the client for browsers as dist/client.js, types, docs.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
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

/**
 * Packages that are loaded when they are first needed stay outside: they are large or have binaries, and of a bundled
 * CommonJS package `import()` gives only the default export.
 */
const lazyPackages = {
  name: 'lazy-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => (kind === 'dynamic-import' ? { path, external: true } : undefined));
  },
};

// Bundling is for the start: thousands of small files of dependencies take longer to find than to run. Nothing is
// minified: the request validator's steps are known by the names of their functions.
await build({
  ...common,
  entryPoints: ['src/cli.ts', 'src/token-proxy.ts'],
  platform: 'node',
  target: 'node20',
  plugins: [lazyPackages],
  // It starts a thread from a file of its own.
  external: ['pino'],
  // Bundled CommonJS modules ask for Node's own modules with `require`, which an ES module does not have.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
chmodSync('dist/cli.js', 0o755);

await build({ ...common, entryPoints: { client: 'src/client/index.ts' }, platform: 'browser', target: 'es2022' });

const node = (script, ...parameters) => execFileSync(process.execPath, [script, ...parameters], { stdio: 'inherit' });
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
node(tsc, '--project', '.ci/tsconfig.build.json');
node('dist/cli.js', 'docs');
