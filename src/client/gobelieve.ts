import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from '../../generated/gobelieve.ts';
import { type Answer, readAnswer, requireJson } from './answers.ts';
import type { StreamOptions } from './events.ts';
import { freeFetch } from './fetch.ts';
import { type ConnectOptions, connectSocket, type GobelieveConnection } from './im/connection.ts';
import { absolute, retryAfter } from './oauth.ts';

/**
 * The typed clients of the GoBelieve API: one for the server of an app, and one for the devices of its users, which runs
 * in browsers and in Node.
 */

type Schemas = components['schemas'];

/**
 * An event of the stream: `event` is its type, and the stream can resume after its `id`. Each connection begins with a
 * `connected` event.
 */
export type GobelieveEvent = Schemas['Event'];

interface Options {
  /**
   * Where the API is: `https://api.example.com/gobelieve`. Defaults to `/gobelieve` at the page's own host in browsers,
   * and to the sandbox on this machine elsewhere.
   */
  baseUrl?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

export interface GobelieveServerClientOptions extends Options {
  appid: number;
  appsecret: string;
}

export interface GobelieveClientOptions extends Options {
  /** From `POST /auth/grant`, which the app's server calls, or from `POST /auth/customer`. */
  token: string;
}

export interface EventOptions extends StreamOptions {
  /** Chat rooms to be in while the stream is read, 32 at most. */
  rooms?: readonly number[] | undefined;
}

/** The contract's operations in the style of openapi-fetch. */
export type GobelieveServerClient = Client<paths>;

export interface GobelieveClient extends Client<paths> {
  /**
   * Events from now on, or after `lastEventId`, until the signal aborts or the loop ends. A broken connection is opened
   * again. No stored event is lost or received twice; notifications and room messages are not stored, and are lost while
   * the connection is broken.
   *
   * @example
   * for await (const { event, data } of client.events({ rooms: [900], signal })) {
   *   if (event === 'peer_message') console.log(`${data.sender}: ${data.content}`);
   * }
   * @throws GobelieveError when the server rejects the request, and what `fetch` throws when the first connection fails
   */
  events(options?: EventOptions): AsyncGenerator<GobelieveEvent, void, undefined>;
  /**
   * Connects to the socket, which also sends. A broken connection is opened again, and what was not acknowledged is sent
   * again; the server stores it once. A loop over the connection throws a `LoginError` when the token is not accepted.
   *
   * @example
   * const connection = client.connect({ uid: 10001 });
   * await connection.sendPeer(10002, '你好');
   * for await (const { event, data } of connection) {
   *   if (event === 'peer_message') console.log(`${data.sender}: ${data.content}`);
   * }
   * @throws Error when there is no WebSocket
   */
  connect(options: ConnectOptions): GobelieveConnection;
}

/** A request was rejected. The message is `meta.message` of the envelope. */
export class GobelieveError extends Error {
  override readonly name = 'GobelieveError';
  /** `meta.code`, which is the HTTP status. */
  readonly code: number;
  /** HTTP status. It can be 200 when the answer is not GoBelieve's. */
  readonly status: number;
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number | undefined;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;

  constructor(message: string, code: number, response: Response) {
    super(message);
    this.code = code;
    this.status = response.status;
    this.retryAfter = retryAfter(response);
    this.requestId = response.headers.get('X-Request-Id') ?? undefined;
  }
}

/** `data` of an envelope; a body without an envelope as it is. */
type DataOf<Body> = Body extends { meta: unknown; data: infer Data } ? Data : Body;

/**
 * Waits for a response and takes `data` out of its envelope.
 *
 * @example
 * const { token } = await unwrap(server.POST('/auth/grant', { body: { uid: 10001 } }));
 * @throws GobelieveError when the request was rejected
 */
export async function unwrap<Body>(
  answer: Promise<{ data?: Body; error?: unknown; response: Response }>,
): Promise<DataOf<Exclude<Body, undefined>>> {
  const { data, error, response } = await answer;
  if (!response.ok || error !== undefined) throw errorIn(error, response);
  return (isEnvelope(data) ? data.data : data) as DataOf<Exclude<Body, undefined>>;
}

/**
 * Creates the client for an app's server, which can act for all users of the app. It needs Node: in a browser every user
 * could read the secret.
 *
 * @example
 * const server = createGobelieveServerClient({ appid: 1, appsecret: 'gobelieve-demo-secret' });
 * const { token } = await unwrap(server.POST('/auth/grant', { body: { uid: 10001, user_name: '王小明' } }));
 * @throws Error in a browser
 */
export function createGobelieveServerClient({
  appid,
  appsecret,
  ...options
}: GobelieveServerClientOptions): GobelieveServerClient {
  return create(`Basic ${btoa(`${appid}:${md5(appsecret)}`)}`, options).client;
}

/**
 * Creates the client for a user's device. As with openapi-fetch, a rejected request has an `error` and does not throw,
 * unless it is unwrapped or the answer is not GoBelieve's.
 *
 * @example
 * const client = createGobelieveClient({ token });
 * for (const { sender, content } of await unwrap(client.GET('/messages'))) console.log(sender, content);
 */
export function createGobelieveClient({ token, ...options }: GobelieveClientOptions): GobelieveClient {
  const authorization = `Bearer ${token}`;
  const { client, base, fetch } = create(authorization, options);
  return {
    ...client,
    async *events({ rooms = [], ...resume } = {}) {
      const query = new URLSearchParams(rooms.map((room) => ['room', String(room)]));
      const address = `${base}/client/events${rooms.length > 0 ? `?${query}` : ''}`;
      const { readEvents } = await import('./events.ts');
      const stream = readEvents(
        ({ lastEventId, signal }) => {
          const headers = { Authorization: authorization, Accept: 'text/event-stream' };
          const from = lastEventId === undefined ? undefined : { 'Last-Event-ID': lastEventId };
          return fetch(address, { headers: { ...headers, ...from }, cache: 'no-store', signal });
        },
        async (response) => {
          const { body, problem } = await readAnswer(response);
          return errorIn(body, response, problem);
        },
        resume,
      );
      for await (const { id, event, data } of stream) {
        yield { ...(id !== undefined && { id }), event, data: JSON.parse(data) } as GobelieveEvent;
      }
    },
    connect: (given) => connectSocket(`${base.replace(/^http/, 'ws')}/ws`, token, given),
  };
}

function create(authorization: string, { baseUrl = usualUrl(), ...options }: Options) {
  const fetch = freeFetch(options.fetch);
  const base = absolute(baseUrl);
  const headers = { Authorization: authorization, Accept: 'application/json, */*;q=0.8' };
  const client = createClient<paths>({ baseUrl: base, fetch, headers, bodySerializer: serialize });
  const toError = ({ body, response, problem }: Answer) => errorIn(body, response, problem);
  return { base, fetch, client: requireJson(client, toError) };
}

const usualUrl = () => (globalThis.location ? '/gobelieve' : 'http://127.0.0.1:3000/gobelieve');

/** A file as it is, an object with files as a form, everything else as JSON. */
function serialize(body: unknown): BodyInit {
  if (body instanceof Blob || body instanceof FormData) return body;
  const fields = Object.entries(body ?? {}) as [string, string | Blob][];
  if (!fields.some(([, value]) => value instanceof Blob)) return JSON.stringify(body);
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
}

const isEnvelope = (body: unknown): body is { meta: { code: number; message: string }; data: unknown } =>
  typeof body === 'object' && body !== null && 'meta' in body && typeof body.meta === 'object';

/** @param problem the message when the body has no envelope */
function errorIn(
  body: unknown,
  response: Response,
  problem = `The answer has status ${response.status} and no meta`,
): GobelieveError {
  if (isEnvelope(body)) return new GobelieveError(body.meta.message, body.meta.code, response);
  return new GobelieveError(problem, response.status, response);
}

/** Lower-case hex. WebCrypto has no MD5, so this fails where the secret must not be. */
function md5(text: string): string {
  const crypto = globalThis.process?.getBuiltinModule?.('node:crypto');
  if (crypto === undefined || 'document' in globalThis) {
    throw new Error('The server client is for Node only: in a browser every user could read the secret of the app');
  }
  return crypto.createHash('md5').update(text).digest('hex');
}
