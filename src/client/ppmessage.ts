import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from '../../generated/ppmessage.ts';
import { readAnswer, requireJson } from './answers.ts';
import type { StreamOptions } from './events.ts';
import { freeFetch } from './fetch.ts';
import { absolute, OAuthError, type OAuthErrorCode, randomText, readCallback, retryAfter } from './oauth.ts';
import { type SendProgress, sendForm } from './upload.ts';

/** The typed client of the PPMessage API, for browsers and Node. */

type Schemas = components['schemas'];

/** Names of operations: `PP_SEND_MESSAGE`. */
export type PpmessageOperation = Extract<keyof paths, `/api/${string}`> extends `/api/${infer Name}` ? Name : never;

type Post<Name extends PpmessageOperation> = paths[`/api/${Name}`]['post'];
type Body<Name extends PpmessageOperation> = Post<Name>['requestBody']['content']['application/json'];
type Answer<Name extends PpmessageOperation> = Post<Name>['responses'][200]['content']['application/json'];

/** The body of an operation. `app_uuid` defaults to the app of the token. */
export type PpmessageRequest<Name extends PpmessageOperation> = Omit<Body<Name>, 'app_uuid'> & { app_uuid?: string };

/** The body of a successful response. */
export type PpmessageResult<Name extends PpmessageOperation> = Extract<Answer<Name>, { error_code: '0' | 0 }>;

/** The response of the token endpoint: the token, its user and its app. It expires after a day and cannot be refreshed. */
export type PpmessageToken = Schemas['Token'];

/** The token of a key alone, such as that of a customer's page: it has an app and no user. */
export type PpmessageKeyToken = Schemas['KeyToken'] & { user_uuid?: undefined };

/** The token of an agent who signed in by password. It expires when it is unused for 30 days. */
export type PpmessagePersonToken = Schemas['PersonToken'];

/** Any token of the token endpoint. */
export type AnyPpmessageToken = PpmessageToken | PpmessageKeyToken | PpmessagePersonToken;

/** A message of the stream. */
export type PpmessageEvent = Extract<Schemas['MessageEvent'], { event: 'message' }>;

export interface PpmessageClientOptions {
  /**
   * Where the API is: `https://api.example.com/ppmessage`. Defaults to `/ppmessage` at the page's own host in browsers,
   * and to the sandbox on this machine elsewhere.
   */
  baseUrl?: string | undefined;
  /** A token of an earlier sign-in, or its `access_token` alone: then send `app_uuid` where it is required. */
  token?: AnyPpmessageToken | string | undefined;
  /** The `api_key`, for signing in. */
  apiKey?: string | undefined;
  /** Only on servers: it must stay secret. */
  apiSecret?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

/** Keep this while the user is at the authorization page. */
export interface PpmessageFlow {
  redirectUri: string;
  state: string;
}

/** The user and the device that receive, and where to resume. */
export interface PpmessageEventOptions extends StreamOptions {
  /** The recipient of the messages. Defaults to the user of the token; a kefu token can receive for customers too. */
  userUuid?: string | undefined;
  /** The recipient's device, which counts as online while the stream is open. */
  deviceUuid?: string | undefined;
}

export interface PpmessageUploadOptions {
  /** Defaults to that of a `File`. */
  name?: string | undefined;
  onProgress?: ((progress: SendProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** The contract's operations as methods of openapi-fetch, by name with `call`, and the functions for tokens. */
export interface PpmessageClient extends Client<paths> {
  /** The token in use; undefined when only its `access_token` is known. */
  readonly token: AnyPpmessageToken | undefined;

  /** Uses this token from now on; `undefined` forgets the one in use. */
  setToken(token: AnyPpmessageToken | string | undefined): void;

  /**
   * Calls an operation by its name.
   *
   * @example
   * const { list } = await client.call('PP_GET_APP_SERVICE_USER_LIST', {});
   * @throws PpmessageError for every `error_code` except "0", which is 0 with a token of the original's own programs
   */
  call<Name extends PpmessageOperation>(name: Name, body: PpmessageRequest<Name>): Promise<PpmessageResult<Name>>;

  /**
   * Uploads a file of at most 20 MiB, for the `fid` of a message or for an icon.
   *
   * @returns the id of the file; `GET /download/{fid}` has its content
   */
  upload(file: Blob, options?: PpmessageUploadOptions): Promise<string>;

  /**
   * The address of the authorization page, with a random `state` by default.
   *
   * @example
   * const { url, ...flow } = client.authorizationUrl({ redirectUri: 'https://app.example/callback' });
   */
  authorizationUrl(request: { redirectUri: string; state?: string | undefined }): PpmessageFlow & { url: string };

  /**
   * Signs in with the address that the browser came back to, after checking its state and error. It needs the secret.
   *
   * @throws OAuthError state_mismatch, unsupported_response_type, and those of `exchangeCode`
   */
  handleCallback(url: string | URL, flow: PpmessageFlow): Promise<PpmessageToken>;

  /**
   * Exchanges a code for a token and uses it from now on.
   *
   * @throws OAuthError invalid_grant, invalid_client and the others of RFC 6749 §5.2
   */
  exchangeCode(grant: { code: string; redirectUri: string }): Promise<PpmessageToken>;

  /**
   * Gets a token for the key alone and uses it from now on: for a customer's page with a key of `PPCOM`, which acts for
   * customers. Everyone who opens the page has the key.
   *
   * @throws OAuthError unauthorized_client, invalid_client and the others of RFC 6749 §5.2
   */
  requestKeyToken(): Promise<PpmessageKeyToken>;

  /**
   * Signs an agent in by password and uses the token from now on: for programs with a key of `PPKEFU` or `PPCONSOLE`.
   *
   * @throws OAuthError invalid_grant
   */
  signIn(credentials: { email: string; password: string }): Promise<PpmessagePersonToken>;

  /**
   * Messages from now on, or after `lastEventId`, until the signal aborts or the loop ends. A broken connection is opened
   * again, and no message is lost or received twice. Receiving a message does not acknowledge it.
   *
   * @example
   * for await (const { data } of client.events({ signal })) {
   *   console.log(data.from_user?.user_fullname, data.bo);
   *   await client.call('ACK_MESSAGE', { list: [data.pid] });
   * }
   * @throws PpmessageError when the server rejects the request, and what `fetch` throws when the first connection fails
   */
  events(options?: PpmessageEventOptions): AsyncGenerator<PpmessageEvent, void, undefined>;
}

/** A call was rejected. */
export class PpmessageError extends Error {
  override readonly name = 'PpmessageError';
  /** The error number as text, such as `"6"`; the contract lists them. `"-1"` when the answer had none. */
  readonly code: string;
  /** For developers; the wording may change. */
  readonly description: string;
  /** The operation: `/PP_SEND_MESSAGE`. */
  readonly uri: string;
  /** HTTP status, which is 200 for most errors. */
  readonly status: number;
  /** The whole answer: with error 25 of `PP_CREATE_DEVICE` it has the existing device. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;

  /** @param problem the description when the answer has none */
  constructor(answer: Readonly<Record<string, unknown>>, uri: string, { status, headers }: Response, problem?: string) {
    const {
      error_code: code = '-1',
      error_string: description = problem ?? `The answer has status ${status} and no error_code`,
    } = answer;
    super(`${uri} failed with error ${code}: ${description}`);
    this.code = String(code);
    this.description = String(description);
    this.uri = uri;
    this.status = status;
    this.answer = answer;
    this.requestId = headers.get('X-Request-Id') ?? undefined;
  }
}

/** The paths of the operations that take a token. */
const TAKES_TOKEN = /^\/(?:api\/.+|ppquery\/.+|events|upload|ppkefu\/upload)(?:\?|$)/;

/**
 * Creates a client of the PPMessage API. `call` throws when the server rejects it; `POST` and `GET` are those of
 * openapi-fetch and throw only when the answer is not PPMessage's.
 *
 * @example
 * const client = createPpmessageClient({ baseUrl: 'http://127.0.0.1:3000/ppmessage', apiKey, apiSecret });
 * await client.exchangeCode({ code, redirectUri });
 * const { list } = await client.call('PP_GET_APP_SERVICE_USER_LIST', {});
 */
export function createPpmessageClient(options: PpmessageClientOptions = {}): PpmessageClient {
  const { apiKey = '', apiSecret = '', baseUrl = usualUrl() } = options;
  const base = absolute(baseUrl);
  let token: AnyPpmessageToken | undefined;
  let accessToken: string | undefined;

  const fetch = freeFetch(options.fetch);

  function setToken(next: AnyPpmessageToken | string | undefined): void {
    token = typeof next === 'object' ? next : undefined;
    accessToken = typeof next === 'object' ? next.access_token : next;
  }
  setToken(options.token);

  /** Only the operations that take the token get it. */
  function send(request: Request): Promise<Response> {
    const isOperation = request.url.startsWith(base) && TAKES_TOKEN.test(request.url.slice(base.length));
    if (accessToken !== undefined && isOperation) request.headers.set('Authorization', `OAuth ${accessToken}`);
    return fetch(request);
  }

  const post = (path: string, body: object) =>
    send(
      new Request(`${base}${path}`, {
        method: 'POST',
        // A redirect would send the credentials to another address.
        redirect: 'error',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify(body),
      }),
    );

  async function requestToken<Token extends AnyPpmessageToken>(request: Schemas['TokenRequest']): Promise<Token> {
    const response = await post('/ppauth/token', request);
    const { body: answer, problem } = await readAnswer(response);
    if (!response.ok || typeof answer?.access_token !== 'string') {
      // A refused password has the status 200.
      const refused = answer?.error_code === -1 ? 'invalid_grant' : undefined;
      const error = (response.ok ? refused : answer?.error) ?? 'invalid_response';
      const description =
        answer?.error_description ??
        answer?.error_string ??
        problem ??
        `The answer has status ${response.status} and no token`;
      throw new OAuthError(error as OAuthErrorCode, String(description), response.status, retryAfter(response));
    }
    setToken(answer as Token);
    return answer as Token;
  }

  const key = { client_id: apiKey, client_secret: apiSecret };

  const exchangeCode = ({ code, redirectUri }: { code: string; redirectUri: string }) =>
    requestToken<PpmessageToken>({ ...key, grant_type: 'authorization_code', code, redirect_uri: redirectUri });

  return {
    ...requireJson(
      createClient<paths>({ baseUrl: base, fetch: send }),
      ({ path, response, problem }) => new PpmessageError({}, path.replace(/^\/api/, ''), response, problem),
    ),

    get token() {
      return token;
    },

    setToken,
    exchangeCode,

    requestKeyToken: () => requestToken<PpmessageKeyToken>({ ...key, grant_type: 'client_credentials' }),

    signIn: ({ email, password }) =>
      requestToken<PpmessagePersonToken>({
        client_id: apiKey,
        ...(apiSecret !== '' && { client_secret: apiSecret }),
        grant_type: 'password',
        user_email: email,
        user_password: password,
      }),

    async call(name, body) {
      const response = await post(`/api/${name}`, { ...(token && { app_uuid: token.app_uuid }), ...body });
      const { body: answer, problem } = await readAnswer(response);
      if (response.ok && String(answer?.error_code) === '0') return answer as PpmessageResult<typeof name>;
      throw new PpmessageError(answer ?? {}, `/${name}`, response, problem);
    },

    async upload(file, { name, ...options } = {}) {
      const form = new FormData();
      form.append('file', file, name ?? (file instanceof File ? file.name : 'file'));
      const headers = new Headers(accessToken === undefined ? {} : { Authorization: `OAuth ${accessToken}` });
      const response = await sendForm(`${base}/upload`, { headers, form, fetch, ...options });
      const { body: answer, problem } = await readAnswer(response);
      if (response.ok && typeof answer?.fuuid === 'string') return answer.fuuid;
      throw new PpmessageError(answer ?? {}, '/upload', response, problem);
    },

    authorizationUrl({ redirectUri, state = randomText() }) {
      const query = { client_id: apiKey, redirect_uri: redirectUri, response_type: 'code', state };
      return { url: `${base}/ppauth/auth?${new URLSearchParams(query)}`, redirectUri, state };
    },

    handleCallback: async (url, { redirectUri, state }) =>
      exchangeCode({ code: readCallback(url, state, base), redirectUri }),

    async *events({ userUuid, deviceUuid, ...resume } = {}) {
      const query = new URLSearchParams({
        ...(userUuid !== undefined && { user_uuid: userUuid }),
        ...(deviceUuid !== undefined && { device_uuid: deviceUuid }),
      });
      const address = `${base}/events${query.size > 0 ? `?${query}` : ''}`;
      const { readEvents } = await import('./events.ts');
      const stream = readEvents(
        ({ lastEventId, signal }) => {
          const from = lastEventId === undefined ? undefined : { 'Last-Event-ID': lastEventId };
          const headers = { Accept: 'text/event-stream', ...from };
          return send(new Request(address, { headers, cache: 'no-store', redirect: 'error', signal }));
        },
        async (response) => {
          const { body = {}, problem } = await readAnswer(response);
          return new PpmessageError(body, '/events', response, problem);
        },
        resume,
      );
      for await (const { id = '', event, data } of stream) {
        // Other events mark the beginning of the stream, or belong to later versions.
        if (event === 'message') yield { id, event, data: JSON.parse(data) as PpmessageEvent['data'] };
      }
    },
  };
}

const usualUrl = () => (globalThis.location ? '/ppmessage' : 'http://127.0.0.1:3000/ppmessage');
