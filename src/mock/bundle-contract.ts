import { join } from 'node:path';
import type { Contract } from '../http/contract.ts';
import { lazy } from '../lazy.ts';
import { projectRoot } from '../root.ts';

const loadBundler = lazy(async () => {
  const { bundle, loadConfig } = await import('@redocly/openapi-core');
  // For its plugins: a preprocessor changes what comes out.
  const config = await loadConfig({ configPath: join(projectRoot(), 'redocly.yaml') });
  return (ref: string) => bundle({ ref, config });
});

/**
 * Reads a contract from its hand-written files into one document whose every `$ref` is local. `npm run generate` and
 * the mock share this function, so both read a contract alike.
 *
 * @param index the path of the contract's openapi.yaml
 * @throws Error that names the file when one is missing or broken
 */
export async function bundleContract(index: string): Promise<Contract> {
  const bundle = await loadBundler();
  const result = await bundle(index);
  const error = result.problems.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Error(`${error.message} (${error.location[0]?.source.absoluteRef})`);
  return result.bundle.parsed as Contract;
}
