import type { Client } from 'openapi-fetch';
import type { paths } from '../../generated/tower.ts';

/** The document that a GET of a path answers with. */
type Document<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/vnd.api+json': infer Body } } } };
}
  ? Body
  : never;

/** The paths of lists. */
export type TowerListPath = {
  [Path in keyof paths]: Document<Path> extends infer Body
    ? [Body] extends [{ data: readonly unknown[] }]
      ? [Body] extends [never]
        ? never
        : Path
      : never
    : never;
}[keyof paths];

/** One page of a list. */
export type TowerPage<Path extends TowerListPath> = Document<Path>;

export interface TowerListOptions<Path extends TowerListPath> {
  /** The members `path` and `query` of openapi-fetch. */
  params: paths[Path]['get']['parameters'];
  signal?: AbortSignal | undefined;
}

interface AnyPage {
  data: readonly { id: string; type: string }[];
  links?: { next: string | null };
}

type Query = Record<string, unknown>;

/**
 * The pages of a list, one after the other.
 *
 * @param toError makes the error of a rejected request
 */
export async function* readPages<Path extends TowerListPath>(
  client: Pick<Client<paths>, 'GET'>,
  toError: (error: unknown, response: Response) => Error,
  path: Path,
  { params, signal }: TowerListOptions<Path>,
): AsyncGenerator<TowerPage<Path>, void, undefined> {
  const get = client.GET as unknown as (
    path: string,
    options: object,
  ) => Promise<{ data?: AnyPage; error?: unknown; response: Response }>;
  for (let query: Query | undefined = params.query ?? {}; query !== undefined; ) {
    const { data: page, error, response } = await get(path, { params: { ...params, query }, signal: signal ?? null });
    if (page === undefined) throw toError(error, response);
    yield page as TowerPage<Path>;
    query = nextQuery(page, query);
  }
}

/** Pages have the address of the next one; events continue below the last one. Other lists are whole. */
function nextQuery({ data, links }: AnyPage, query: Query): Query | undefined {
  if (links) return links.next === null ? undefined : { ...query, page: pageOf(links.next) };
  const last = data.at(-1);
  return last?.type === 'events' ? { ...query, last_item_id: Number(last.id) } : undefined;
}

/** `page[number]` and the others of an address. The rest of it may be that of another host. */
function pageOf(address: string): Record<string, string> {
  const fields = [...new URL(address).searchParams].flatMap(([name, value]) => {
    const field = /^page\[(\w+)\]$/.exec(name)?.[1];
    return field === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(fields);
}
