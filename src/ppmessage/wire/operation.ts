import type { operations, security } from '../../../generated/ppmessage.ts';
import type { Context } from '../../context.ts';
import { isForeignKeyViolation } from '../../database/transact.ts';
import type { Input, OperationsOf } from '../../http/operation.ts';
import type { RequestInfo } from '../../http/request.ts';
import { requireApp } from '../model/callers.ts';
import { rulesOf } from './contract.ts';
import { PpmessageError, uriOf } from './errors.ts';
import { asMeant, type Meant } from './spelling.ts';

/** Who calls: a token's key and person, and what the token may do in the operation that it calls. */
export interface Caller {
  appUuid: string;
  /** Of the key; PP_GET_API_INFO shows it, and the document takes it for the app's own uuid. */
  apiUuid: string;
  apiKey: string;
  tokenId: string;
  userUuid: string;
  /** Of a console: may act for everybody in the app, and not only for this user and the customers. */
  isConsole: boolean;
}

export interface Actors {
  oauthHeader: Caller;
  bearer: Caller;
}

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: `Operation<'createToken'>`. */
export type Operation<Id extends keyof Operations> = Operations[Id];

/** The operations below `/api`, which answer with the envelope. */
export type ApiOperationId = Exclude<
  keyof Operations,
  'showAuthorization' | 'createAuthorization' | 'createToken' | 'streamEvents'
>;

type Success<Id extends ApiOperationId> = Extract<
  operations[Id]['responses'][200]['content']['application/json'],
  { error_code: '0' }
>;

/** What an operation answers beside the envelope; nothing for many. */
type Fields<Id extends ApiOperationId> = Omit<Success<Id>, 'error_code' | 'error_string' | 'uri'>;
export type Answer<Id extends ApiOperationId> = [keyof Fields<Id>] extends [never] ? undefined : Fields<Id>;

/** The function that implements an operation below `/api`, which leaves the envelope to `withEnvelope`. */
export type ApiOperation<Id extends ApiOperationId> = (
  input: Omit<Input<operations[Id], Caller>, 'body'> & { body: Meant<Input<operations[Id], Caller>['body']> },
  context: Context,
) => Promise<Answer<Id>>;

export type ApiOperations = { [Id in ApiOperationId]: ApiOperation<Id> };

interface ApiInput {
  body: { app_uuid?: string };
  actor: Caller;
  request: RequestInfo;
}

/**
 * What all operations below `/api` have in common: they get fields as they are meant, the app that a request names has to
 * be the token's own, and three fields stand in every answer.
 */
export function withEnvelope(operations: ApiOperations): Pick<Operations, ApiOperationId> {
  type AnyApiOperation = (input: ApiInput, context: Context) => Promise<object | undefined>;
  const wrap = (run: AnyApiOperation) => async (input: ApiInput, context: Context) => {
    const { actor, request } = input;
    const body = asMeant(request.path, input.body);
    // Where the contract has no such field it is one of those that are ignored, whatever its value.
    if (body.app_uuid !== undefined && rulesOf(request.path).namesApp) await requireApp(body.app_uuid, actor, context);
    const fields = await againWhenGone(() => run({ ...input, body }, context));
    return {
      status: 200,
      body: { ...fields, error_code: '0', error_string: 'success', uri: uriOf(request.path) },
    };
  };
  const all = Object.entries(operations) as unknown as [string, AnyApiOperation][];
  return Object.fromEntries(all.map(([id, run]) => [id, wrap(run)])) as unknown as Pick<Operations, ApiOperationId>;
}

/**
 * What a row was to refer to was deleted after it was looked up: the operation looks once more and says what is gone.
 * If it misses nothing, it is the app, which no operation looks up. Throws 13 then.
 */
const againWhenGone = <Result>(run: () => Promise<Result>): Promise<Result> =>
  run().catch((error: unknown) => {
    if (!isForeignKeyViolation(error)) throw error;
    return run().catch((again: unknown) => {
      throw isForeignKeyViolation(again) ? new PpmessageError(13) : again;
    });
  });
