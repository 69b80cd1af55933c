import type { ErrorDetail } from '../../errors.ts';
import type { Api, DemoName } from '../../http/api.ts';
import { escapePointer } from '../../http/contract.ts';
import { DEMO_APP, FIRST_PERSON } from './demo-names.ts';
import type { KnownEntry } from './seed-entries.ts';
import { circlesOf, type Fields, orderOf, type PlannedEntry } from './seed-order.ts';
import { timeOf } from './seed-times.ts';

/** Reading a seed: which entries there are, what they name, and in which order they are made (S-10). */

/** A seed as the contract has it: API → kind → entries. */
export type SeedDocument = Readonly<Record<string, Readonly<Record<string, readonly Fields[]>>>>;

/** Something that a name stands for: an entry of this document or of an earlier seed. */
interface Target {
  kind: string;
  appRef: string | undefined;
  /** The entry that it is made with; undefined for one of an earlier seed. */
  entry: PlannedEntry | undefined;
}

export interface PlanOptions {
  known: ReadonlyMap<string, KnownEntry>;
  /** What is there of the demo data. */
  ofDemo: ReadonlyMap<string, DemoName>;
  now: number;
  /** Leaves entries out that were made before, in place of an error. */
  skipsKnown: boolean;
}

/**
 * The entries of one API in the order in which they are made.
 *
 * @param problems gets what is wrong; its paths begin with the name of the API
 */
export function planOf(
  { name: api, seed = {} }: Api,
  document: SeedDocument[string],
  { known, ofDemo, now, skipsKnown }: PlanOptions,
  problems: ErrorDetail[],
): PlannedEntry[] {
  const targets = new Map<string, Target>();
  // What belongs to an app of the demo data belongs to the same one.
  for (const [ref, { kind }] of ofDemo) {
    const isOfApp = kind === 'apps' || seed[kind]?.names?.app !== undefined;
    targets.set(ref, { kind, appRef: isOfApp ? DEMO_APP : undefined, entry: undefined });
  }
  for (const [ref, { kind, appRef }] of known) targets.set(ref, { kind, appRef, entry: undefined });
  const report = (path: string, message: string, keyword = 'invalid') => problems.push({ path, message, keyword });

  const declare = (ref: string, pointer: string, target: Target) => {
    if (ofDemo.has(ref) || ref === FIRST_PERSON) report(`${pointer}/ref`, `${ref} is a name of the demo data`, 'taken');
    else if (targets.has(ref)) report(`${pointer}/ref`, `${ref} is used already`, 'taken');
    else targets.set(ref, target);
  };

  const entries: PlannedEntry[] = [];
  for (const [kind, how] of Object.entries(seed)) {
    for (const [index, fields] of (document[kind] ?? []).entries()) {
      if (skipsKnown && known.has(fields.ref)) continue;
      const pointer = `/${escapePointer(api)}/${kind}/${index}`;
      const inside = Object.keys(how.contains ?? {}).filter((field) => fields[field] !== undefined);
      const contained = Object.fromEntries(inside.map((field) => [field, (fields[field] as Fields).ref]));
      const appRef = kind === 'apps' ? fields.ref : (fields.app as string | undefined);
      const entry = { api, ref: fields.ref, kind, how, pointer, fields, appRef, names: [], contained, time: now };
      entries.push(entry);
      declare(entry.ref, pointer, { kind, appRef, entry });
      for (const field of inside)
        declare(contained[field] as string, `${pointer}/${field}`, {
          kind: how.contains?.[field] as string,
          appRef,
          entry,
        });
    }
  }

  for (const entry of entries) {
    for (const { ref, field, path, kinds } of namesIn(entry)) {
      const target = targets.get(ref);
      if (target === undefined) report(path, `names ${ref}, and no entry of ${api} has this ref`);
      else if (!kinds.includes(target.kind))
        report(path, `must name one of ${kinds.join(' or ')}; ${ref} is one of ${target.kind}`);
      else if (target.appRef !== undefined && entry.appRef !== undefined && target.appRef !== entry.appRef)
        report(path, `names ${ref}, which belongs to another app`);
      else entry.names.push({ field, ref, entry: target.entry, kind: target.kind });
    }
    const { at } = entry.fields;
    if (at !== undefined && timeOf(at, now) === undefined)
      report(`${entry.pointer}/at`, 'must be a time ago, such as -3d, or one in ISO 8601 that is not in the future');
  }
  for (const [entry, ...needed] of circlesOf(entries)) {
    const names = needed.map(({ ref }) => ref).join(', which needs ');
    report((entry as PlannedEntry).pointer, `needs ${names}, ${needed.length > 1 ? '' : 'which is '}the entry itself`);
  }
  return problems.length > 0 ? [] : orderOf(entries, now);
}

/** The names in the fields of an entry, with their places. */
function namesIn({ how, fields, pointer }: PlannedEntry) {
  return Object.entries(how.names ?? {}).flatMap(([field, kinds]) => {
    const value = fields[field];
    if (value === undefined) return [];
    return Array.isArray(value)
      ? value.map((ref: string, index) => ({ ref, field, kinds, path: `${pointer}/${field}/${index}` }))
      : [{ ref: value as string, field, kinds, path: `${pointer}/${field}` }];
  });
}
