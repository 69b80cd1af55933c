import type { Database, Transaction } from '../../database/open.ts';
import type { DemoPerson, Seeded } from '../../http/api.ts';

/** What is known of the entries of earlier seeds. */

export interface KnownEntry {
  kind: string;
  id: string | number;
  /** The name of the app that it belongs to. */
  appRef: string | undefined;
}

/** By API and name. */
export type KnownEntries = ReadonlyMap<string, ReadonlyMap<string, KnownEntry>>;

export async function readKnownEntries(database: Database | Transaction): Promise<KnownEntries> {
  const known = new Map<string, Map<string, KnownEntry>>();
  const rows = await database.selectFrom('seed_entries').select(['api', 'ref', 'kind', 'made_id', 'app_ref']).execute();
  for (const { api, ref, kind, made_id, app_ref } of rows) {
    const ofApi = known.get(api) ?? new Map<string, KnownEntry>();
    known.set(api, ofApi.set(ref, { kind, id: JSON.parse(made_id), appRef: app_ref ?? undefined }));
  }
  return known;
}

/** An entry that was made. */
export interface MadeEntry {
  api: string;
  ref: string;
  kind: string;
  appRef: string | undefined;
  made: Seeded;
}

const ROWS_AT_ONCE = 1000;

export async function keepEntries(trx: Transaction, entries: readonly MadeEntry[]): Promise<void> {
  const { last } = await trx
    .selectFrom('seed_entries')
    .select(({ fn }) => fn.max('position').as('last'))
    .executeTakeFirstOrThrow();
  const rows = entries.map(({ api, ref, kind, appRef, made: { id, person, app } }, index) => ({
    api,
    ref,
    kind,
    made_id: JSON.stringify(id),
    app_ref: appRef ?? null,
    person: person === undefined ? null : JSON.stringify(person),
    app: app === undefined ? null : JSON.stringify(app),
    position: (last ?? 0) + 1 + index,
  }));
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE)
    await trx
      .insertInto('seed_entries')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .execute();
}

/** The credentials that were seeded, of one API. */
export interface SeededCredentials {
  people: DemoPerson[];
  apps: Record<string, unknown>[];
}

/** By API, in the order in which they were made. The name of an entry is its key. */
export async function readSeededCredentials(database: Database): Promise<ReadonlyMap<string, SeededCredentials>> {
  const rows = await database
    .selectFrom('seed_entries')
    .select(['api', 'ref', 'person', 'app'])
    .where(({ eb, or }) => or([eb('person', 'is not', null), eb('app', 'is not', null)]))
    .orderBy('position')
    .execute();
  const seeded = new Map<string, SeededCredentials>();
  for (const { api, ref, person, app } of rows) {
    const ofApi = seeded.get(api) ?? { people: [], apps: [] };
    seeded.set(api, ofApi);
    if (person !== null) ofApi.people.push({ key: ref, ...JSON.parse(person) });
    if (app !== null) ofApi.apps.push({ key: ref, ...JSON.parse(app) });
  }
  return seeded;
}
