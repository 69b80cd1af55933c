// `npm start`: runs the command line from a bundle in dist/start, which is made anew when a source has changed.
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverBundle } from './bundle.mjs';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = `${home}/dist/start`;
const stamps = `${folder}/sources.json`;

/** What a file was when it was bundled: its size and the time of its last change. */
function stampOf(file) {
  const { size, mtimeMs } = statSync(`${home}/${file}`, { throwIfNoEntry: false }) ?? {};
  return `${size} ${mtimeMs}`;
}

function isFresh() {
  if (!existsSync(stamps)) return false;
  return Object.entries(JSON.parse(readFileSync(stamps, 'utf8'))).every(([file, stamp]) => stampOf(file) === stamp);
}

/** Writes in an order and a way that another process that starts meanwhile finds a whole bundle, old or new. */
async function bundle() {
  const { build } = await import('esbuild');
  const options = serverBundle('dist/start', ['src/cli.ts']);
  const { metafile, outputFiles } = await build({ ...options, absWorkingDir: home, metafile: true, write: false });
  // The names of chunks hold their hash; the entry point, which is named without one, comes last.
  for (const { path, contents } of outputFiles.toSorted(({ path }) => (path.includes('/chunks/') ? -1 : 1))) write(path, contents);
  const sources = Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules/'));
  const files = [...sources, 'package-lock.json', '.ci/bundle.mjs'];
  write(stamps, JSON.stringify(Object.fromEntries(files.map((file) => [file, stampOf(file)]))));
}

function write(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, contents);
  renameSync(`${path}.${process.pid}`, path);
}

if (!isFresh()) await bundle();
await import('../dist/start/cli.js');
