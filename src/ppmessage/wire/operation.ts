import type { operations, security } from '../../../generated/ppmessage.ts';
import type { Context } from '../../context.ts';
import type { Input, OperationsOf } from '../../http/operation.ts';
import type { ClientCredentials } from '../../oauth/clients/authenticate-client.ts';
import type { Caller } from '../model/callers.ts';
import type { Normalized } from './spelling.ts';

export interface Actors {
  oauthHeader: Caller;
  bearer: Caller;
  /** Credentials of a key that the token endpoint has yet to verify. */
  clientBasic: ClientCredentials;
}

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: `Operation<'createToken'>`. */
export type Operation<Id extends keyof Operations> = Operations[Id];

/** The operations below `/api`, which answer with the envelope. */
export type ApiOperationId = Exclude<
  keyof Operations,
  | 'getAuthorizationServerMetadata'
  | 'showAuthorization'
  | 'createAuthorization'
  | 'createToken'
  | 'streamEvents'
  | 'runQuery'
  | 'uploadFile'
  | 'uploadText'
  | 'downloadFile'
  | 'showIdenticon'
>;

type Success<Id extends ApiOperationId> = Extract<
  operations[Id]['responses'][200]['content']['application/json'],
  { error_code: '0' | 0 }
>;

/** What an operation returns: the fields besides the envelope, or undefined when there are none. */
export type Answer<Id extends ApiOperationId> = OrNothing<Fields<Id>>;
type OrNothing<Variant> = Variant extends unknown ? ([keyof Variant] extends [never] ? undefined : Variant) : never;
type Fields<Id extends ApiOperationId> = WithoutEnvelope<Success<Id>>;
/** Each variant of a union by itself. */
type WithoutEnvelope<Variant> = Variant extends unknown ? Omit<Variant, 'error_code' | 'error_string' | 'uri'> : never;

/** The function that implements an operation below `/api`. `withEnvelope` adds the envelope to what it returns. */
export type ApiOperation<Id extends ApiOperationId> = (
  input: Omit<Input<operations[Id], Caller>, 'body'> & { body: Normalized<Input<operations[Id], Caller>['body']> },
  context: Context,
) => Promise<Answer<Id>>;

export type ApiOperations = { [Id in ApiOperationId]: ApiOperation<Id> };
