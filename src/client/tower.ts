import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from '../../generated/tower.ts';
import { type Answer, readAnswer, requireJson } from './answers.ts';
import type { StreamOptions } from './events.ts';
import { freeFetch } from './fetch.ts';
import {
  type AuthorizationFlow,
  type AuthorizationRequest,
  absolute,
  createAuthorization,
  type Fields,
  formOf,
  OAuthError,
  type OAuthErrorCode,
  readCallback,
  retryAfter,
} from './oauth.ts';
import { bearer, createTokenSession, memoryStore, type StartingTokens } from './tokens.ts';
import { readPages, type TowerListOptions, type TowerListPath, type TowerPage } from './tower-lists.ts';
import type { TowerUploadOptions } from './tower-uploads.ts';

export { type Resolved, resolve } from './json-api.ts';
export type { TowerListOptions, TowerListPath, TowerPage } from './tower-lists.ts';
export type { TowerUploadOptions } from './tower-uploads.ts';

type Schemas = components['schemas'];

/** The response of the token endpoint, and when the token expires. */
export type IssuedTokens = Schemas['Token'] & {
  /** Milliseconds since 1970 by the clock of this machine, which may differ from the server's. */
  expires_at: number;
};

/**
 * Tokens in a store. An access token is enough. Without a refresh token it is used until the server rejects it; without
 * `expires_at` its expiry is that of `created_at` and `expires_in`.
 */
export type Tokens = Pick<IssuedTokens, 'access_token'> & Partial<IssuedTokens>;

export type TowerClientOptions = StartingTokens<Tokens> & {
  /** Where the API is: `https://api.example.com/tower`. In browsers a path is enough. */
  baseUrl: string;
  clientId: string;
  /** Only on servers: it must stay secret. */
  clientSecret?: string | undefined;
  /** A server of your own that adds the secret (see `createTokenProxy`). Defaults to `{baseUrl}/oauth/token`. */
  tokenEndpoint?: string | undefined;
  /** The expected `iss` of callbacks (RFC 9207), when the server's public address is not `baseUrl`. */
  issuer?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** Called with new tokens, and with `undefined` after a sign-out or a failed refresh. */
  onTokens?: ((tokens: Tokens | undefined) => void) | undefined;
  /** Milliseconds since 1970. Defaults to the clock of this machine. */
  now?: (() => number) | undefined;
};

export interface PasswordGrant {
  username: string;
  password: string;
  /** The code of two-step verification. */
  captcha?: string | undefined;
  scope?: string | undefined;
}

export interface CodeGrant {
  code: string;
  redirectUri: string;
  codeVerifier?: string | undefined;
  /** The code of two-step verification. */
  captcha?: string | undefined;
}

/** An event of a team, or a notification for the caller. `resolve` gives their `data` as nested objects. */
export type TowerEvent = Schemas['StreamedEvent'] | Schemas['StreamedNotification'];

/** The contract's operations as methods of openapi-fetch, lists, the stream and the functions for tokens. */
export interface TowerClient extends Client<paths> {
  /** The tokens that were last read; those of a `store` are read with the first request. */
  readonly tokens: Tokens | undefined;

  /** Uses these tokens from now on. */
  setTokens(tokens: Tokens): Promise<void>;

  /**
   * The password grant. An account with two-step verification gets a code through WeChat: repeat the call with it.
   *
   * @example
   * try {
   *   await client.signInWithPassword({ username, password });
   * } catch (error) {
   *   if (!(error instanceof OAuthError && error.code === 'otp_required')) throw error;
   *   await client.signInWithPassword({ username, password, captcha: prompt('Code?') ?? '' });
   * }
   * @throws OAuthError otp_required, invalid_grant and the others of RFC 6749 §5.2
   */
  signInWithPassword(grant: PasswordGrant): Promise<IssuedTokens>;

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
   * Signs in with the address that the browser came back to, after checking its state, issuer (RFC 9207) and error.
   *
   * @example
   * await client.handleCallback(location.href, JSON.parse(sessionStorage.getItem('flow') ?? '{}'));
   * @throws OAuthError state_mismatch, issuer_mismatch, access_denied, and those of `signInWithCode`
   */
  handleCallback(url: string | URL, flow: AuthorizationFlow & Pick<CodeGrant, 'captcha'>): Promise<IssuedTokens>;

  /**
   * The authorization code grant. After `otp_required` the code is still valid: repeat the call with the captcha.
   *
   * @throws OAuthError invalid_grant, otp_required and the others of RFC 6749 §5.2
   */
  signInWithCode(grant: CodeGrant): Promise<IssuedTokens>;

  /**
   * The pages of a list, one after the other; those of events continue below the last one. `resolve` gives the resources
   * of a page as nested objects.
   *
   * @example
   * const params = { path: { member_id } };
   * for await (const page of client.pages('/api/v1/members/{member_id}/assigned_uncompleted_todos', { params }))
   *   for (const todo of resolve(page)) console.log(todo.content, todo.due_at, todo.creator.nickname);
   * @throws TowerError when a request is rejected
   */
  pages<Path extends TowerListPath>(
    path: Path,
    options: TowerListOptions<Path>,
  ): AsyncGenerator<TowerPage<Path>, void, undefined>;

  /**
   * The events of a team and the caller's notifications from now on, or after `lastEventId`, until the signal aborts or
   * the loop ends. A broken connection is opened again, and nothing is lost or received twice.
   *
   * @example
   * for await (const { event, data } of client.events(team_id, { signal }))
   *   if (event === 'event') console.log(resolve(data).creator.nickname, resolve(data).action);
   * @throws TowerError when the server rejects the request, and what `fetch` throws when the first connection fails
   */
  events(teamId: string, options?: StreamOptions): AsyncGenerator<TowerEvent, void, undefined>;

  /**
   * Uploads a file to a team. Use its guid within a day: as `attfile_guid` of an upload, or among the `attfile_guids` of a
   * todo or topic.
   *
   * @example
   * const attfile_guid = await client.upload(team_id, input.files[0], { onProgress });
   * await client.POST('/api/v1/projects/{project_id}/uploads', { params, body: { attfile_guid } });
   * @returns the guid of the file
   * @throws TowerError when a request is rejected
   */
  upload(teamId: string, file: Blob, options?: TowerUploadOptions): Promise<string>;

  /**
   * Forgets the tokens and revokes them at the server.
   *
   * @returns false when they were not revoked: there were none, the server was not reached, or it requires the secret
   */
  signOut(): Promise<boolean>;
}

/**
 * The answer to a request is not Tower's: it is empty, a page of a proxy, or broken JSON. Also a rejected request where
 * there is no `error` to return.
 */
export class TowerError extends Error {
  override readonly name = 'TowerError';
  /** HTTP status, which can be 200. */
  readonly status: number;
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number | undefined;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;

  /** @param message for developers; the wording may change */
  constructor(message: string, response: Response) {
    super(message);
    this.status = response.status;
    this.retryAfter = retryAfter(response);
    this.requestId = response.headers.get('X-Request-Id') ?? undefined;
  }
}

/**
 * Creates a client of the Tower API. As with openapi-fetch, a rejected request has an `error` and does not throw. Network
 * errors do, an answer that is not Tower's (`TowerError`), and a refresh that fails with another code than
 * `invalid_grant` (`OAuthError`). The code for streams and uploads is loaded with the first of them.
 *
 * @example
 * const client = createTowerClient({ baseUrl: 'http://127.0.0.1:3000/tower', clientId, clientSecret });
 * await client.signInWithPassword({ username, password });
 * const { data, error } = await client.GET('/api/v1/teams/{team_id}/member', { params: { path: { team_id } } });
 * console.log(data?.data.attributes.nickname ?? error);
 */
export function createTowerClient(options: TowerClientOptions): TowerClient {
  const { clientId, clientSecret, tokens, store = memoryStore(tokens), onTokens, now = Date.now } = options;
  const fetch = freeFetch(options.fetch);
  const base = absolute(options.baseUrl);
  const application = { client_id: clientId, client_secret: clientSecret };

  const session = createTokenSession<Tokens>({
    store,
    tokens,
    onTokens,
    fetch,
    now,
    refresh(used, signal) {
      // Without the secret the access token authenticates the refresh.
      const secret = clientSecret === undefined ? {} : application;
      const grant = { grant_type: 'refresh_token', refresh_token: used.refresh_token, ...secret } as const;
      return requestTokens(grant, { headers: { Authorization: bearer(used) }, signal });
    },
    isRejected: (error) => error instanceof OAuthError && error.code === 'invalid_grant',
    isLost: (error) =>
      !(error instanceof OAuthError) ||
      (error.retryAfter === undefined && ((error.status ?? 0) >= 500 || error.code === 'invalid_response')),
    isTokenRejected,
  });

  async function requestTokens(grant: Schemas['TokenRequest'], more: RequestInit = {}): Promise<IssuedTokens> {
    const asked = now();
    const answer = await postForm(fetch, options.tokenEndpoint ?? `${base}/oauth/token`, grant, more);
    if (typeof answer.access_token !== 'string') throw new OAuthError('invalid_response', 'There is no access token');
    const token = answer as Schemas['Token'];
    return { ...token, expires_at: asked + token.expires_in * 1000 };
  }

  async function signIn(grant: Schemas['TokenRequest']): Promise<IssuedTokens> {
    const tokens = await requestTokens({ ...grant, ...application });
    await session.keep(tokens);
    return tokens;
  }

  const signInWithCode = ({ code, redirectUri, codeVerifier, captcha }: CodeGrant) =>
    signIn({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier, captcha });

  // Only the API's operations get the token.
  const send = (request: Request) => (request.url.startsWith(`${base}/api/`) ? session.send(request) : fetch(request));

  const accept = 'application/vnd.api+json, application/json;q=0.9, */*;q=0.8';
  const settings = { baseUrl: base, fetch: send, headers: { Accept: accept } };
  const client = requireJson(createClient<paths>(settings), toTowerError);
  return {
    ...client,

    pages: (path, options) => readPages(client, toRejection, path, options),

    async *events(teamId, resume) {
      const address = `${base}/api/v1/teams/${encodeURIComponent(teamId)}/stream`;
      const { readEvents } = await import('./events.ts');
      const stream = readEvents(
        ({ lastEventId, signal }) => {
          const from = lastEventId === undefined ? undefined : { 'Last-Event-ID': lastEventId };
          const headers = { Accept: 'text/event-stream', ...from };
          return session.send(new Request(address, { headers, cache: 'no-store', redirect: 'error', signal }));
        },
        async (response) => {
          const { body, problem } = await readAnswer(response);
          return body === undefined ? toTowerError({ problem: problem ?? '', response }) : toRejection(body, response);
        },
        resume,
      );
      for await (const { id = '', event, data } of stream) {
        // Other events mark the beginning of the stream, or belong to later versions.
        if (event === 'event' || event === 'notification') yield { id, event, data: JSON.parse(data) } as TowerEvent;
      }
    },

    async upload(teamId, file, options = {}) {
      const { uploadFile } = await import('./tower-uploads.ts');
      return uploadFile({ client, fetch, toRejection, toTowerError }, teamId, file, options);
    },

    get tokens() {
      return session.tokens;
    },

    setTokens: session.keep,
    signInWithPassword: (grant) => signIn({ grant_type: 'password', ...grant }),
    signInWithCode,
    authorizationUrl: (request) => createAuthorization(`${base}/oauth/authorize`, clientId, request),

    async handleCallback(url, { state, ...flow }) {
      return signInWithCode({ code: readCallback(url, state, options.issuer ?? base), ...flow });
    },

    async signOut() {
      const tokens = await session.forget();
      if (tokens === undefined) return false;
      const token = tokens.refresh_token ?? tokens.access_token; // revoking one revokes both
      const revocation: Schemas['TokenRevocation'] = { token, ...application };
      return postForm(fetch, `${base}/oauth/revoke`, revocation).then(
        () => true,
        () => false,
      );
    },
  };
}

/** @param error the document of errors */
function toRejection(error: unknown, response: Response): TowerError {
  const [first] = (error as Partial<Schemas['ErrorDocument']> | undefined)?.errors ?? [];
  return new TowerError(first?.detail ?? `The answer has status ${response.status}`, response);
}

const toTowerError = ({ problem, response }: Pick<Answer, 'problem' | 'response'>) => new TowerError(problem, response);

/** Without a `WWW-Authenticate` header, which CORS can hide, every 401 means that the token is invalid. */
function isTokenRejected({ status, headers }: Response): boolean {
  return status === 401 && /error="?invalid_token\b|^$/.test(headers.get('WWW-Authenticate') ?? '');
}

/** @throws OAuthError when the response is an error or not JSON */
async function postForm(fetch: typeof globalThis.fetch, url: string, fields: Fields, more: RequestInit = {}) {
  const headers = { Accept: 'application/json', ...more.headers };
  // A redirect would send the credentials to another address.
  const response = await fetch(url, { ...more, method: 'POST', redirect: 'error', headers, body: formOf(fields) });
  const { ok, status } = response;
  const { body: answer, problem } = await readAnswer(response);
  if (ok && answer) return answer;
  const code = (ok ? undefined : answer?.error) ?? 'invalid_response';
  const description = answer?.error_description ?? problem ?? `The answer has status ${status} and no error`;
  throw new OAuthError(code as OAuthErrorCode, String(description), status, retryAfter(response));
}
