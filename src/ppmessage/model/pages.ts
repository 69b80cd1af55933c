import { type Expression, type OperandExpression, type SelectQueryBuilder, sql } from 'kysely';
import { PpmessageError } from './errors.ts';

/** A page of a list that goes from the newest entry to the oldest (P-45), unless it says otherwise. */
export interface Page {
  /** Counts pages from 0. */
  offset: number;
  size: number;
  /** The page ends before this entry; it has older ones. */
  maxUuid?: string | null | undefined;
  /** The page begins after this entry; it has newer ones. */
  minUuid?: string | null | undefined;
  /** Where the page goes from the oldest entry to the newest: own programs read it so (P-64). */
  oldestFirst?: 'afterMinUuid' | 'always' | undefined;
}

/** Which rows of a list to read: those between two positions, both exclusive, counted from one end. */
export interface Slice {
  above: number | Expression<number>;
  below: number | Expression<number>;
  order: 'asc' | 'desc';
  /** The order of the page. */
  shown: 'asc' | 'desc';
  offset: number;
  limit: number;
}

/** Lists without pages have at most this many entries, the newest. */
export const UNPAGED_LIMIT = 1000;

/**
 * @param positionOf a query for an entry's position in the list; without one the page is empty
 * @throws PpmessageError maxAndMinUuid
 */
export function toSlice(
  { offset, size: limit, maxUuid, minUuid, oldestFirst }: Page,
  positionOf: (uuid: string) => OperandExpression<number>,
): Slice {
  if (maxUuid && minUuid) throw new PpmessageError('maxAndMinUuid');
  const shown = oldestFirst === 'always' ? ('asc' as const) : ('desc' as const);
  const all = { above: -1, below: Number.MAX_SAFE_INTEGER, order: 'desc' as const, shown, limit };
  if (maxUuid) return { ...all, below: positionOr(-1, positionOf(maxUuid)), offset: 0 };
  // Reads in the other direction, to get the entries next to the boundary.
  if (minUuid) {
    const above = positionOr(all.below, positionOf(minUuid));
    return { ...all, above, order: 'asc', shown: oldestFirst === undefined ? 'desc' : 'asc', offset: 0 };
  }
  return { ...all, order: shown, offset: offset * limit };
}

/** The position that a query finds, otherwise another one. */
export const positionOr = (otherwise: number, position: OperandExpression<number>) =>
  sql<number>`coalesce(${position}, ${otherwise})`;

/** Counts the rows of a query. */
export const countRows = <All extends object, Names extends keyof All>(query: SelectQueryBuilder<All, Names, object>) =>
  query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();

/** Reads rows by any number of keys, in chunks: a query takes only so many parameters. */
export async function inChunks<Row>(
  keys: readonly string[],
  read: (chunk: string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const wanted = [...new Set(keys)];
  const rows: Row[] = [];
  for (let at = 0; at < wanted.length; at += 1000) rows.push(...(await read(wanted.slice(at, at + 1000))));
  return rows;
}
