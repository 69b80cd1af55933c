import type { Caller } from '../model/callers.ts';
import type { Page } from '../model/pages.ts';

/** Pages of lists in requests and responses (P-45). */

interface PageRequest {
  page_offset?: number;
  page_size?: number;
  max_uuid?: string | null;
  min_uuid?: string | null;
}

export const toPage = (
  { page_offset = 0, page_size = 0, max_uuid, min_uuid }: PageRequest,
  { isOwnProgram }: Pick<Caller, 'isOwnProgram'>,
): Page => ({
  offset: Math.max(0, page_offset),
  size: page_size < 1 ? 30 : Math.min(page_size, 100),
  maxUuid: max_uuid,
  minUuid: min_uuid,
  oldestFirst: isOwnProgram ? 'afterMinUuid' : undefined,
});

/** The fields of a response with a page, besides the list. */
export const toPageInfo = (list: readonly unknown[], total: number, { offset, size }: Page) => ({
  total_count: total,
  return_count: list.length,
  page_offset: offset,
  page_size: size,
});

export const toCursorInfo = ({ maxUuid = null, minUuid = null }: Page) => ({ max_uuid: maxUuid, min_uuid: minUuid });
