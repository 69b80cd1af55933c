import type { components, operations, security } from '../../../generated/sandbox.ts';
import type { OperationsOf } from '../../http/operation.ts';
import type { SandboxContext } from '../model/parts.ts';

/** The callers, by the contract's security schemes: the contract has none. */
export type Actors = Record<never, never>;

type Unbound = OperationsOf<operations, security, Actors>;

export type Operations = {
  [Id in keyof Unbound]: (input: Parameters<Unbound[Id]>[0], context: SandboxContext) => ReturnType<Unbound[Id]>;
};

/** The function that implements an operation: `Operation<'listOutbox'>`. It also gets what the app hands to this room. */
export type Operation<Id extends keyof Operations> = Operations[Id];

export type Schemas = components['schemas'];
