import type { operations, security } from '../../../generated/tower.ts';
import type { OperationsOf } from '../../http/operation.ts';
import type { ClientCredentials } from '../../oauth/clients/authenticate-client.ts';
import type { Browser } from '../../oauth/sign-in/sessions.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import type { Attfile } from '../model/attfiles.ts';

/** What the security handler of each scheme in the contract returns. */
export interface Actors {
  /** A valid access token. */
  oauth2: TokenActor;
  /** Client credentials that the token endpoint has yet to verify. */
  clientBasic: { clientBasic: ClientCredentials };
  /** An access token that may have expired and that the token endpoint has yet to verify (T-15). */
  refreshBearer: { refreshBearer: string };
  session: Browser;
  /** The reservation that the signed form of a direct upload belongs to. */
  uploadForm: { uploadForm: Attfile };
}

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: `Operation<'createToken'>`. */
export type Operation<Id extends keyof Operations> = Operations[Id];
