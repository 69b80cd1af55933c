import type { HttpHandler } from 'msw';
import type { operations as GobelieveOperations } from '../../../generated/gobelieve.ts';
import type { operations as PpmessageOperations } from '../../../generated/ppmessage.ts';
import type { operations as SandboxOperations } from '../../../generated/sandbox.ts';
import type { operations as TowerOperations } from '../../../generated/tower.ts';
import type { operations as UcenterOperations } from '../../../generated/ucenter.ts';
import * as gobelieve from './gobelieve.ts';
import type { HandlerOptions, Overrides } from './handlers.ts';
import * as ppmessage from './ppmessage.ts';
import * as sandbox from './sandbox.ts';
import * as tower from './tower.ts';
import * as ucenter from './ucenter.ts';

export type { Call, HandlerOptions, Override, Overrides, Reply } from './handlers.ts';

/** Other answers than the examples of the contracts, by API and `operationId`. */
export interface AllOverrides {
  tower?: Overrides<TowerOperations>;
  ucenter?: Overrides<UcenterOperations>;
  ppmessage?: Overrides<PpmessageOperations>;
  gobelieve?: Overrides<GobelieveOperations>;
  sandbox?: Overrides<SandboxOperations>;
}

const apis = { tower, ucenter, ppmessage, gobelieve, sandbox };

/**
 * MSW handlers for all operations of all APIs, which answer with the examples of the contracts.
 *
 * @param options `baseUrl` is the origin of the server, as that of the sandbox; defaults to any
 * @example
 * const worker = setupWorker(
 *   ...handlers({
 *     override: {
 *       tower: { getCurrentMember: { status: 404, body: { errors: [{ status: '404', title: '没有找到', detail: '没有这个团队' }] } } },
 *       ucenter: { getUser: ({ query }) => ({ status: 200, body: userOf(query) }) },
 *     },
 *   }),
 * );
 * @throws Error when the overrides name an API or an operation that does not exist
 */
export function handlers({ baseUrl = '*', override = {} }: HandlerOptions<AllOverrides> = {}): HttpHandler[] {
  const unknown = Object.keys(override).filter((name) => !(name in apis));
  if (unknown.length > 0) throw new Error(`There is no API ${unknown.join(', ')}`);
  const origin = baseUrl.replace(/\/+$/, '');
  return Object.entries(apis).flatMap(([name, api]) =>
    api.handlers({ baseUrl: `${origin}/${name}`, override: override[name as keyof AllOverrides] as object }),
  );
}
