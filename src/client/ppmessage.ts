import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from '../../generated/ppmessage.ts';
import { readEvents, type StreamOptions } from './events.ts';

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

/** The token endpoint's answer: the token, whose it is, and of which app. */
export type PpmessageToken = Schemas['Token'];

/** One event of the stream. */
export type PpmessageEvent = Schemas['MessageEvent'];

export interface PpmessageClientOptions {
  /** Where the API is: `https://api.example.com/ppmessage`. In browsers a path will do. */
  baseUrl: string;
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
   * Signs in with the address to which the person came back. Needs the secret. Checks the state first.
   *
   * @throws PpmessageError `oauthError` is `state_mismatch`, or what `exchangeCode` is refused with
   */
  handleCallback(url: string | URL, flow: PpmessageFlow): Promise<PpmessageToken>;

  /**
   * Exchanges a code for a token and uses it from now on.
   *
   * @throws PpmessageError `oauthError` is `invalid_grant`, `invalid_client` …
   */
  exchangeCode(grant: { code: string; redirectUri: string }): Promise<PpmessageToken>;

  /**
   * Messages as they come, across breaks of the connection: nothing that came in between is lost. Having seen a message
   * is not to acknowledge it: send `data.pid` with `ACK_MESSAGE`.
   *
   * @example
   * for await (const { data } of client.events({ signal })) {
   *   console.log(data.from_user?.user_fullname, data.bo);
   *   await client.call('ACK_MESSAGE', { list: [data.pid] });
   * }
   * @throws PpmessageError when the stream is refused
   */
  events(options?: PpmessageEventOptions): AsyncGenerator<PpmessageEvent, void, undefined>;
}

interface RefusalBody {
  error_code: string;
  error_string: string;
  uri: string;
  /** RFC 6749 §5.2, from the token endpoint. */
  error?: string;
}

/** A refused call or sign-in. */
export class PpmessageError extends Error {
  override readonly name = 'PpmessageError';
  /** The error number, as text: `"6"`; `"-1"` when there is none for it. The contract lists what each means. */
  readonly code: string;
  /** For developers; its words may change. */
  readonly description: string;
  /** The operation: `/PP_SEND_MESSAGE`. */
  readonly uri: string;
  /** HTTP status; refused operations are 200. */
  readonly status: number;
  /** Of a sign-in: `invalid_grant`, `invalid_client` … */
  readonly oauthError: string | undefined;
  /** The whole answer: `PP_CREATE_DEVICE` tells with error 25 which device there is already. */
  readonly answer: Readonly<Record<string, unknown>>;

  constructor(body: RefusalBody, status: number) {
    const { error_code, error_string, uri, error } = body;
    super(`${uri}: ${error ?? `error ${error_code}`}: ${error_string}`);
    this.code = error_code;
    this.description = error_string;
    this.uri = uri;
    this.status = status;
    this.oauthError = error;
    this.answer = { ...body };
  }
}

/**
 * Makes a client of the PPMessage API.
 *
 * @example
 * const client = createPpmessageClient({ baseUrl: 'http://127.0.0.1:3000/ppmessage', apiKey, apiSecret });
 * await client.exchangeCode({ code, redirectUri });
 * const { list } = await client.call('PP_GET_APP_SERVICE_USER_LIST', {});
 */
export function createPpmessageClient(options: PpmessageClientOptions): PpmessageClient {
  const { apiKey = '', apiSecret = '' } = options;
  // Called as a function of its own: browsers refuse to call their `fetch` as anybody's method.
  const fetch: typeof globalThis.fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const base = new URL(options.baseUrl, globalThis.location?.href).href.replace(/\/+$/, '');
  let token: PpmessageToken | undefined;
  let accessToken: string | undefined;

  function setToken(next: PpmessageToken | string | undefined): void {
    token = typeof next === 'object' ? next : undefined;
    accessToken = typeof next === 'object' ? next.access_token : next;
  }
  setToken(options.token);

  const authorization = (): Record<string, string> =>
    accessToken === undefined ? {} : { Authorization: `OAuth ${accessToken}` };

  const raw = createClient<paths>({ baseUrl: base, fetch });
  raw.use({
    onRequest({ request, schemaPath }) {
      // The token goes to what wants it and nowhere else.
      if (accessToken !== undefined && !schemaPath.startsWith('/ppauth/'))
        request.headers.set('Authorization', `OAuth ${accessToken}`);
      return request;
    },
  });

  async function post(path: string, body: object, headers: Record<string, string> = {}): Promise<object> {
    // A redirect would take the credentials along to wherever it points.
    const response = await fetch(`${base}${path}`, {
      method: 'POST',
      redirect: 'error',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const answer = await answerOf(response, path);
    if (response.ok && (answer.error_code === '0' || typeof answer.access_token === 'string')) return answer;
    throw toError(answer, path, response.status);
  }

  async function exchangeCode({ code, redirectUri }: { code: string; redirectUri: string }): Promise<PpmessageToken> {
    const grant = {
      grant_type: 'authorization_code',
      code,
      client_id: apiKey,
      client_secret: apiSecret,
      redirect_uri: redirectUri,
    } satisfies Schemas['TokenRequest'];
    const issued = (await post('/ppauth/token', grant)) as PpmessageToken;
    setToken(issued);
    return issued;
  }

  return {
    ...raw,

    get token() {
      return token;
    },

    setToken,
    exchangeCode,

    async call(name, body) {
      const app = token && { app_uuid: token.app_uuid };
      return (await post(`/api/${name}`, { ...app, ...body }, authorization())) as PpmessageResult<typeof name>;
    },

    authorizationUrl({ redirectUri, state = randomText() }) {
      const query = new URLSearchParams({
        client_id: apiKey,
        redirect_uri: redirectUri,
        response_type: 'code',
        state,
      });
      return { url: `${base}/ppauth/auth?${query}`, redirectUri, state };
    },

    async handleCallback(url, { redirectUri, state }) {
      const answer = new URL(url, base).searchParams;
      const failed = (error: string, description: string) =>
        new PpmessageError({ error, error_code: '-1', error_string: description, uri: '/ppauth/auth' }, 0);
      // State first: what answers somebody else's request is not to be believed in anything.
      if (state === '' || answer.get('state') !== state) throw failed('state_mismatch', 'This answers another request');
      const error = answer.get('error');
      if (error !== null) throw failed(error, answer.get('error_description') ?? 'The authorization was refused');
      const code = answer.get('code');
      if (code === null) throw failed('invalid_response', 'The answer has neither a code nor an error');
      return exchangeCode({ code, redirectUri });
    },

    async *events({ userUuid, deviceUuid, ...stream } = {}) {
      const query = new URLSearchParams({
        ...(userUuid !== undefined && { user_uuid: userUuid }),
        ...(deviceUuid !== undefined && { device_uuid: deviceUuid }),
      });
      const address = `${base}/events${query.size > 0 ? `?${query}` : ''}`;
      const events = readEvents(
        ({ lastEventId, signal }) =>
          fetch(address, {
            signal,
            redirect: 'error',
            headers: {
              Accept: 'text/event-stream',
              ...authorization(),
              ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
            },
          }),
        async (response) => toError(await answerOf(response, '/events'), '/events', response.status),
        stream,
      );
      for await (const { id = '', event, data } of events) {
        // What later versions may send beside messages is not for this one.
        if (event === 'message') yield { id, event, data: JSON.parse(data) as PpmessageEvent['data'] };
      }
    },
  };
}

/** The object that an answer holds; empty when it is something else, a gateway's page for example. */
async function answerOf(response: Response, path: string): Promise<Partial<RefusalBody> & Record<string, unknown>> {
  const text = await response.text();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Told by its caller, with the status.
  }
  return { error_string: `The answer to ${path} is ${response.status} without PPMessage's JSON` };
}

function toError(answer: Partial<RefusalBody>, path: string, status: number): PpmessageError {
  const uri = path.replace(/^\/api/, '');
  const { error_code = '-1', error_string = `The answer to ${path} is not PPMessage's` } = answer;
  return new PpmessageError({ uri, ...answer, error_code: String(error_code), error_string }, status);
}

/** 256 random bits, as `state` should have. */
const randomText = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
