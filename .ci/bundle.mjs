// How the server is bundled for `npm run build`, `npm start` and `npm run dev`. All of them run a bundle, because finding
// the thousands of small files in node_modules takes longer than running them.
import { readFileSync } from 'node:fs';
import { forEsbuild as browserScripts } from './browser-scripts.mjs';

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

/** npm installs the same version of a package several times, for several others; the bundle gets it once. */
const packagesOnce = {
  name: 'packages-once',
  setup({ onResolve, resolve }) {
    const folders = new Map();
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === packagesOnce) return undefined;
      const found = await resolve(path, { ...options, pluginData: packagesOnce });
      const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(found.path) ?? [];
      if (folder === undefined) return undefined;
      const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
      const first = folders.get(`${name}@${version}`) ?? folder;
      folders.set(`${name}@${version}`, first);
      return { ...found, path: first + found.path.slice(folder.length) };
    });
  },
};

/** Prism without the parts that the mock never uses: they are most of what its first call would load. */
const partsOfPrism = {
  name: 'parts-of-prism',
  setup({ onResolve, onLoad, resolve }) {
    // Of sixty languages one.
    onResolve({ filter: /^@faker-js\/faker$/ }, ({ path, ...options }) => resolve(`${path}/locale/en`, options));
    onResolve({ filter: /^postman-collection$/ }, ({ path }) => ({ path, namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: '' }));
    // Its first entry point finds its modules at run time.
    onResolve({ filter: /^jsonc-parser$/ }, ({ path, ...options }) => resolve(`${path}/lib/esm/main.js`, options));
  },
};

/** The contracts are parsed as JSON, which is faster than to compile them as a program. */
const contractsAsJson = {
  name: 'contracts-as-json',
  setup({ onLoad }) {
    onLoad({ filter: /\/generated\/\w+\.json$/ }, ({ path }) => {
      const text = JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
      return { contents: `export default JSON.parse(${JSON.stringify(text)});` };
    });
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
  plugins: [browserScripts, lazyPackages, partsOfPrism, packagesOnce, contractsAsJson],
  // Bundled CommonJS modules ask for Node's own modules with `require`, which an ES module does not have.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
