import { type SelectQueryBuilder, sql } from 'kysely';
import { HttpError } from '../../errors.ts';

/** A page of a list (T-39). */
export interface Page {
  /** From 1. */
  number: number;
  size: number;
  /** Where the page before ended; the page begins behind it, whichever its number is (T-68). */
  after?: string | undefined;
}

/** The rows of a page. */
export interface PageRows<Row> {
  rows: Row[];
  hasNext: boolean;
  /** Where the page ends; undefined for lists that go by numbers alone. */
  end?: string;
  /** How many rows all pages have; undefined for lists that are not counted. */
  total?: number;
}

/** The order of a list: by columns that are together unique, all of them in one direction. */
export interface Order {
  columns: readonly string[];
  direction: 'asc' | 'desc';
}

export const oldestFirst: Order = { columns: ['created_at', 'id'], direction: 'asc' };
export const newestFirst: Order = { columns: ['created_at', 'id'], direction: 'desc' };

/** How many resources a relationship names at most (T-44). */
export const MOST_RELATED = 200;

/** The rows of a page, without counting the others, for lists that stay short. */
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

/** The rows of the page that `readPage` reads, as a query for reading what they name together with them. */
export const onShortPage = <Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  { number, size }: Page,
): SelectQueryBuilder<Tables, Names, Row> => query.limit(size).offset((number - 1) * size);

/**
 * The rows of a page of one table, which may be long: what stands before the page is counted in the index of the list, or
 * skipped with `after`, and its rows are not read.
 */
export const readIndexedPage = <Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  order: Order,
  page: Page,
): Promise<PageRows<Row>> =>
  readKeyedPage(query.clearWhere(), 'id', query.clearSelect().select(sql.ref('id').as('id')), order, page);

/**
 * The rows of a page whose keys another query finds.
 *
 * @param rows with all of its joins, and with the columns of the order
 * @param table of the columns of the order, where `rows` joins several
 * @throws HttpError invalid_request for an `after` that is not of this list
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
  order: Order,
  page: Page,
  table?: string,
): Promise<PageRows<Row>> {
  const { size } = page;
  const ofPage = keysOf(keys, order, page).limit(size + 1);
  const found = await sorted(rows, order, table)
    .where(sql<boolean>`${sql.ref(key)} in ${ofPage}`)
    .execute();
  const ofThis = found.slice(0, size);
  const last = ofThis.at(-1) as Record<string, unknown> | undefined;
  return {
    rows: ofThis,
    hasNext: found.length > size,
    ...(last && { end: order.columns.map((column) => last[column]).join('.') }),
  };
}

/**
 * The rows of the page that `readIndexedPage` reads with the same arguments, as a query in no order, for reading what these
 * rows name together with them.
 *
 * @throws HttpError invalid_request for an `after` that is not of this list
 */
export function onPage<Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  order: Order,
  page: Page,
): SelectQueryBuilder<Tables, Names, Row> {
  const keys = keysOf(query.clearSelect().select(sql.ref('id').as('id')), order, page).limit(page.size);
  return query.clearWhere().where(sql<boolean>`id in ${keys}`);
}

/** The keys from the beginning of a page on. */
function keysOf<Tables, Names extends keyof Tables, Key>(
  keys: SelectQueryBuilder<Tables, Names, Key>,
  order: Order,
  { number, size, after }: Page,
): SelectQueryBuilder<Tables, Names, Key> {
  const continued =
    after === undefined ? keys.offset((number - 1) * size) : keys.where(isBehind(order, parseEnd(after, order)));
  return sorted(continued, order);
}

const sorted = <Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  { columns, direction }: Order,
  table?: string,
) =>
  columns.reduce(
    (all, column) => all.orderBy(sql.ref(table === undefined ? column : `${table}.${column}`), direction),
    query,
  );

const isBehind = ({ columns, direction }: Order, values: readonly (string | number)[]) =>
  sql<boolean>`(${sql.join(columns.map((column) => sql.ref(column)))}) ${sql.raw(direction === 'asc' ? '>' : '<')} (${sql.join(values)})`;

/** The values of the columns of the order: ids are texts, everything else is a number. */
function parseEnd(after: string, { columns }: Order): (string | number)[] {
  const parts = after.split('.');
  const values = columns.map((column, place) => (column === 'id' ? parts[place] : Number(parts[place])));
  if (parts.length === columns.length && values.every((value) => value !== '' && !Number.isNaN(value)))
    return values as (string | number)[];
  const message = 'must be taken from links.next of this list';
  throw new HttpError('invalid_request', `page.after ${message}`, {
    details: [{ path: '/query/page/after', message, keyword: 'value' }],
  });
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
