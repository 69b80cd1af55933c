import type { components, operations, security } from '../../../generated/ucenter.ts';
import type { OperationsOf } from '../../http/operation.ts';
import type { ClientCredentials } from '../../oauth/clients.ts';
import type { Browser } from '../../oauth/sessions.ts';
import type { TokenActor } from '../../oauth/tokens.ts';

/** Who calls, by the contract's security schemes. */
export interface Actors {
  /** A valid access token; so are the other two, in other places. */
  accessTokenHeader: TokenActor;
  accessTokenBody: TokenActor;
  accessTokenQuery: TokenActor;
  /** Client credentials as they came; the token endpoint verifies them. */
  clientBasic: ClientCredentials;
  session: Browser;
}

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: `Operation<'createAccessToken'>`. */
export type Operation<Id extends keyof Operations> = Operations[Id];

export type Schemas = components['schemas'];

/** The answer that the document gives to whatever it accepts: code 1, a message and the data. */
export const accept = <const Message extends string, Data extends object>(message: Message, data: Data) => ({
  status: 200 as const,
  headers: { 'Cache-Control': 'no-store' as const },
  body: { code: 1 as const, message, data },
});
