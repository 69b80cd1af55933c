import type { SandboxContext } from '../model/parts.ts';
import { readSeededCredentials } from '../model/seed-entries.ts';
import type { Schemas } from './operation.ts';

/**
 * The credentials of the demo data, and behind them those of seeds.
 *
 * @param origin of the server, without a slash at its end
 */
export async function toCredentials(
  { config, database, parts }: SandboxContext,
  origin: string,
): Promise<Schemas['Credentials']> {
  const seeded = await readSeededCredentials(database);
  const ofApis = parts.apis.flatMap(({ name, demo }) => {
    if (demo === undefined) return [];
    const { people = [], apps = [] } = seeded.get(name) ?? {};
    const own = demo.credentials(`${origin}/${name}`, config);
    return [[name, { ...own, people: [...demo.people, ...people], ...(apps.length > 0 && { apps }) }] as const];
  });
  return { origin, ...Object.fromEntries(ofApis) } as Schemas['Credentials'];
}
