import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from '../../generated/ppmessage.ts';
import { readEvents, type StreamOptions } from './events.ts';
import {
  absolute,
  OAuthError,
  type OAuthErrorCode,
  parseObject,
  randomText,
  readCallback,
  retryAfter,
} from './oauth.ts';

/** The typed client of the PPMessage API, for browsers and Node alike. */

type Schemas = components['schemas'];

/** Names of operations: `PP_SEND_MESSAGE`. */
export type PpmessageOperation = Extract<keyof paths, `/api/${string}`> extends `/api/${infer Name}` ? Name : never;

type Post<Name extends PpmessageOperation> = paths[`/api/${Name}`]['post'];
type Body<Name extends PpmessageOperation> = Post<Name>['requestBody']['content']['application/json'];
type Answer<Name extends PpmessageOperation> = Post<Name>['responses'][200]['content']['application/json'];

/** What an operation wants. `app_uuid` may be left out: it is the app of the token. */
export type PpmessageRequest<Name extends PpmessageOperation> = Omit<Body<Name>, 'app_uuid'> & { app_uuid?: string };

/** What an operation answers when it succeeds. */
export type PpmessageResult<Name extends PpmessageOperation> = Extract<Answer<Name>, { error_code: '0' }>;

/** The token endpoint's answer: the token, whose it is, and of which app. It ends after a day and is not renewed. */
export type PpmessageToken = Schemas['Token'];

/** A message as it comes over the stream. */
export type PpmessageEvent = Extract<Schemas['MessageEvent'], { event: 'message' }>;

export interface PpmessageClientOptions {
  /**
   * Where the API is: `https://api.example.com/ppmessage`. Defaults to `/ppmessage` at the page's own host in browsers,
   * and to the sandbox on this machine elsewhere.
   */
  baseUrl?: string | undefined;
  /** A token of an earlier sign-in; or only its `access_token`, then `app_uuid` has to be sent where it is wanted. */
  token?: PpmessageToken | string | undefined;
  /** The key, for signing in. */
  apiKey?: string | undefined;
  /** Only on servers: whoever can read it can pretend to be the program. */
  apiSecret?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

/** What has to be kept while the person is at the authorization page. */
export interface PpmessageFlow {
  redirectUri: string;
  state: string;
}

/** Whose messages to receive. */
export interface PpmessageEventOptions extends StreamOptions {
  /** The recipient; defaults to the person of the token. A kefu token may receive for customers too. */
  userUuid?: string | undefined;
  /** The recipient's device, which counts as online while the stream is open. */
  deviceUuid?: string | undefined;
}

/** The contract's operations in the style of openapi-fetch, and what makes them pleasant. */
export interface PpmessageClient extends Client<paths> {
  /** The token in use, when it is known as a whole. */
  readonly token: PpmessageToken | undefined;

  /** Uses a token that came from elsewhere; `undefined` forgets the one in use. */
  setToken(token: PpmessageToken | string | undefined): void;

  /**
   * Calls an operation by its name.
   *
   * @example
   * const { list } = await client.call('PP_GET_APP_SERVICE_USER_LIST', {});
   * @throws PpmessageError for every `error_code` but "0"
   */
  call<Name extends PpmessageOperation>(name: Name, body: PpmessageRequest<Name>): Promise<PpmessageResult<Name>>;

  /**
   * Where to send the person, with a fresh `state` unless one is given.
   *
   * @example
   * const { url, ...flow } = client.authorizationUrl({ redirectUri: 'https://app.example/callback' });
   */
  authorizationUrl(request: { redirectUri: string; state?: string | undefined }): PpmessageFlow & { url: string };

  /**
   * Signs in with the address to which the person came back. Needs the secret. Checks the state and errors first.
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
   * Messages from now on, or after `lastEventId`, until the signal ends it or the loop is left. A connection that breaks
   * is opened again and nothing is lost or told twice. Having seen a message is not to acknowledge it.
   *
   * @example
   * for await (const { data } of client.events({ signal })) {
   *   console.log(data.from_user?.user_fullname, data.bo);
   *   await client.call('ACK_MESSAGE', { list: [data.pid] });
   * }
   * @throws PpmessageError when the stream is refused, and what `fetch` throws when it cannot be reached from the start
   */
  events(options?: PpmessageEventOptions): AsyncGenerator<PpmessageEvent, void, undefined>;
}

/** A call that was refused. */
export class PpmessageError extends Error {
  override readonly name = 'PpmessageError';
  /** The error number, as text: `"6"`; the contract lists what each means. `"-1"` when the answer had none. */
  readonly code: string;
  /** For developers; its words may change. */
  readonly description: string;
  /** The operation: `/PP_SEND_MESSAGE`. */
  readonly uri: string;
  /** HTTP status, which is 200 for most refusals. */
  readonly status: number;
  /** The whole answer: with error 25 of `PP_CREATE_DEVICE` it tells which device there is already. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** For questions to whoever runs the server. */
  readonly requestId: string | undefined;

  constructor(answer: Readonly<Record<string, unknown>>, uri: string, { status, headers }: Response) {
    const { error_code: code = '-1', error_string: description = `the answer is ${status} without PPMessage's JSON` } =
      answer;
    super(`${uri} is refused with error ${code}: ${description}`);
    this.code = String(code);
    this.description = String(description);
    this.uri = uri;
    this.status = status;
    this.answer = answer;
    this.requestId = headers.get('X-Request-Id') ?? undefined;
  }
}

/**
 * Makes a client of the PPMessage API. What it calls by name throws when it is refused; `POST` and `GET` are
 * openapi-fetch's own and do not.
 *
 * @example
 * const client = createPpmessageClient({ baseUrl: 'http://127.0.0.1:3000/ppmessage', apiKey, apiSecret });
 * await client.exchangeCode({ code, redirectUri });
 * const { list } = await client.call('PP_GET_APP_SERVICE_USER_LIST', {});
 */
export function createPpmessageClient(options: PpmessageClientOptions = {}): PpmessageClient {
  const { apiKey = '', apiSecret = '', baseUrl = usualUrl() } = options;
  const base = absolute(baseUrl);
  let token: PpmessageToken | undefined;
  let accessToken: string | undefined;

  // Called as a function of its own: browsers refuse to call their `fetch` as anybody's method.
  const fetch: typeof globalThis.fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);

  function setToken(next: PpmessageToken | string | undefined): void {
    token = typeof next === 'object' ? next : undefined;
    accessToken = typeof next === 'object' ? next.access_token : next;
  }
  setToken(options.token);

  /** The token goes to the API's operations and to nowhere else. */
  function send(request: Request): Promise<Response> {
    const isOperation =
      request.url.startsWith(`${base}/api/`) || /^\/events(\?|$)/.test(request.url.slice(base.length));
    if (accessToken !== undefined && isOperation) request.headers.set('Authorization', `OAuth ${accessToken}`);
    return fetch(request);
  }

  const post = (path: string, body: object) =>
    send(
      new Request(`${base}${path}`, {
        method: 'POST',
        // A redirect would take the credentials along to wherever it points.
        redirect: 'error',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify(body),
      }),
    );

  async function exchangeCode({ code, redirectUri }: { code: string; redirectUri: string }): Promise<PpmessageToken> {
    const response = await post('/ppauth/token', {
      grant_type: 'authorization_code',
      code,
      client_id: apiKey,
      client_secret: apiSecret,
      redirect_uri: redirectUri,
    } satisfies Schemas['TokenRequest']);
    const answer = parseObject(await response.text());
    if (!response.ok || typeof answer?.access_token !== 'string') {
      const error = (response.ok ? undefined : answer?.error) ?? 'invalid_response';
      const description = answer?.error_description ?? `The answer is ${response.status} without OAuth's JSON`;
      throw new OAuthError(error as OAuthErrorCode, String(description), response.status, retryAfter(response));
    }
    setToken(answer as PpmessageToken);
    return answer as PpmessageToken;
  }

  return {
    ...createClient<paths>({ baseUrl: base, fetch: send }),

    get token() {
      return token;
    },

    setToken,
    exchangeCode,

    async call(name, body) {
      const response = await post(`/api/${name}`, { ...(token && { app_uuid: token.app_uuid }), ...body });
      const answer = parseObject(await response.text()) ?? {};
      if (response.ok && answer.error_code === '0') return answer as PpmessageResult<typeof name>;
      throw new PpmessageError(answer, `/${name}`, response);
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
      const stream = readEvents(
        ({ lastEventId, signal }) => {
          const from = lastEventId === undefined ? undefined : { 'Last-Event-ID': lastEventId };
          const headers = { Accept: 'text/event-stream', ...from };
          return send(new Request(address, { headers, cache: 'no-store', redirect: 'error', signal }));
        },
        async (response) => new PpmessageError(parseObject(await response.text()) ?? {}, '/events', response),
        resume,
      );
      for await (const { id = '', event, data } of stream) {
        // What only says where the stream begins, or came with a later version, is no message.
        if (event === 'message') yield { id, event, data: JSON.parse(data) as PpmessageEvent['data'] };
      }
    },
  };
}

const usualUrl = () => (globalThis.location ? '/ppmessage' : 'http://127.0.0.1:3000/ppmessage');
