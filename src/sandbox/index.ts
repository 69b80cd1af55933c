import contract from '../../generated/sandbox.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import type { AnyOperation } from '../http/operation.ts';
import type { Parts } from './model/parts.ts';
import * as credentials from './operations/credentials.ts';
import * as outbox from './operations/outbox.ts';
import { renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';

const operations = {
  ...credentials,
  ...outbox,
} satisfies Operations;

/** What tests control the sandbox with. The app serves it where the sandbox is on (S-1). */
export function createSandbox(parts: Parts): Api {
  const bind =
    (operation: (input: never, context: never) => ReturnType<AnyOperation>): AnyOperation =>
    (input, context) =>
      operation(input as never, { ...context, parts } as never);
  return {
    name: 'sandbox',
    contract: contract as unknown as Contract,
    operations: Object.fromEntries(Object.entries(operations).map(([id, operation]) => [id, bind(operation)])),
    security: {},
    renderError,
  };
}
