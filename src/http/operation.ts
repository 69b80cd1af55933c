import type { Readable } from 'node:stream';
import type { Context } from '../context.ts';
import type { FileBody } from './file-body.ts';
import type { RequestInfo } from './request.ts';

/**
 * Types that make the type of a function from an operation of `generated/<api>.ts`. Each API binds them once to its own
 * contract (its type `Operation`); then a missing operation, an undeclared status, a wrong body or a missing field does
 * not compile.
 */

/** The shape that openapi-typescript gives to one operation. */
export interface OperationShape {
  parameters: { query?: unknown; header?: unknown; path?: unknown; cookie?: unknown };
  requestBody?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: a bound for generated types, which have no index signature
  responses: Record<number, any>;
}

/** The parameters of one place; an empty object where the contract has none there. */
type ParametersIn<T> = [Exclude<T, undefined>] extends [never] ? Record<never, never> : Exclude<T, undefined>;

/** Node writes the names of request headers in lower case. */
type LowerCaseNames<H> = { [Name in keyof H as Lowercase<Name & string>]: H[Name] };

type RequestContent<Op extends OperationShape> = Op extends { requestBody?: { content: infer C } } ? C : never;

/** The body with its media type: one member for each that the contract accepts. */
type BodyInput<Op extends OperationShape> = [Exclude<Op['requestBody'], undefined>] extends [never]
  ? { mediaType?: undefined; body?: undefined }
  : { [M in keyof RequestContent<Op>]: { mediaType: M; body: RequestContent<Op>[M] } }[keyof RequestContent<Op>];

/** The argument of an operation: validated, and converted to the types of the contract. */
export type Input<Op extends OperationShape, Actor> = BodyInput<Op> & {
  params: ParametersIn<Op['parameters']['path']>;
  query: ParametersIn<Op['parameters']['query']>;
  /** By their names in lower case. */
  headers: LowerCaseNames<ParametersIn<Op['parameters']['header']>>;
  /** The caller, as the security handler of the scheme identified it. */
  actor: Actor;
  request: RequestInfo;
};

/** Headers that the server itself sets: on every response, and on downloads. */
type AutomaticHeader = 'X-Request-Id' | 'Accept-Ranges' | 'Content-Range' | 'ETag' | 'Last-Modified';

// Generated headers carry an index signature for undeclared ones; only the declared names count here.
type DeclaredHeaders<H> = {
  [K in keyof H as string extends K ? never : K extends AutomaticHeader ? never : K]: H[K];
};
type HeadersOutput<H> =
  Record<never, never> extends DeclaredHeaders<H> ? { headers?: DeclaredHeaders<H> } : { headers: DeclaredHeaders<H> };

/** Text and bytes are given as such, as a stream or as a file, JSON as a value. */
type BodyOutput<M, B> = M extends `${string}json` ? B : (B extends string ? B : Uint8Array) | Readable | FileBody;

type ContentOutput<C> = [C] extends [never]
  ? { body?: undefined; type?: undefined }
  : C extends undefined
    ? { body?: undefined; type?: undefined }
    : // Without `type` the caller's Accept header chooses among the declared ones.
      { [M in keyof C]: { type?: M; body: BodyOutput<M, C[M]> } }[keyof C];

/** What the operation may answer with: one member for each declared status and media type. */
export type Output<Op extends OperationShape> = {
  [S in keyof Op['responses']]: Op['responses'][S] extends { headers: infer H; content?: infer C }
    ? { status: S } & HeadersOutput<H> & ContentOutput<C>
    : never;
}[keyof Op['responses']];

/** The function behind one operation. It never touches the response object. Throws `HttpError` for every error of the caller. */
export type OperationOf<Op extends OperationShape, Actor> = (
  input: Input<Op, Actor>,
  context: Context,
) => Output<Op> | Promise<Output<Op>>;

/**
 * The actor of an operation: the union of the actors of its security schemes. For `none` in the generated `security` (a
 * requirement without schemes) it is `undefined`.
 */
export type ActorOf<Schemes, Actors> = Schemes extends 'none'
  ? undefined
  : Schemes extends keyof Actors
    ? Actors[Schemes]
    : never;

/** Every operation of a contract by its operationId. `Security` lacks those of webhooks, which callers implement. */
export type OperationsOf<Ops, Security, Actors> = {
  [Id in keyof Ops & keyof Security]: Ops[Id] extends OperationShape
    ? OperationOf<Ops[Id], ActorOf<Security[Id], Actors>>
    : never;
};

/** An operation without its types, as the router calls it. */
// biome-ignore lint/suspicious/noExplicitAny: every operation has an input of its own
export type AnyOperation = (input: any, context: Context) => AnyOutput | Promise<AnyOutput>;

export interface AnyOutput {
  status: number;
  type?: string | undefined;
  headers?: Record<string, unknown>;
  body?: unknown;
}
