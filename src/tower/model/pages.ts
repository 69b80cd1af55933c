import type { SelectQueryBuilder } from 'kysely';

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
