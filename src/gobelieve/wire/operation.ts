import type { operations, security } from '../../../generated/gobelieve.ts';
import type { OperationsOf } from '../../http/operation.ts';
import type { ClientActor, ServerActor } from '../model/access.ts';

/** The actor of each security scheme in the contract. */
export interface Actors {
  server: ServerActor;
  client: ClientActor;
}

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: `Operation<'grantToken'>`. */
export type Operation<Id extends keyof Operations> = Operations[Id];
