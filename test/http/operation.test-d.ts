import type { Readable } from 'node:stream';
import type { operations } from '../../generated/tower.ts';
import type { ActorOf, Input, OperationOf, OperationsOf, Output } from '../../src/http/operation.ts';
import type { Operation, Operations } from '../../src/tower/wire/operation.ts';
import type { Cases } from '../contract/harness.ts';

/** Checked by `tsc`, never run: what must compile, and below each `@ts-expect-error` what must not. */

const pageHeaders = { 'Content-Security-Policy': 'x', 'Cache-Control': 'no-store' } as const;
const tokenHeaders = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;
const token = {
  access_token: 'a',
  token_type: 'bearer',
  expires_in: 1,
  refresh_token: 'b',
  created_at: 1,
  email: 'a@b.example',
} as const;

// The input of an operation.

export const inputs: Operation<'createToken'> = ({ body, mediaType, actor, params, query }) => {
  const grant: 'password' | 'authorization_code' | 'refresh_token' = body.grant_type;
  const type: 'application/json' | 'application/x-www-form-urlencoded' | 'multipart/form-data' = mediaType;
  if (body.grant_type === 'password') body.username satisfies string;
  // @ts-expect-error only the password grant has a password
  body.password;
  // @ts-expect-error there are no parameters in the path
  params.team_id;
  // @ts-expect-error and none in the query
  query.page;
  if (actor !== undefined && 'clientBasic' in actor) actor.clientBasic.id satisfies string;
  return { status: 200, headers: tokenHeaders, body: { ...token, email: `${grant} ${type}` } };
};

export const bearer: Operation<'getCurrentMember'> = ({ actor, params, body }) => {
  actor.userId satisfies string | null;
  params.team_id satisfies string;
  body satisfies undefined;
  // @ts-expect-error the actor of a bearer token has no browser
  actor.cookie;
  // @ts-expect-error there is no such parameter
  params.id;
  throw new Error('not here');
};

// @ts-expect-error operations of the API are called with an access token, not from a browser
export const wrongActor: Operation<'getCurrentMember'> = (
  _input: Input<operations['getCurrentMember'], { cookie: string }>,
) => {
  throw new Error('not here');
};

export const optionalActor: Operation<'showAppCenter'> = ({ actor }) => {
  // @ts-expect-error the session is optional
  actor.cookie;
  return { status: 200, headers: pageHeaders, body: actor?.cookie ?? '' };
};

type Actors = { one: 1; two: 2 };
export const actors = [1, 2, undefined] satisfies [
  ActorOf<'one', Actors>,
  ActorOf<'one' | 'two', Actors>,
  ActorOf<'none', Actors>,
];
// @ts-expect-error a scheme without a handler has no actor
export const unknownScheme: ActorOf<'three', Actors> = undefined;

// The output of an operation.

export const page: Operation<'showSignIn'> = () => ({ status: 200, headers: pageHeaders, body: '<!doctype html>' });
export const stream: Operation<'showSignIn'> = () => ({
  status: 200,
  headers: pageHeaders,
  type: 'text/html',
  body: {} as Readable,
});
export const redirect: Operation<'showSignIn'> = () => ({
  status: 302,
  headers: { Location: '/', 'Cache-Control': 'no-store' },
});
export const laterRedirect: Operation<'showSignIn'> = async () => ({
  status: 302,
  headers: { Location: '/', 'Cache-Control': 'no-store', 'Set-Cookie': 'a=b' },
});
export const limited: Operation<'createToken'> = () => ({
  status: 429,
  headers: { ...tokenHeaders, 'Retry-After': 1 },
  body: { error: 'temporarily_unavailable', error_description: '' },
});

// @ts-expect-error 418 is not declared
export const undeclaredStatus: Operation<'showSignIn'> = () => ({ status: 418, headers: pageHeaders, body: '' });
// @ts-expect-error a page is text
export const wrongBody: Operation<'showSignIn'> = () => ({ status: 200, headers: pageHeaders, body: 1 });
// @ts-expect-error a page has a body
export const noBody: Operation<'showSignIn'> = () => ({ status: 200, headers: pageHeaders });
// @ts-expect-error a redirect has none
export const bodyOfRedirect: Operation<'showSignIn'> = () => ({
  status: 302,
  headers: { Location: '/', 'Cache-Control': 'no-store' },
  body: '',
});
// @ts-expect-error a redirect has a Location
export const missingHeader: Operation<'showSignIn'> = () => ({ status: 302, headers: { 'Cache-Control': 'no-store' } });
// @ts-expect-error and headers at all
export const noHeaders: Operation<'showSignIn'> = () => ({ status: 302 });
// @ts-expect-error this header is always no-store
export const wrongHeader: Operation<'showSignIn'> = () => ({
  status: 302,
  headers: { Location: '/', 'Cache-Control': 'public' },
});
// @ts-expect-error seconds are a number
export const wrongHeaderType: Operation<'createToken'> = () => ({
  status: 429,
  headers: { ...tokenHeaders, 'Retry-After': 'soon' },
  body: { error: 'temporarily_unavailable', error_description: '' },
});
// @ts-expect-error pages are HTML
export const wrongMediaType: Operation<'showSignIn'> = () => ({
  status: 200,
  headers: pageHeaders,
  type: 'text/plain',
  body: '',
});
// @ts-expect-error refresh_token is missing
export const missingField: Operation<'createToken'> = () => ({
  status: 200,
  headers: tokenHeaders,
  body: { ...token, refresh_token: undefined },
});
// @ts-expect-error token_type is the constant bearer
export const wrongConstant: Operation<'createToken'> = () => ({
  status: 200,
  headers: tokenHeaders,
  body: { ...token, token_type: 'mac' },
});
// @ts-expect-error no such error code
export const wrongEnum: Operation<'createToken'> = () => ({
  status: 400,
  headers: tokenHeaders,
  body: { error: 'nope', error_description: '' },
});
// @ts-expect-error the body of another status
export const bodyOfOtherStatus: Operation<'createToken'> = () => ({ status: 400, headers: tokenHeaders, body: token });

// All operations of an API.

declare const operation: <Id extends keyof Operations>(id: Id) => Operations[Id];
declare const most: Omit<Operations, 'createToken'>;
export const all: Operations = { ...most, createToken: operation('createToken') };
// @ts-expect-error createToken is missing
export const forgotten: Operations = { ...most };
// @ts-expect-error there is no createTokens
export const misspelt: Operations = { ...most, createToken: operation('createToken'), createTokens: () => {} };
// @ts-expect-error the function of another operation
export const mixedUp: Operations = { ...most, createToken: operation('showSignIn') };

// Shapes that Tower does not have.

interface Zoo {
  deleteAnimal: {
    parameters: { path: { id: number }; query?: { force?: boolean }; header?: never; cookie?: never };
    requestBody: { content: { 'application/json': string[] } };
    responses: { 204: { headers: { [name: string]: unknown }; content?: never } };
  };
  getPicture: {
    parameters: { path?: never; query?: never; header?: { 'If-None-Match'?: string }; cookie?: never };
    requestBody?: never;
    responses: {
      200: {
        headers: { ETag?: string; [name: string]: unknown };
        content: { 'image/png': Blob; 'application/json': { url: string } };
      };
      304: { headers: { [name: string]: unknown }; content?: never };
    };
  };
}
type ZooOperations = OperationsOf<Zoo, { deleteAnimal: 'key'; getPicture: 'none' }, { key: { id: string } }>;

export const zoo: ZooOperations = {
  deleteAnimal: ({ params, body, query, actor }) => {
    params.id satisfies number;
    body satisfies string[];
    query.force satisfies boolean | undefined;
    actor.id satisfies string;
    return { status: 204 };
  },
  getPicture: ({ headers, actor }) => {
    actor satisfies undefined;
    // @ts-expect-error headers have lower-case names
    headers['If-None-Match'];
    if (headers['if-none-match'] === '"1"') return { status: 304 };
    return { status: 200, type: 'image/png', headers: { ETag: '"1"' }, body: new Uint8Array(1) };
  },
};
export const asJson: ZooOperations['getPicture'] = () => ({
  status: 200,
  type: 'application/json',
  body: { url: '/a' },
});
// @ts-expect-error 204 has no body
export const bodyOf204: ZooOperations['deleteAnimal'] = () => ({ status: 204, body: {} });
// @ts-expect-error a picture is bytes, also where JSON is declared too
export const wrongForType: ZooOperations['getPicture'] = () => ({
  status: 200,
  type: 'image/png',
  body: { url: '/a' },
});
export const noneWithoutBody: Output<Zoo['deleteAnimal']> = { status: 204 };
export const converted: OperationOf<Zoo['deleteAnimal'], unknown> = ({ params }) => {
  // @ts-expect-error a number, not text: parameters arrive converted
  params.id satisfies string;
  return { status: 204 };
};

// Cases of the contract tests.

interface Pair {
  get: { responses: { 200: unknown; 404: unknown; 500: unknown } };
}
export const cases: Cases<Pair, object> = {
  get: { 200: {}, 404: [{ params: { id: 'x' } }, async () => ({ query: { a: 'b' } })] },
};
export const withAutomatic: Cases<Pair, object> = { get: { 200: {}, 404: {}, 500: () => ({}) } };
// @ts-expect-error get is missing
export const missingOperation: Cases<Pair, object> = {};
// @ts-expect-error there is no case for 404
export const missingStatus: Cases<Pair, object> = { get: { 200: {} } };
// @ts-expect-error 418 is not declared
export const undeclaredCase: Cases<Pair, object> = { get: { 200: {}, 404: {}, 418: {} } };
// @ts-expect-error there is no put
export const undeclaredOperation: Cases<Pair, object> = { get: { 200: {}, 404: {} }, put: { 200: {} } };
