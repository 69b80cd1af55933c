import { NoResultError } from 'kysely';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { isForeignKeyViolation, isUniqueViolation, lockInTransaction, transact } from '../../database/transact.ts';
import { type ErrorDetail, HttpError } from '../../errors.ts';
import type { Seeded } from '../../http/api.ts';
import { escapePointer } from '../../http/contract.ts';
import { readDemoNames } from './demo-names.ts';
import { derivedOf } from './derived.ts';
import type { Parts } from './parts.ts';
import { type KnownEntry, keepEntries, type MadeEntry, readKnownEntries } from './seed-entries.ts';
import type { PlannedEntry } from './seed-order.ts';
import { planOf, type SeedDocument } from './seed-plan.ts';

/** The ids of what was made, by API and name. */
export type SeededIds = Record<string, Record<string, string | number>>;

export interface SeedOptions {
  /** Where the document stands in the request, a JSON pointer; errors name their places below it. */
  place?: string;
  /** Leaves out what was made before, in place of an error. */
  skipsKnown?: boolean;
}

/**
 * Makes the data of a seed, all of it or nothing (S-10).
 *
 * @throws HttpError invalid_request and conflict, whose details name the places
 */
export function seed(
  context: Context,
  { apis }: Pick<Parts, 'apis'>,
  document: SeedDocument,
  { place = '/body', skipsKnown = false }: SeedOptions = {},
): Promise<SeededIds> {
  return transact(context.database, async (trx) => {
    await lockInTransaction(trx, 'seed');
    const known = await readKnownEntries(trx);
    const now = context.clock.now();
    const problems: ErrorDetail[] = [];
    const plans = [];
    for (const api of apis) {
      if (document[api.name] === undefined) continue;
      const ofApi = known.get(api.name) ?? new Map<string, KnownEntry>();
      const ofDemo = await readDemoNames(trx, api);
      const entries = planOf(api, document[api.name] ?? {}, { known: ofApi, ofDemo, now, skipsKnown }, problems);
      plans.push({ api: api.name, entries, ids: idsOf(ofApi, ofDemo) });
    }
    if (problems.length > 0) throw refusal(place, problems);
    const made: MadeEntry[] = [];
    for (const { api, entries, ids } of plans)
      made.push(...(await makeEntries(trx, context, api, entries, ids, place)));
    await keepEntries(trx, made);
    const ids: SeededIds = {};
    for (const one of made) ids[one.api] = { ...ids[one.api], [one.ref]: one.made.id };
    return ids;
  });
}

const idsOf = (...names: ReadonlyMap<string, { id: string | number }>[]): Map<string, string | number> =>
  new Map(names.flatMap((those) => [...those].map(([ref, { id }]) => [ref, id] as const)));

/**
 * Makes the entries of one API, one after the other.
 *
 * @param ids by the names of what is there; those of the entries are added
 */
async function makeEntries(
  trx: Transaction,
  context: Context,
  api: string,
  entries: readonly PlannedEntry[],
  ids: Map<string, string | number>,
  place: string,
): Promise<MadeEntry[]> {
  const all: MadeEntry[] = [];
  for (const entry of entries) {
    const { how, time, kind, appRef, contained } = entry;
    const kinds = Object.fromEntries(entry.names.map((named) => [named.field, named.kind]));
    const derived = derivedOf(api, entry.ref, Number(/\d+$/.exec(entry.pointer)));
    const services = { ...context, database: trx, clock: { now: () => time }, derived };
    const made = await how.create(withIds(entry, ids), services, kinds).catch((error: unknown) => {
      throw toRefusal(error, entry, place);
    });
    const inside = Object.entries(made.contained ?? {}).map(
      ([field, one]) => [contained[field] as string, how.contains?.[field] as string, one] as const,
    );
    for (const [ref, ofKind, one] of [[entry.ref, kind, made], ...inside] as const) {
      ids.set(ref, one.id);
      all.push({ api, ref, kind: ofKind, appRef, made: one satisfies Seeded });
    }
  }
  return all;
}

/** The fields of an entry, with ids in place of names. */
function withIds({ fields, names }: PlannedEntry, ids: ReadonlyMap<string, string | number>): object {
  const named = new Set(names.map(({ field }) => field));
  const idOf = (ref: unknown) => ids.get(ref as string);
  const changed = [...named].map((field) => {
    const value = fields[field];
    return [field, Array.isArray(value) ? value.map(idOf) : idOf(value)];
  });
  return { ...fields, ...Object.fromEntries(changed) };
}

/** What an API says of an entry, with the place of the entry or of one of its fields. */
function toRefusal(error: unknown, { fields, pointer }: PlannedEntry, place: string): unknown {
  if (isUniqueViolation(error))
    return refusal(place, [
      { path: pointer, message: 'is there already, or a value of it is taken', keyword: 'taken' },
    ]);
  if (isForeignKeyViolation(error) || error instanceof NoResultError)
    return refusal(place, [{ path: pointer, message: 'names something that was deleted', keyword: 'invalid' }]);
  if (!(error instanceof HttpError) || error.status >= 500) return error;
  const keyword = error.kind === 'conflict' ? 'taken' : 'invalid';
  const [detail] = error.details;
  // The path is that of a field, or of a field in a request of the API.
  const [field = '', ...above] = detail?.path.split('/').slice(1).reverse() ?? [];
  if (detail !== undefined && (above.length === 0 || Object.hasOwn(fields, field)))
    return refusal(place, [{ path: `${pointer}/${escapePointer(field)}`, message: detail.message, keyword }]);
  return refusal(place, [{ path: pointer, message: `is not possible: ${error.message}`, keyword }]);
}

/** @param problems with places in the document; a taken value is a conflict, if nothing else is wrong */
function refusal(place: string, problems: readonly ErrorDetail[]): HttpError {
  const details = problems.map((problem) => ({ ...problem, path: place + problem.path }));
  const kind = problems.every(({ keyword }) => keyword === 'taken') ? 'conflict' : 'invalid_request';
  const [first] = details;
  const text = `${first?.path.split('/').slice(2).join('.')} ${first?.message}`;
  return new HttpError(kind, text, { details });
}
