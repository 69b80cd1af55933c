// How the typed clients are bundled for browsers and Node.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { build, transform } from 'esbuild';
import { shared } from './bundle.mjs';

const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The packages that every program with a client needs, with their versions. */
export const needed = Object.fromEntries(['eventsource-parser', 'openapi-fetch'].map((name) => [name, dependencies[name]]));

/** The packages of programs that use the MSW handlers or the query hooks, and the versions that they may have. */
export const peers = {
  msw: '^2.9.0',
  'openapi-react-query': `^${devDependencies['openapi-react-query']}`,
  '@tanstack/react-query': '^5.80.0',
};

/** The names of the entries and their sources: one for each API, so that a program that uses one loads one. */
const entries = Object.fromEntries([
  ['index', 'src/client/index.ts'],
  ['react-query', 'src/client/react-query.ts'],
  ['msw/index', 'src/client/msw/index.ts'],
  ...readdirSync('openapi')
    .filter((api) => existsSync(`src/client/${api}.ts`))
    .flatMap((api) => [
      [api, `src/client/${api}.ts`],
      [`msw/${api}`, `src/client/msw/${api}.ts`],
    ])
    .filter(([, source]) => existsSync(source)),
]);

/**
 * The `exports` of a package.
 *
 * @param folder of the bundle in the package, such as `./dist`
 * @param types the folder of the type declarations
 * @param prefix of the names that programs import: `.` or `./client`
 */
export function exportsOf(folder, types, prefix) {
  const nameOf = (entry) => `${prefix}/${entry}`.replace(/\/index$/, '');
  return Object.fromEntries(
    Object.entries(entries).map(([entry, source]) => [
      nameOf(entry),
      { types: `${types}/${source.replace(/\.ts$/, '.d.ts')}`, default: `${folder}/${entry}.js` },
    ]),
  );
}

/** The examples of a contract in place of the contract. */
const examplesAlone = {
  name: 'examples-alone',
  setup({ onLoad }) {
    onLoad({ filter: /\/client\/msw\/\w+-examples\.ts$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync('src/client/msw/examples.ts', 'utf8'), { loader: 'ts' });
      const { examplesOf } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      const [, api] = /(\w+)-examples\.ts$/.exec(path);
      const examples = examplesOf(JSON.parse(readFileSync(`generated/${api}.json`, 'utf8')));
      return { contents: `export const examples = ${JSON.stringify(examples)};` };
    });
  },
};

/** Bundles the clients into a folder. */
export const bundleClient = (folder) =>
  build({
    ...shared,
    outdir: folder,
    entryPoints: Object.entries(entries).map(([out, source]) => ({ in: source, out })),
    // The hash for uploads is loaded on first use, and is a part of the package.
    external: [...Object.keys(needed), ...Object.keys(peers)],
    plugins: [examplesAlone],
    platform: 'browser',
    target: 'es2022',
  });
