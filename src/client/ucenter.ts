import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from '../../generated/ucenter.ts';
import { mapAnswers, readAnswer } from './answers.ts';
import { freeFetch } from './fetch.ts';
import {
  type AuthorizationFlow,
  type AuthorizationRequest,
  absolute,
  createAuthorization,
  formOf,
  readCallback,
  retryAfter,
} from './oauth.ts';
import { createTokenSession, memoryStore, type StartingTokens } from './tokens.ts';
import { type SendProgress, sendForm } from './upload.ts';

type Schemas = components['schemas'];

/** The response of the token endpoint, and when the token expires. */
export type UcenterIssuedTokens = Schemas['Token'] & {
  /** Milliseconds since 1970 by the clock of this machine, which may differ from the server's. */
  expires_at: number;
};

/** Tokens in a store. An access token is enough; without a refresh token it is used until the server rejects it. */
export type UcenterTokens = Pick<UcenterIssuedTokens, 'access_token'> & Partial<UcenterIssuedTokens>;

export type UcenterClientOptions = StartingTokens<UcenterTokens> & {
  /** Where the API is: `https://api.example.com/ucenter`. Defaults to `/ucenter` at the page's host, in browsers. */
  baseUrl?: string | undefined;
  clientId: string;
  /** Only on servers: it must stay secret. */
  clientSecret?: string | undefined;
  /** A server of your own that adds the secret (see `createTokenProxy`). Defaults to `{baseUrl}/api/oauth/accessToken`. */
  tokenEndpoint?: string | undefined;
  /** The expected `iss` of callbacks (RFC 9207), when the server's public address is not `baseUrl`. */
  issuer?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** Called with new tokens, and with `undefined` after a sign-out or a failed refresh. */
  onTokens?: ((tokens: UcenterTokens | undefined) => void) | undefined;
  /** Milliseconds since 1970. Defaults to the clock of this machine. */
  now?: (() => number) | undefined;
};

/** Every `code` but 1. With 0 fields are wrong and the HTTP status is 200; the others have a status of their own. */
export type UcenterErrorCode = 0 | 1000 | 1001 | 1003 | 1004 | -1;

/** A request failed. */
export class UcenterError extends Error {
  override readonly name = 'UcenterError';
  readonly code: UcenterErrorCode;
  /** The wrong fields, in the order in which they were checked. */
  readonly errors: { field: string; message: string }[];
  /** HTTP status: 200 when `code` is 0. */
  readonly status: number;
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number | undefined;

  /** @param message the server's text for users */
  constructor(code: UcenterErrorCode, message: string, response: Response, data: Schemas['ProblemData'] = {}) {
    super(message);
    this.code = code;
    this.errors = data.errors ?? [];
    this.status = response.status;
    this.retryAfter = retryAfter(response);
  }
}

/** The contract without the envelope `{code, message, data}`: `data` alone, and one type of error. */
type Unwrapped<Paths> = {
  [Path in keyof Paths]: {
    [Method in keyof Paths[Path]]: Paths[Path][Method] extends { responses: { 200: infer Answer } }
      ? Omit<Paths[Path][Method], 'responses'> & {
          responses: { 200: UnwrappedAnswer<Answer>; default: { content: { 'application/json': UcenterError } } };
        }
      : Paths[Path][Method];
  };
};
type UnwrappedAnswer<Answer> = Answer extends { content: { 'application/json': infer Body } }
  ? { content: { 'application/json': SuccessIn<Body> } }
  : Answer;
type SuccessIn<Body> = Body extends { code: 1; data: infer Data } ? Data : never;

/** The operations for programs, without the pages. */
export type UcenterPaths = Unwrapped<Pick<paths, Extract<keyof paths, `/api/${string}` | `/storage/${string}`>>>;

/** The pages, for openapi-fetch's own `createClient`. */
export type UcenterPages = Omit<paths, keyof UcenterPaths>;

export interface UcenterUpload {
  /** Defaults to the name of a `File`. */
  fileName?: string | undefined;
  /** Called while the bytes are sent, in browsers; elsewhere once, at the end. */
  onProgress?: ((progress: SendProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** The lists of records. */
export type UcenterRecordPath = '/api/email' | '/api/file' | '/api/log' | '/api/sms';

type PageOf<Path extends UcenterRecordPath> =
  UcenterPaths[Path]['get']['responses'][200]['content']['application/json'];

/** One record of a list: `UcenterRecord<'/api/log'>`. */
export type UcenterRecord<Path extends UcenterRecordPath> = {
  [Name in keyof PageOf<Path>]-?: PageOf<Path>[Name] extends readonly (infer Item)[] ? Item : never;
}[keyof PageOf<Path>];

/** The contract's operations as methods of openapi-fetch, and the functions for tokens. */
export interface UcenterClient extends Client<UcenterPaths> {
  /** The tokens that were last read; those of a `store` are read with the first request. */
  readonly tokens: UcenterTokens | undefined;

  /** Uses these tokens from now on. */
  setTokens(tokens: UcenterTokens): Promise<void>;

  /**
   * The password grant, with a user name, phone number or e-mail address.
   *
   * @throws UcenterError 1001 for a wrong password, 1003 after too many of them
   */
  signInWithPassword(grant: { username: string; password: string }): Promise<UcenterIssuedTokens>;

  /**
   * The client credentials grant, for operations without a user, such as sending a code to register with. This token is
   * not refreshed: call again when it has expired.
   */
  signInAsApplication(): Promise<UcenterIssuedTokens>;

  /**
   * The address of the authorization page, with PKCE and a random `state` by default. It needs WebCrypto, which
   * browsers have on https and localhost only.
   *
   * @example
   * const { url, ...flow } = await client.authorizationUrl({ redirectUri: 'https://app.example/callback' });
   * sessionStorage.setItem('flow', JSON.stringify(flow));
   * location.assign(url);
   */
  authorizationUrl(request: AuthorizationRequest): Promise<AuthorizationFlow & { url: string }>;

  /**
   * Signs in with the address that the browser came back to.
   *
   * @throws OAuthError state_mismatch, issuer_mismatch, access_denied; UcenterError as `signInWithCode`
   */
  handleCallback(url: string | URL, flow: AuthorizationFlow): Promise<UcenterIssuedTokens>;

  /** @throws UcenterError 1000 for a code that is wrong, used or expired */
  signInWithCode(grant: {
    code: string;
    redirectUri: string;
    codeVerifier?: string | undefined;
  }): Promise<UcenterIssuedTokens>;

  /**
   * Uploads a file, in browsers with progress.
   *
   * @example
   * const { file_path } = await client.upload(file, { onProgress: ({ loaded, total }) => (bar.value = loaded / total) });
   * @throws UcenterError 1000 with status 413 when the file is too large
   */
  upload(file: Blob, options?: UcenterUpload): Promise<Schemas['UploadedFile']>;

  /**
   * All records of a list, newest first, each of them once. Records that are added meanwhile are not among them.
   *
   * @param pageSize how many records one request reads
   * @example
   * for await (const { title, created_at } of client.records('/api/log')) console.log(created_at, title);
   * @throws UcenterError 1003 when the user does not administer the application
   */
  records<Path extends UcenterRecordPath>(
    path: Path,
    options?: { pageSize?: number | undefined; signal?: AbortSignal | undefined },
  ): AsyncGenerator<UcenterRecord<Path>, void, undefined>;

  /**
   * Forgets the tokens and revokes them at the server.
   *
   * @returns false when they were not revoked: there were none, the server was not reached, or it requires the secret
   */
  signOut(): Promise<boolean>;
}

/**
 * Creates a client of the UCenter API. It takes `data` out of the envelope when `code` is 1; otherwise `error` is a
 * `UcenterError`, also with HTTP status 200. Sign-in and upload throw it, and so does a refresh that fails, unless the
 * refresh token has expired.
 *
 * @example
 * const client = createUcenterClient({ baseUrl: 'http://127.0.0.1:3000/ucenter', clientId, clientSecret });
 * await client.signInWithPassword({ username, password });
 * const { data, error } = await client.GET('/api/user');
 * console.log(data?.username ?? error?.message);
 */
export function createUcenterClient(options: UcenterClientOptions): UcenterClient {
  const { clientId, clientSecret, tokens, store = memoryStore(tokens), onTokens, now = Date.now } = options;
  const fetch = freeFetch(options.fetch);
  const base = absolute(options.baseUrl ?? '/ucenter');
  const application = { client_id: clientId, client_secret: clientSecret };
  const canRefresh = (clientSecret ?? options.tokenEndpoint) !== undefined;

  const session = createTokenSession<UcenterTokens>({
    store,
    tokens,
    onTokens,
    fetch,
    now,
    refresh: ({ refresh_token }, signal) => requestTokens({ grant_type: 'refresh_token', refresh_token }, signal),
    // Without the secret, a 400 may be about the missing secret.
    isRejected: (error) => error instanceof UcenterError && error.code === 1000 && canRefresh,
    isLost: (error) => !(error instanceof UcenterError) || (error.code === -1 && error.retryAfter === undefined),
    // Operations below /api/oauth get no token, so every other 401 is about the token.
    isTokenRejected: ({ status }) => status === 401,
  });

  async function requestTokens(grant: Schemas['TokenRequest'], signal?: AbortSignal): Promise<UcenterIssuedTokens> {
    const asked = now();
    const url = options.tokenEndpoint ?? `${base}/api/oauth/accessToken`;
    const token = (await postForm(url, { ...grant, ...application }, signal)) as Schemas['Token'];
    return { ...token, expires_at: asked + token.expires_in * 1000 };
  }

  /** @throws UcenterError */
  async function postForm(url: string, fields: Parameters<typeof formOf>[0], signal: AbortSignal | null = null) {
    // A redirect would send the credentials to another address.
    const response = await fetch(url, { method: 'POST', redirect: 'error', body: formOf(fields), signal });
    return unwrap(response);
  }

  async function signIn(grant: Schemas['TokenRequest']): Promise<UcenterIssuedTokens> {
    const tokens = await requestTokens(grant);
    await session.keep(tokens);
    return tokens;
  }

  const signInWithCode: UcenterClient['signInWithCode'] = ({ code, redirectUri, codeVerifier }) =>
    signIn({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier });

  // Only the API's operations get the token.
  const takesToken = ({ url }: Request) => url.startsWith(`${base}/api/`) && !url.startsWith(`${base}/api/oauth/`);
  const send = (request: Request) => (takesToken(request) ? session.send(request) : fetch(request));

  const client = withoutEnvelope(createClient<UcenterPaths>({ baseUrl: base, fetch: send }));

  async function* records<Path extends UcenterRecordPath>(
    path: Path,
    { pageSize = 100, signal }: { pageSize?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<UcenterRecord<Path>, void, undefined> {
    let before: number | undefined;
    do {
      const query = { page_size: pageSize, ...(before !== undefined && { before }) };
      const { data, error } = await client.GET(path as UcenterRecordPath, {
        params: { query },
        signal: signal ?? null,
      });
      if (error !== undefined) throw error;
      yield* Object.values(data).find(Array.isArray) as UcenterRecord<Path>[];
      before = data.next;
    } while (before !== undefined);
  }

  return {
    ...client,
    records,

    get tokens() {
      return session.tokens;
    },

    setTokens: session.keep,
    signInWithPassword: ({ username, password }) => signIn({ grant_type: 'password', username, password }),
    signInAsApplication: () => signIn({ grant_type: 'client_credentials' }),
    signInWithCode,
    authorizationUrl: (request) => createAuthorization(`${base}/oauth/authorize`, clientId, request),

    async handleCallback(url, { state, ...flow }) {
      return signInWithCode({ code: readCallback(url, state, options.issuer ?? base), ...flow });
    },

    async upload(file, { fileName, onProgress, signal } = {}) {
      const form = new FormData();
      form.set('file', file, fileName ?? (file instanceof File ? file.name : 'file'));
      const response = await session.send(new Request(`${base}/api/file`, { method: 'POST' }), ({ url, headers }) =>
        sendForm(url, { headers, form, fetch, onProgress, signal }),
      );
      return unwrap(response) as Promise<Schemas['UploadedFile']>;
    },

    async signOut() {
      const tokens = await session.forget();
      if (tokens === undefined) return false;
      const token = tokens.refresh_token ?? tokens.access_token; // revoking one revokes both
      return postForm(`${base}/api/oauth/revoke`, { token, ...application }).then(
        () => true,
        () => false,
      );
    },
  };
}

/** `data` of an answer. @throws UcenterError unless `code` is 1 */
async function unwrap(response: Response): Promise<unknown> {
  const { body, problem } = await readAnswer(response);
  const { code, data } = (body ?? {}) as { code?: unknown; data?: unknown };
  if (response.ok && code === 1 && typeof data === 'object' && data !== null) return data;
  throw errorOf(body, response, problem);
}

/**
 * The error of a response. A response without an envelope may come from a proxy.
 *
 * @param problem the message when there is no envelope
 */
function errorOf(
  body: unknown,
  response: Response,
  problem = `The answer has status ${response.status} and no envelope`,
): UcenterError {
  const { code, message, data } = (body ?? {}) as Partial<Schemas['Failure']>;
  if (typeof code === 'number' && (code as number) !== 1 && typeof message === 'string')
    return new UcenterError(code as UcenterErrorCode, message, response, data);
  return new UcenterError(-1, problem, response);
}

/** The envelope decides, not the HTTP status. A body without an envelope stays as it is. */
const withoutEnvelope = <Unwrapped extends object>(client: Unwrapped): Unwrapped =>
  mapAnswers(client, ({ body, response, problem }) => {
    if (body === undefined || !response.ok)
      return { error: errorOf(body, response, body ? undefined : problem), response };
    if (!('code' in body && 'message' in body)) return { data: body, response };
    return body.code === 1 && 'data' in body
      ? { data: body.data, response }
      : { error: errorOf(body, response), response };
  });
