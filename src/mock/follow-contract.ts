import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract } from '../http/contract.ts';
import type { Logger } from '../http/log.ts';
import { bundleContract } from './bundle-contract.ts';

/** How often the files of a contract are checked at most. */
const CHECK_INTERVAL_MS = 300;

/** A checkout writes the sources and the bundle one after the other. */
const CHECKOUT_MS = 10_000;

/**
 * Makes a value from a contract on first use, and makes it again after the contract's files have changed. The files are
 * checked when the value is used, at most every 300 ms. When the contract is broken, for example in the middle of an edit, the last
 * good value stays and the reason is logged once.
 *
 * @param api the contract to begin with, and its name
 * @param make makes the value; may throw
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
  let current: T | undefined;
  let loaded: number | undefined;
  let nextCheck = 0;
  let checking: Promise<void> | undefined;

  const check = async () => {
    const changed = Math.max(...(await Promise.all(Object.values(files).map(changedAt))));
    if (loaded === undefined) {
      // The contract to begin with comes from the bundle: newer sources are not in it yet.
      const bundled = await changedAt(files.bundle);
      loaded = changed <= bundled + CHECKOUT_MS ? changed : bundled;
    }
    if (changed <= loaded) return;
    loaded = changed;
    try {
      current = make(await load(root, api.name));
    } catch (error) {
      log.warn(
        { api: api.name, reason: (error as Error).message },
        'the contract is broken; the last good one is still served',
      );
    }
  };

  return async () => {
    if (performance.now() >= nextCheck) {
      checking ??= check().finally(() => {
        checking = undefined;
        nextCheck = performance.now() + CHECK_INTERVAL_MS;
      });
    }
    await checking;
    current ??= make(api.contract);
    return current;
  };
}

/** The time of the last change of a file, or of anything in a folder, in milliseconds; 0 when it does not exist. */
async function changedAt(path: string): Promise<number> {
  try {
    const entry = await stat(path);
    if (!entry.isDirectory()) return entry.mtimeMs;
    // The folder's own time changes when a file is removed.
    const inside = await Promise.all((await readdir(path)).map((name) => changedAt(join(path, name))));
    return Math.max(entry.mtimeMs, ...inside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** The contract from its sources, or from its bundle where there are no sources. */
async function load(root: string, name: string): Promise<Contract> {
  const index = join(root, 'openapi', name, 'openapi.yaml');
  if (existsSync(index)) return bundleContract(index);
  return JSON.parse(await readFile(join(root, 'generated', `${name}.json`), 'utf8')) as Contract;
}
