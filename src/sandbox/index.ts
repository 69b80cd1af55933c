import contract from '../../generated/sandbox.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import type { AnyOperation } from '../http/operation.ts';
import { migrations } from './database/migrations.ts';
import type { Parts, SandboxContext } from './model/parts.ts';
import * as clocks from './operations/clocks.ts';
import * as credentials from './operations/credentials.ts';
import * as events from './operations/events.ts';
import * as faults from './operations/faults.ts';
import * as outbox from './operations/outbox.ts';
import * as requests from './operations/requests.ts';
import * as resets from './operations/resets.ts';
import * as seeds from './operations/seeds.ts';
import * as snapshots from './operations/snapshots.ts';
import * as tokens from './operations/tokens.ts';
import * as worlds from './operations/worlds.ts';
import { renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';

const operations = {
  ...clocks,
  ...credentials,
  ...events,
  ...faults,
  ...outbox,
  ...resets,
  ...seeds,
  ...snapshots,
  ...tokens,
  ...worlds,
  ...requests,
} satisfies Operations;

/** The operations that the mock has too, instead of examples. */
export const operationsOfMock: readonly string[] = Object.keys({ ...clocks, ...faults, ...requests });

/** What tests control the sandbox with. The app serves it where the sandbox is on (S-1). */
export function createSandbox(parts: Parts): Api {
  const bind =
    (operation: unknown): AnyOperation =>
    (input, context) =>
      (operation as AnyOperation)(input, { ...context, parts } as SandboxContext);
  return {
    name: 'sandbox',
    contract: contract as unknown as Contract,
    operations: Object.fromEntries(Object.entries(operations).map(([id, operation]) => [id, bind(operation)])),
    security: {},
    renderError,
    migrations,
  };
}
