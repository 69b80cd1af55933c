import type { operations, security } from '../../../generated/tower.ts';
import type { OperationsOf } from '../../http/operation.ts';
import type { ClientCredentials } from '../../oauth/clients.ts';
import type { Browser } from '../../oauth/sessions.ts';
import type { TokenActor } from '../../oauth/tokens.ts';

/** Who calls, by the contract's security schemes. */
export interface Actors {
  /** A valid access token. */
  oauth2: TokenActor;
  /** Client credentials as they came; the token endpoint verifies them. */
  clientBasic: { clientBasic: ClientCredentials };
  /** An access token that may have expired; the token endpoint looks at it. */
  refreshBearer: { refreshBearer: string };
  session: Browser;
}

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: `Operation<'createToken'>`. */
export type Operation<Id extends keyof Operations> = Operations[Id];
