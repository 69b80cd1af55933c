// `npm start`: runs the command line from a bundle in dist/start, which is made anew when a source has changed.
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scriptSources } from './browser-scripts.mjs';
import { serverBundle } from './bundle.mjs';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = `${home}/dist/start`;
const stamps = `${folder}/sources.json`;

/** The size of a file and the time of its last change. A file with another stamp has changed since it was bundled. */
function stampOf(file) {
  const { size, mtimeMs, ctimeMs } = statSync(`${home}/${file}`, { throwIfNoEntry: false }) ?? {};
  return { stamp: `${size} ${mtimeMs}`, changedAt: ctimeMs };
}

/** File systems round the times of files down, by some milliseconds. */
const ROUNDING_MS = 20;

function isFresh() {
  if (!existsSync(stamps)) return false;
  return Object.entries(JSON.parse(readFileSync(stamps, 'utf8'))).every(([file, stamp]) => stampOf(file).stamp === stamp);
}

/** Writes the bundle so that another process that starts at the same time finds a complete one, old or new. */
async function bundle() {
  const { build } = await import('esbuild');
  const began = Date.now() - ROUNDING_MS;
  const options = serverBundle('dist/start', ['src/cli.ts']);
  const { metafile, outputFiles } = await build({ ...options, absWorkingDir: home, metafile: true, write: false });
  // A changed chunk has a new name, with its hash. The entry point keeps its name, so it is written last.
  for (const { path, contents } of outputFiles.toSorted(({ path }) => (path.includes('/chunks/') ? -1 : 1))) write(path, contents);
  const scripts = [...scriptSources].map((file) => relative(home, file));
  const sources = [...Object.keys(metafile.inputs), ...scripts].filter((file) => !/node_modules\/|^browser-script:/.test(file));
  const files = [...sources, 'package-lock.json', '.ci/bundle.mjs', '.ci/browser-scripts.mjs'];
  // The bundle may have a file that changes meanwhile as it was before. Without a stamp the next start bundles again.
  const stampOfBundled = ({ stamp, changedAt }) => (changedAt >= began ? null : stamp);
  write(stamps, JSON.stringify(Object.fromEntries(files.map((file) => [file, stampOfBundled(stampOf(file))]))));
}

function write(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, contents);
  renameSync(`${path}.${process.pid}`, path);
}

function isInstalled(name) {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

const fresh = isFresh();
if (fresh || isInstalled('esbuild')) {
  if (!fresh) await bundle();
  await import('../dist/start/cli.js');
} else if (existsSync(`${home}/dist/cli.js`)) {
  // Installed without development packages: what `npm run build` has made.
  await import('../dist/cli.js');
} else {
  console.error('The sources are bundled with esbuild, a development package: run npm ci without --omit=dev');
  process.exitCode = 1;
}
