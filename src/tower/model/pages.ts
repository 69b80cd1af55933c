import { type SelectQueryBuilder, sql } from 'kysely';

/** A page of a list (T-39). */
export interface Page {
  /** From 1. */
  number: number;
  size: number;
}

/** The rows of a page. */
export interface PageRows<Row> {
  rows: Row[];
  hasNext: boolean;
  /** How many rows all pages have; undefined for lists that are not counted. */
  total?: number;
}

/** How many resources a relationship names at most (T-44). */
export const MOST_RELATED = 200;

/** The rows of a page, without counting the others: the cost does not grow with the list. */
export async function readPage<Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  { number, size }: Page,
): Promise<PageRows<Row>> {
  const rows = await query
    .limit(size + 1)
    .offset((number - 1) * size)
    .execute();
  return { rows: rows.slice(0, size), hasNext: rows.length > size };
}

/**
 * Like `readPage`, for lists of one table that may be long: what stands before the page is counted in the index of the
 * list, and its rows are not read.
 */
export const readIndexedPage = <Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  page: Page,
): Promise<PageRows<Row>> =>
  readKeyedPage(query.clearWhere(), 'id', query.clearSelect().select(sql.ref('id').as('id')), page);

/**
 * The rows of a page whose keys another query finds.
 *
 * @param rows in the order of the list, with all of its joins
 * @param keys in the same order, from one index
 */
export async function readKeyedPage<
  Tables,
  Names extends keyof Tables,
  Row,
  OfKeys,
  KeyNames extends keyof OfKeys,
  Key,
>(
  rows: SelectQueryBuilder<Tables, Names, Row>,
  key: string,
  keys: SelectQueryBuilder<OfKeys, KeyNames, Key>,
  { number, size }: Page,
): Promise<PageRows<Row>> {
  const ofPage = keys.limit(size + 1).offset((number - 1) * size);
  const found = await rows.where(sql<boolean>`${sql.ref(key)} in ${ofPage}`).execute();
  return { rows: found.slice(0, size), hasNext: found.length > size };
}

/** The rows of a page and the number of all rows, for lists that stay short. */
export async function readCountedPage<Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  page: Page,
): Promise<PageRows<Row>> {
  const count = query
    .clearSelect()
    .clearOrderBy()
    .select(({ fn }) => fn.countAll<number>().as('total'));
  const [counted, rows] = await Promise.all([count.executeTakeFirstOrThrow(), readPage(query, page)]);
  const { total } = counted as unknown as { total: number };
  return { ...rows, total };
}
