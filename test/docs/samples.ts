import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { projectRoot } from '../../src/root.ts';

/** How a sample ended: the status of its last answer, and the error that it threw. */
export interface Outcome {
  status: number | undefined;
  error: string | null;
}

/** A sample of one operation, as it stands in the documentation. */
export interface Written {
  operationId: string;
  source: string;
}

const run = promisify(execFile);

/**
 * Runs samples for a shell, one after the other in one bash. Nothing is added to them but a `curl` that records statuses.
 *
 * @returns no status for a sample whose last call got none
 */
export async function runShell(samples: readonly Written[]): Promise<Map<string, Outcome>> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-samples-'));
  try {
    const parts = samples.map(({ operationId, source }) => `seen=statuses/${operationId}\n${source}\n`);
    const record = `curl() { command curl -sS -w '%{stderr}%{http_code}\\n' "$@" 2>> "$seen"; }`;
    await mkdir(join(folder, 'statuses'));
    await writeFile(join(folder, 'all.sh'), `${record}\n${parts.join('\n')}\ntrue\n`);
    await run('bash', ['all.sh'], { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    const read = async ({ operationId }: Written) => {
      const text = await readFile(join(folder, 'statuses', operationId), 'utf8').catch(() => '');
      const status = text.match(/^[1-5]\d\d$/gm)?.at(-1);
      return [operationId, { status: status === undefined ? undefined : Number(status), error: null }] as const;
    };
    return new Map(await Promise.all(samples.map(read)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Compiles samples for the typed client and runs them, one after the other.
 *
 * @throws Error with the compiler's messages
 */
export async function runTyped(name: string, samples: readonly Written[]): Promise<Map<string, Outcome>> {
  // Below the project, so that packages are found as in a project that has installed them.
  const folder = join(projectRoot(), 'node_modules', '.cache', `qiyue-samples-${name}-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    const file = join(folder, 'samples.ts');
    await writeFile(file, toModule(samples));
    const client = join(projectRoot(), 'src', 'client', 'index.ts');
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(projectRoot(), 'tsconfig.json'),
        compilerOptions: { noEmit: true, paths: { 'qiyue/client': [client] } },
        files: ['samples.ts'],
        include: [],
      }),
    );
    const compiler = join(projectRoot(), 'node_modules', 'typescript7', 'bin', 'tsc');
    await run(process.execPath, [compiler, '-p', folder]).catch(({ stdout }) => Promise.reject(new Error(stdout)));
    const outfile = join(folder, 'samples.mjs');
    await build({
      entryPoints: [file],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      alias: { 'qiyue/client': client },
      logLevel: 'silent',
    });
    return await runModule(await import(pathToFileURL(outfile).href));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** One module with a function for each sample. */
function toModule(samples: readonly Written[]): string {
  const imports = new Set<string>();
  const functions = samples.map(({ operationId, source }) => {
    const body = source.replace(/^import .*$/gm, (line) => {
      imports.add(line);
      return '';
    });
    return `export async function ${operationId}() {\n${body}\n}`;
  });
  return `${[...imports].join('\n')}\n\n${functions.join('\n\n')}\n`;
}

/** Runs samples for `fetch`, one after the other. */
export async function runFetch(samples: readonly Written[]): Promise<Map<string, Outcome>> {
  const text = samples.map(({ operationId, source }) => `export async function ${operationId}() {\n${source}\n}\n`);
  return runModule(await import(`data:text/javascript,${encodeURIComponent(text.join('\n'))}`));
}

async function runModule(module: Record<string, () => Promise<void>>): Promise<Map<string, Outcome>> {
  const { fetch } = globalThis;
  const { log } = console;
  const outcomes = new Map<string, Outcome>();
  let last: number | undefined;
  let streams: () => void = () => {};
  globalThis.fetch = async (...parameters) => {
    const response = await fetch(...parameters);
    last = response.status;
    if (response.headers.get('Content-Type')?.startsWith('text/event-stream')) streams();
    return response;
  };
  console.log = () => {};
  try {
    for (const [operationId, sample] of Object.entries(module)) {
      last = undefined;
      // A stream does not end.
      const stream = new Promise<void>((resolve) => {
        streams = resolve;
      });
      const error = await Promise.race([sample(), stream]).then(
        () => null,
        (thrown) => `${thrown}`,
      );
      outcomes.set(operationId, { status: last, error });
    }
  } finally {
    globalThis.fetch = fetch;
    console.log = log;
  }
  return outcomes;
}
