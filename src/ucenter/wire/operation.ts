import type { components, operations, security } from '../../../generated/ucenter.ts';
import type { OperationsOf } from '../../http/operation.ts';
import type { ClientCredentials } from '../../oauth/clients/authenticate-client.ts';
import type { Browser } from '../../oauth/sign-in/sessions.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';

/** The caller, by the contract's security schemes. */
export interface Actors {
  /** A valid access token; the next two are the same in other places. */
  accessTokenHeader: TokenActor;
  accessTokenBody: TokenActor;
  accessTokenQuery: TokenActor;
  /** Client credentials as they were sent; the token endpoint verifies them. */
  clientBasic: ClientCredentials;
  session: Browser;
}

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: `Operation<'createAccessToken'>`. */
export type Operation<Id extends keyof Operations> = Operations[Id];

export type Schemas = components['schemas'];
