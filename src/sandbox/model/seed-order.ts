import type { SeedKind } from '../../http/api.ts';
import { timeOf } from './seed-times.ts';

/** An entry as it stands in the document. */
export type Fields = Readonly<Record<string, unknown>> & { ref: string; at?: string };

/** An entry that has to be made. */
export interface PlannedEntry {
  api: string;
  ref: string;
  kind: string;
  /** How its kind is made. */
  how: SeedKind;
  /** The place in the document, a JSON pointer. */
  pointer: string;
  fields: Fields;
  appRef: string | undefined;
  /** The names that its fields have; what each names, where that is in the document. */
  names: { field: string; ref: string; entry: PlannedEntry | undefined; kind: string }[];
  /** The names of the entries that it contains, by field. */
  contained: Readonly<Record<string, string>>;
  /** When it is made, in milliseconds. */
  time: number;
}

/**
 * Orders entries and sets their times (S-10): first those that set the scene, by kinds, then those that happen in time.
 * What an entry names comes before it in any case.
 *
 * @param now of the clock of the sandbox, in milliseconds
 */
export function orderOf(entries: readonly PlannedEntry[], now: number): PlannedEntry[] {
  const told = ({ fields: { at } }: PlannedEntry) => (at === undefined ? undefined : timeOf(at, now));
  const beginning = Math.min(now, ...entries.flatMap((entry) => told(entry) ?? []));
  // Backwards: those that name an entry come before it.
  for (const entry of neededFirst(entries).reverse()) {
    const time = told(entry) ?? (entry.how.inTime ? entry.time : beginning);
    entry.time = time;
    for (const { entry: needed } of entry.names) if (needed !== undefined) needed.time = Math.min(needed.time, time);
  }
  const scene = entries.filter(({ how }) => !how.inTime);
  const story = entries.filter(({ how }) => how.inTime).toSorted((one, other) => one.time - other.time);
  return neededFirst([...scene, ...story]);
}

/** Entries that need themselves, directly or through others: each circle from one of its entries back to it. */
export function circlesOf(entries: readonly PlannedEntry[]): PlannedEntry[][] {
  const circles: PlannedEntry[][] = [];
  neededFirst(entries, circles);
  return circles;
}

/** The entries, each behind those that it names. */
function neededFirst(entries: readonly PlannedEntry[], circles: PlannedEntry[][] = []): PlannedEntry[] {
  const ordered = new Set<PlannedEntry>();
  const begun = new Set<PlannedEntry>();
  const above: PlannedEntry[] = [];
  const visit = (entry: PlannedEntry) => {
    if (ordered.has(entry)) return;
    if (begun.has(entry)) return void circles.push([...above.slice(above.indexOf(entry)), entry]);
    begun.add(entry);
    above.push(entry);
    for (const { entry: needed } of entry.names) if (needed !== undefined) visit(needed);
    above.pop();
    ordered.add(entry);
  };
  for (const entry of entries) visit(entry);
  return [...ordered];
}
