// Scripts of pages: `import { script } from './chat.browser.ts?script'` is the text of that file, bundled with what it
// imports and minified. The plugins do this for the server's bundle (esbuild) and for the tests (Vite).
import { dirname, resolve } from 'node:path';

const SUFFIX = '?script';

/** Every file that a script was made of. */
export const scriptSources = new Set();

/** A module that exports the script, and the files that it was made of. */
async function bundleScript(file) {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    entryPoints: [file],
    bundle: true,
    format: 'iife',
    minify: true,
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    absWorkingDir: dirname(file),
  });
  const files = Object.keys(metafile.inputs).map((one) => resolve(dirname(file), one));
  for (const one of files) scriptSources.add(one);
  return { contents: `export const script = ${JSON.stringify(outputFiles[0].text)};`, files };
}

export const forEsbuild = {
  name: 'browser-scripts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.browser\.ts\?script$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.slice(0, -SUFFIX.length)),
      namespace: 'browser-script',
    }));
    onLoad({ filter: /.*/, namespace: 'browser-script' }, async ({ path }) => {
      const { contents, files } = await bundleScript(path);
      return { contents, watchFiles: files };
    });
  },
};

export const forVite = {
  name: 'browser-scripts',
  enforce: 'pre',
  async load(id) {
    if (!id.endsWith(SUFFIX)) return undefined;
    const { contents } = await bundleScript(id.slice(0, -SUFFIX.length));
    return contents;
  },
};
