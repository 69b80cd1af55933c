import { CHINA_OFFSET_MS } from '../../clock.ts';

/** What all JSON:API documents of Tower have in common (T-38). */

interface Identifier {
  id: string;
  type: string;
}

interface Resource extends Identifier {
  relationships?: Readonly<Record<string, unknown>>;
}

/**
 * A document about `data`. Of `included` it keeps, once each, the resources that relationships of `data` point to,
 * directly or through other included ones.
 */
export const toDocument = <Data extends Resource | readonly Resource[], Included extends Resource = never>(
  data: Data,
  included: readonly Included[] = [],
) => ({
  data,
  included: reachable([data].flat() as Resource[], included),
  jsonapi: { version: '1.0' as const },
});

function reachable<Included extends Resource>(data: readonly Resource[], included: readonly Included[]): Included[] {
  const candidates = new Map(included.map((resource) => [keyOf(resource), resource]));
  for (const resource of data) candidates.delete(keyOf(resource));
  const found = new Set<Included>();
  const visit = ({ relationships = {} }: Resource): void => {
    for (const relationship of Object.values(relationships)) {
      for (const identifier of identifiersOf(relationship)) {
        const resource = candidates.get(keyOf(identifier));
        if (resource === undefined || found.has(resource)) continue;
        found.add(resource);
        visit(resource);
      }
    }
  };
  data.forEach(visit);
  return [...found];
}

const keyOf = ({ type, id }: Identifier) => `${type} ${id}`;

const identifiersOf = (relationship: unknown): Identifier[] =>
  [(relationship as { data: Identifier | Identifier[] | null } | undefined)?.data ?? []].flat();

/** A relationship to one resource. */
export const toOne = <Type extends string>(type: Type, id: string) => ({ data: { id, type } });

/** A relationship to one resource or to none. */
export const toMaybe = <Type extends string>(type: Type, id: string | null) => ({
  data: id === null ? null : { id, type },
});

/** A relationship to any number of resources. */
export const toMany = <Type extends string>(type: Type, ids: readonly string[]) => ({
  data: ids.map((id) => ({ id, type })),
});

/** A time in milliseconds as ISO 8601 with milliseconds and China's offset (T-32). */
export const toTimestamp = (time: number): string =>
  `${new Date(time + CHINA_OFFSET_MS).toISOString().slice(0, -1)}+08:00`;

/** Like `toTimestamp`, for a time that may be missing. */
export const toTimestampOrNull = (time: number | null): string | null => (time === null ? null : toTimestamp(time));
