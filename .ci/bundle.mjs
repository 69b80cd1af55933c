// How the server is bundled: for `npm run build`, and for `npm start` and `npm run dev`, which run a bundle too. Thousands
// of small files of dependencies take longer to find than to run.

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

export const shared = {
  bundle: true,
  format: 'esm',
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  sourcemap: true,
  logLevel: 'warning',
};

/** esbuild's options for the server's entry points. */
export const serverBundle = (outdir, entryPoints) => ({
  ...shared,
  outdir,
  entryPoints,
  platform: 'node',
  target: 'node20',
  plugins: [lazyPackages],
  // It starts a thread from a file of its own.
  external: ['pino'],
  // Bundled CommonJS modules ask for Node's own modules with `require`, which an ES module does not have.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
