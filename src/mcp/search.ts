import { readContract } from '../docs/contract.ts';
import type { Language } from '../docs/page.ts';
import { openSearch } from '../docs/search/script.ts';
import type { Api } from '../http/api.ts';
import { type KnownOperation, operationsOf } from './operations.ts';

/** An operation that was found. */
export interface FoundOperation {
  api: string;
  operation: string;
  method: string;
  path: string;
  /** In the language of the query. */
  summary: string;
}

export type Search = (query: string, api?: string) => FoundOperation[];

const MAX_RESULTS = 10;

/** The search of the docs over the operations of all APIs, in the language of the query. */
export async function createSearch(apis: readonly Api[]): Promise<Search> {
  const [chinese, english] = await Promise.all([searchIn(apis, 'zh'), searchIn(apis, 'en')]);
  return (query, api) => (/\p{Script=Han}/u.test(query) ? chinese : english)(query, api);
}

async function searchIn(apis: readonly Api[], language: Language): Promise<Search> {
  const search = await openSearch(apis, language);
  const all = await Promise.all(apis.map(async (api) => ({ ...api, contract: await readContract(api, language) })));
  const known = new Map(operationsOf(all).map((one) => [keyOf(one.api.name, one.id), toFound(one)]));
  return (query, api) => {
    // Several entries can be parts of one operation, and others belong to none.
    const keys = search(query, { limit: Infinity, api }).map((one) => keyOf(one.api, one.operation));
    return [...new Set(keys)].flatMap((key) => known.get(key) ?? []).slice(0, MAX_RESULTS);
  };
}

const keyOf = (api: string, id = '') => `${api} ${id}`;

const toFound = ({ api, id, method, path, operation }: KnownOperation): FoundOperation => ({
  api: api.name,
  operation: id,
  method: method.toUpperCase(),
  path,
  summary: operation.summary ?? '',
});
