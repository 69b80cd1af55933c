import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract } from '../http/contract.ts';
import type { Logger } from '../http/log.ts';

/** How long a contract is served before its files are looked at again, in milliseconds. */
const patience = 300;

/**
 * Keeps what is made from a contract up to date with the contract's files: looks at them when it is asked, at most
 * every 300 ms, and makes it anew when one has changed. When that fails, because somebody is in the middle of an edit,
 * the last good one stays and the reason is logged once.
 *
 * @param api the contract that is known already, and its name
 * @param make what is made from it; may throw
 */
export function followContract<T>(
  api: { name: string; contract: Contract },
  { root, log }: { root: string; log: Logger },
  make: (contract: Contract) => T,
): () => Promise<T> {
  const files = {
    bundle: join(root, 'generated', `${api.name}.json`),
    source: join(root, 'openapi', api.name),
    common: join(root, 'openapi', 'common'),
  };
  let current = make(api.contract);
  let loaded: number | undefined;
  let nextLook = 0;
  let looking: Promise<void> | undefined;

  const look = async () => {
    // The first look takes the known contract to be the bundle: sources that are newer were not bundled yet.
    loaded ??= await changedAt(files.bundle);
    const changed = Math.max(...(await Promise.all(Object.values(files).map(changedAt))));
    if (changed <= loaded) return;
    loaded = changed;
    try {
      current = make(await load(files));
    } catch (error) {
      log.warn(
        { api: api.name, reason: (error as Error).message },
        'the contract is broken; the last good one is still served',
      );
    }
  };

  return async () => {
    if (Date.now() >= nextLook) {
      looking ??= look().finally(() => {
        looking = undefined;
        nextLook = Date.now() + patience;
      });
    }
    await looking;
    return current;
  };
}

/** When a file, or anything in a folder, was last changed, in milliseconds; 0 when it is not there. */
async function changedAt(path: string): Promise<number> {
  try {
    const entry = await stat(path);
    if (!entry.isDirectory()) return entry.mtimeMs;
    // The folder itself counts: it is how one notices that a file is gone.
    const inside = await Promise.all((await readdir(path)).map((name) => changedAt(join(path, name))));
    return Math.max(entry.mtimeMs, ...inside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** The contract from its sources, or from its bundle where there are no sources or nothing to bundle them with. */
async function load({ bundle, source }: { bundle: string; source: string }): Promise<Contract> {
  const core = (await changedAt(source)) > 0 ? await importBundler() : undefined;
  if (core === undefined) return JSON.parse(await readFile(bundle, 'utf8')) as Contract;
  const result = await core.bundle({ ref: join(source, 'openapi.yaml'), config: await core.createConfig({}) });
  const error = result.problems.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Error(`${error.message} (${error.location[0]?.source.absoluteRef})`);
  return result.bundle.parsed as Contract;
}

/** Not there in an installation without development dependencies. */
async function importBundler() {
  try {
    return await import('@redocly/openapi-core');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
