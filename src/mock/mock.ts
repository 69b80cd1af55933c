import type { RequestHandler } from 'express';
import type { Context } from '../context.ts';
import type { Api } from '../http/api.ts';
import { type Contract, resolve } from '../http/contract.ts';
import type { HooksOf } from '../http/hooks.ts';
import { mountApi } from '../http/mount.ts';
import { projectRoot } from '../root.ts';
import { whenIdle } from '../when-idle.ts';
import { acceptCredentials, type SecurityScheme } from './credentials.ts';
import { followContract } from './follow-contract.ts';
import { loadPrism, mockOperations } from './operations.ts';
import { withPreferences } from './prefer.ts';

export interface MockOptions {
  /** The folder of `openapi/` and `generated/`. */
  root?: string;
  hooksOf?: HooksOf | undefined;
  /** Operations that are called themselves. Defaults to none. */
  real?: readonly string[];
}

/**
 * The mock of an API as a request handler. It follows the contract: the next request after an edit in `openapi/` gets the
 * new contract, and while the contract is broken the last good one is served.
 */
export function mountMock(
  api: Api,
  context: Context,
  { root = projectRoot(), hooksOf, real = [] }: MockOptions = {},
): RequestHandler {
  const mount = (contract: Contract) => {
    const mock = mockApi({ ...api, contract });
    const all = Object.entries(withPreferences({ ...api, contract }).operations);
    const own = Object.fromEntries(all.filter(([id]) => real.includes(id)));
    return mountApi({ ...mock, operations: { ...mock.operations, ...own } }, context, hooksOf);
  };
  const current = followContract(api, { root, log: context.log }, mount);
  return async (request, response, next) => (await current())(request, response, next);
}

/** Prism is loaded at the latest after this time: then the first call is answered at once. */
const LATEST_MS = 2000;

/**
 * Loads Prism when the process has nothing to do, so that the first call does not wait for it, and neither do others. It
 * answers one call with it, because the first one takes several times as long.
 *
 * @param apis a call of the first one
 */
export const loadPrismWhenIdle = ([api]: readonly Api[]): void =>
  whenIdle(async () => {
    const { createPrism } = await loadPrism();
    const { contract = { paths: {} } as Contract } = api ?? {};
    for (const [path, { get }] of Object.entries(contract.paths)) {
      if (get?.responses['200'] === undefined) continue;
      await createPrism(contract)({ operationId: get.operationId, path, code: '200', accept: '*/*' });
      return;
    }
  }, LATEST_MS);

/** The same API with Prism in place of its functions. It accepts all credentials. */
export function mockApi(api: Api): Api {
  const { name, contract, renderError, overridesMethod = false, faults } = api;
  const schemes = Object.entries(contract.components?.securitySchemes ?? {}) as [string, SecurityScheme][];
  const security = Object.fromEntries(
    schemes.map(([scheme, definition]) => [scheme, acceptCredentials(scheme, resolve(contract, definition))]),
  );
  return {
    name,
    contract,
    operations: mockOperations(contract),
    security,
    renderError,
    overridesMethod,
    ...(faults && { faults }),
  };
}

/** The API with mock operations in place of those that are not implemented yet. */
export function mockMissing(api: Api): Api {
  return { ...api, operations: { ...mockOperations(api.contract), ...api.operations } };
}
