import type { Readable } from 'node:stream';
import type { Context } from '../context.ts';
import type { RequestInfo } from './request.ts';

/**
 * Types that turn an operation of `generated/<api>.ts` into the type of the function that implements it. Each room
 * binds them once to its own contract (see `Operation` in `src/tower/operation.ts`); after that a forgotten operation,
 * an undocumented status, a wrong body or a missing field does not compile.
 */

/** The shape that openapi-typescript gives to one operation. */
export interface OperationShape {
  parameters: { query?: unknown; header?: unknown; path?: unknown; cookie?: unknown };
  requestBody?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: a bound for generated types, which have no index signature
  responses: Record<number, any>;
}

/** `never` and `undefined` (no such parameters) become an empty object. */
type Given<T> = [Exclude<T, undefined>] extends [never] ? Record<never, never> : Exclude<T, undefined>;

type RequestContent<Op extends OperationShape> = Op extends { requestBody?: { content: infer C } } ? C : never;

/** The body with the media type it came in, one member for each that the contract takes. */
type BodyInput<Op extends OperationShape> = [Exclude<Op['requestBody'], undefined>] extends [never]
  ? { mediaType?: undefined; body?: undefined }
  : { [M in keyof RequestContent<Op>]: { mediaType: M; body: RequestContent<Op>[M] } }[keyof RequestContent<Op>];

/** What the operation is called with: everything validated and converted as the contract says. */
export type Input<Op extends OperationShape, Actor> = BodyInput<Op> & {
  params: Given<Op['parameters']['path']>;
  query: Given<Op['parameters']['query']>;
  headers: Given<Op['parameters']['header']>;
  /** Who calls, as the security handler of the scheme found out. */
  actor: Actor;
  request: RequestInfo;
};

/** Headers that the server itself sets on every response. */
type AutomaticHeader = 'X-Request-Id';

// Generated headers carry an index signature for undeclared ones; only the declared names count here.
type DeclaredHeaders<H> = {
  [K in keyof H as string extends K ? never : K extends AutomaticHeader ? never : K]: H[K];
};
/** Whoever gives a body as a stream may know how long it is. */
type OwnHeaders<H> = DeclaredHeaders<H> & { 'Content-Length'?: number };
type HeadersOutput<H> =
  Record<never, never> extends DeclaredHeaders<H> ? { headers?: OwnHeaders<H> } : { headers: OwnHeaders<H> };

/** Text and bytes may be given as they are or as a stream; JSON as a value. */
type BodyOutput<M, B> = M extends `${string}json` ? B : B extends string ? B | Readable : Uint8Array | Readable;

type ContentOutput<C> = [C] extends [never]
  ? { body?: undefined; type?: undefined }
  : C extends undefined
    ? { body?: undefined; type?: undefined }
    : // `type` may be left out: then the caller's Accept header chooses among the declared ones.
      { [M in keyof C]: { type?: M; body: BodyOutput<M, C[M]> } }[keyof C];

/** What the operation may answer: one member for each declared status and media type. */
export type Output<Op extends OperationShape> = {
  [S in keyof Op['responses']]: Op['responses'][S] extends { headers: infer H; content?: infer C }
    ? { status: S } & HeadersOutput<H> & ContentOutput<C>
    : never;
}[keyof Op['responses']];

/** The function behind one operation. It never touches the response object. Throw an `HttpError` to refuse. */
export type OperationOf<Op extends OperationShape, Actor> = (
  input: Input<Op, Actor>,
  context: Context,
) => Output<Op> | Promise<Output<Op>>;

/**
 * The actor of an operation: the union of what its security schemes stand for. `none` in the generated `security`
 * (a requirement that asks for nothing) stands for `undefined`.
 */
export type ActorOf<Schemes, Actors> = Schemes extends 'none'
  ? undefined
  : Schemes extends keyof Actors
    ? Actors[Schemes]
    : never;

/** Every operation of a contract by its operationId. */
export type OperationsOf<Ops, Security, Actors> = {
  [Id in keyof Ops]: Ops[Id] extends OperationShape
    ? OperationOf<Ops[Id], ActorOf<Id extends keyof Security ? Security[Id] : 'none', Actors>>
    : never;
};

/** An operation once its types have done their work: what the router calls. */
// biome-ignore lint/suspicious/noExplicitAny: every operation has an input of its own
export type AnyOperation = (input: any, context: Context) => AnyOutput | Promise<AnyOutput>;

export interface AnyOutput {
  status: number;
  type?: string | undefined;
  headers?: Record<string, unknown>;
  body?: unknown;
}
