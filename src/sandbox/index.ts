import contract from '../../generated/sandbox.json' with { type: 'json' };
import type { Config } from '../config.ts';
import { HttpError } from '../errors.ts';
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

const operationsOfMock: ReadonlySet<string> = new Set(Object.keys({ ...clocks, ...faults, ...requests }));

/** The control API on the mock's port: without data and worlds, it refuses what only the server has (S-11). */
export function sandboxOfMock(api: Api, { port }: Pick<Config, 'port'>): Api {
  const refuse = () => {
    const message = `The mock has only /sandbox/clock, /sandbox/faults and /sandbox/requests; call the server, on port ${port}`;
    throw new HttpError('not_implemented', message);
  };
  const all = Object.entries(api.operations).map(([id, run]) => [id, operationsOfMock.has(id) ? run : refuse] as const);
  return { ...api, operations: Object.fromEntries(all) };
}

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
