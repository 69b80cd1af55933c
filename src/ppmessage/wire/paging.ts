import { PpmessageError } from './errors.ts';

/** Lists by page, newest first: by number, or next to an entry of the list (facts, section 8, row 27). */

interface PageRequest {
  page_offset?: number;
  page_size?: number;
  max_uuid?: string | null;
  min_uuid?: string | null;
}

/** What stands in the answer beside the list. */
export function toPageInfo(body: PageRequest) {
  const { page_offset: offset = 0, page_size: size = 0 } = body;
  return {
    page_offset: Math.max(0, offset),
    page_size: size < 1 ? 30 : Math.min(size, 100),
  };
}

export const toCursorInfo = ({ max_uuid = null, min_uuid = null }: PageRequest) => ({ max_uuid, min_uuid });

/** The entries of a page: those between two positions of the list, both exclusive, counted from one of its ends. */
export interface Slice {
  above: number;
  below: number;
  order: 'asc' | 'desc';
  offset: number;
  limit: number;
}

/**
 * @param positionOf of an entry of the list; undefined when it is none, and the page is empty then
 * @throws PpmessageError 42
 */
export async function sliceOf(
  body: PageRequest,
  positionOf: (uuid: string) => Promise<number | undefined>,
): Promise<Slice> {
  const { max_uuid: max, min_uuid: min } = body;
  if (max && min) throw new PpmessageError(42);
  const { page_offset, page_size: limit } = toPageInfo(body);
  const all = { above: -1, below: Number.MAX_SAFE_INTEGER, order: 'desc' as const, limit };
  if (max) return { ...all, below: (await positionOf(max)) ?? -1, offset: 0 };
  // The nearest ones, so they are read in the other direction.
  if (min) return { ...all, above: (await positionOf(min)) ?? all.below, order: 'asc', offset: 0 };
  return { ...all, offset: page_offset * limit };
}

/** The most that a list without pages gives at once: the newest. */
export const UNPAGED_LIMIT = 1000;

/** The entries of a slice as they were read, newest first. */
export const newestFirst = <Row>(rows: readonly Row[], { order }: Slice): Row[] =>
  order === 'asc' ? rows.toReversed() : [...rows];

/** Rows by a list of keys of any length: engines take only so many parameters. */
export async function inChunks<Row>(
  keys: readonly string[],
  read: (chunk: string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const wanted = [...new Set(keys)];
  const rows: Row[] = [];
  for (let at = 0; at < wanted.length; at += 1000) rows.push(...(await read(wanted.slice(at, at + 1000))));
  return rows;
}
