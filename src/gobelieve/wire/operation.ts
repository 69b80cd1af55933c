import type { operations, security } from '../../../generated/gobelieve.ts';
import type { OperationsOf } from '../../http/operation.ts';

/** The third party's own server, which may act for every user of its app. */
export interface ServerActor {
  appid: number;
  uid?: undefined;
}

/** A user's device. */
export interface ClientActor {
  appid: number;
  uid: number;
}

/** Who calls, by the contract's security schemes. */
export interface Actors {
  server: ServerActor;
  client: ClientActor;
}

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: `Operation<'grantToken'>`. */
export type Operation<Id extends keyof Operations> = Operations[Id];
