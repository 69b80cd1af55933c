import { DEMO_APP, peopleThere, readDemoNames } from '../model/demo-names.ts';
import type { SandboxContext } from '../model/parts.ts';
import { type KnownEntries, readSeededCredentials } from '../model/seed-entries.ts';
import type { Schemas } from './operation.ts';

/**
 * The credentials of the demo data that are there, and behind them those of seeds.
 *
 * @param origin of the server, without a slash at its end
 */
export async function toCredentials(
  { config, database, parts }: SandboxContext,
  origin: string,
): Promise<Schemas['Credentials']> {
  const seeded = await readSeededCredentials(database);
  const ofApis: Record<string, object> = {};
  for (const api of parts.apis) {
    const { name, demo } = api;
    if (demo === undefined) continue;
    const { people = [], apps = [] } = seeded.get(name) ?? {};
    const names = await readDemoNames(database, api);
    const base_url = `${origin}/${name}`;
    ofApis[name] = {
      ...(names.has(DEMO_APP) ? demo.credentials(base_url, config) : { base_url }),
      people: [...peopleThere(demo, names), ...people],
      ...(apps.length > 0 && { apps }),
    };
  }
  return { origin, ...ofApis } as Schemas['Credentials'];
}

/** Adds the ids of what was seeded, by name. */
export function withIds({ origin, ...ofApis }: Schemas['Credentials'], known: KnownEntries): Schemas['Credentials'] {
  const all = Object.entries(ofApis as Record<string, object>).map(([api, credentials]) => {
    const entries = [...(known.get(api) ?? [])].map(([ref, { id }]) => [ref, id] as const);
    return [api, entries.length === 0 ? credentials : { ...credentials, ids: Object.fromEntries(entries) }] as const;
  });
  return { origin, ...Object.fromEntries(all) } as Schemas['Credentials'];
}
