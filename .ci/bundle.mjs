// How the server is bundled for `npm run build`, `npm start` and `npm run dev`. All of them run a bundle, because finding
// the thousands of small files in node_modules takes longer than running them.

/**
 * Packages that are imported on first use stay outside of the bundle: they are large or have binaries, and `import()` of a
 * bundled CommonJS package has only the default export.
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
  // pino starts a thread from a file of its own.
  external: ['pino'],
  // Bundled CommonJS modules ask for Node's own modules with `require`, which an ES module does not have.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
