import type { components } from '../../../generated/tower.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { Page, PageRows } from '../model/pages.ts';

/** Pages of lists (T-39). */

/** The size where the documents give it as 200, or give the whole list. */
export const LONG_PAGE = 200;
/** The size elsewhere. */
export const SHORT_PAGE = 25;

/** The page that a query names. */
export const toPage = (
  { page: { number = 1, size, after } = {} }: { page?: { number?: number; size?: number; after?: string } },
  defaultSize: number,
): Page => ({ number, size: size ?? defaultSize, after });

/**
 * The addresses of the pages around one, with the other query parameters of the request.
 *
 * @param more parameters that the request does not have
 */
export function toPageLinks(
  request: RequestInfo,
  { number, size, after }: Page,
  { hasNext, end, total }: PageRows<unknown>,
  more: Readonly<Record<string, string>> = {},
): components['schemas']['PageLinks'] {
  const linkTo = (page: number, begin?: string) => {
    const query = new URLSearchParams(request.search);
    for (const [name, value] of Object.entries(more)) query.set(name, value);
    query.set('page[number]', String(page));
    query.set('page[size]', String(size));
    query.delete('page[after]');
    if (begin !== undefined) query.set('page[after]', begin);
    return `${request.baseUrl}${request.path}?${query}`;
  };
  return {
    self: linkTo(number, after),
    first: linkTo(1),
    prev: number > 1 ? linkTo(number - 1) : null,
    next: hasNext ? linkTo(number + 1, end) : null,
    ...(total !== undefined && { last: linkTo(Math.max(1, Math.ceil(total / size))) }),
  };
}
