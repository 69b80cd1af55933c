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

/** Loads Prism when the process has nothing to do, so that the first call does not wait for it, and neither do others. */
export const loadPrismWhenIdle = (): void => whenIdle(loadPrism);

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
