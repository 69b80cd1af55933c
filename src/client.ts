import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from '../generated/tower.ts';

/**
 * The typed client of the Tower API, for browsers and Node alike. It signs in, keeps the tokens, sends them with every
 * API operation and refreshes them. This file needs nothing but openapi-fetch, so that bundles stay small.
 */

type Schemas = components['schemas'];

/** What the token endpoint answers, and when it ends. */
export type IssuedTokens = Schemas['Token'] & {
  /** Milliseconds since 1970 by the clock of this machine, which may differ from the server's. */
  expires_at: number;
};

/**
 * Tokens as they are kept. An access token is enough; without a refresh token it is used until the server refuses it,
 * and without `expires_at` the server's `created_at` and `expires_in` tell when it ends.
 */
export type Tokens = Pick<IssuedTokens, 'access_token'> & Partial<IssuedTokens>;

/** Where tokens are kept. It is asked before each request, so several clients may share one. */
export interface TokenStore {
  load(): Tokens | undefined | Promise<Tokens | undefined>;
  save(tokens: Tokens): void | Promise<void>;
  clear(): void | Promise<void>;
}

/** Tokens to start with, kept in memory; or a store, which brings its own. */
type StartingTokens =
  | { tokens?: Tokens | undefined; store?: undefined }
  | { store?: TokenStore | undefined; tokens?: undefined };

export type TowerClientOptions = StartingTokens & {
  /** Where the API is: `https://api.example.com/tower`. In browsers a path will do. */
  baseUrl: string;
  clientId: string;
  /** Only on servers: whoever can read it can pretend to be the application. */
  clientSecret?: string | undefined;
  /** A server of your own that adds the secret (see `createTokenProxy`). Defaults to `{baseUrl}/oauth/token`. */
  tokenEndpoint?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** Called with new tokens, and with `undefined` when they are gone: signed out, or a refresh was refused. */
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

/** What has to be kept while the person is at the authorization page, in `sessionStorage` for example. */
export interface AuthorizationFlow {
  redirectUri: string;
  state: string;
  codeVerifier: string;
}

/** The contract's operations in the style of openapi-fetch, and everything about tokens. */
export interface TowerClient extends Client<paths> {
  /** The tokens as they were last seen; those of a `store` are seen with the first request. */
  readonly tokens: Tokens | undefined;

  /** Uses tokens that came from elsewhere. */
  setTokens(tokens: Tokens): Promise<void>;

  /**
   * The password grant of seed 000. Accounts with two-step verification get a code through WeChat and have to sign in
   * again with it.
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
   * Where to send the person (seed 001), with PKCE, and with a fresh `state` unless one is given. Needs WebCrypto,
   * which browsers have on https and localhost only.
   *
   * @example
   * const { url, ...flow } = await client.authorizationUrl({ redirectUri: 'https://app.example/callback' });
   * sessionStorage.setItem('flow', JSON.stringify(flow));
   * location.assign(url);
   */
  authorizationUrl(request: {
    redirectUri: string;
    scope?: string | undefined;
    state?: string | undefined;
  }): Promise<AuthorizationFlow & { url: string }>;

  /**
   * Signs in with the address to which the person came back. Checks the state, the issuer (RFC 9207) and errors first.
   *
   * @example
   * await client.handleCallback(location.href, JSON.parse(sessionStorage.getItem('flow') ?? '{}'));
   * @throws OAuthError state_mismatch, issuer_mismatch, access_denied, and those of `signInWithCode`
   */
  handleCallback(url: string | URL, flow: AuthorizationFlow & Pick<CodeGrant, 'captcha'>): Promise<IssuedTokens>;

  /**
   * The code grant of seed 001. A code that was answered with `otp_required` is still good: repeat it with the captcha.
   *
   * @throws OAuthError invalid_grant, otp_required and the others of RFC 6749 §5.2
   */
  signInWithCode(grant: CodeGrant): Promise<IssuedTokens>;

  /**
   * Forgets the tokens and has the server revoke them.
   *
   * @returns false when they were not revoked: there were none, or the server could not be reached or wants the secret
   */
  signOut(): Promise<boolean>;
}

/** The codes of the contract, of the authorization page (RFC 6749 §4.1.2.1), and of what the client itself found. */
export type OAuthErrorCode =
  | Schemas['OAuthError']['error']
  | 'access_denied'
  | 'unsupported_response_type'
  | 'state_mismatch'
  | 'issuer_mismatch'
  | 'invalid_response';

/** A sign-in or a refresh that was refused. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;
  /** For developers; its words may change. */
  readonly description: string;
  /** HTTP status, unless the error came with the callback or was found here. */
  readonly status: number | undefined;
  /** Seconds to wait before the next try. */
  readonly retryAfter: number | undefined;

  constructor(code: OAuthErrorCode, description: string, status?: number, retryAfter?: number) {
    super(`${code}: ${description}`);
    this.code = code;
    this.description = description;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * Makes a client of the Tower API. A refused request is no exception: the answer is in `error`, as with openapi-fetch.
 * Exceptions are network errors, and an `OAuthError` when a refresh fails for another reason than `invalid_grant`.
 *
 * @example
 * const client = createTowerClient({ baseUrl: 'http://127.0.0.1:3000/tower', clientId, clientSecret });
 * await client.signInWithPassword({ username, password });
 * const { data, error } = await client.GET('/api/v1/teams/{team_id}/member', { params: { path: { team_id } } });
 * console.log(data?.data.attributes.nickname ?? error);
 */
export function createTowerClient(options: TowerClientOptions): TowerClient {
  const { clientId, clientSecret, store = memoryStore(options.tokens), onTokens, now = Date.now } = options;
  // Called as a function of its own: browsers refuse to call their `fetch` as anybody's method.
  const fetch: typeof globalThis.fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const base = new URL(options.baseUrl, globalThis.location?.href).href.replace(/\/+$/, '');
  const application = { client_id: clientId, client_secret: clientSecret };
  let known = options.tokens;
  let renewal: Promise<Tokens | undefined> | undefined;

  const load = async () => {
    known = await store.load();
    return known;
  };

  async function keep(tokens: Tokens | undefined): Promise<void> {
    known = tokens;
    await (tokens ? store.save(tokens) : store.clear());
    onTokens?.(tokens);
  }

  async function requestTokens(grant: Schemas['TokenRequest'], more: RequestInit = {}): Promise<IssuedTokens> {
    const asked = now();
    const answer = await postForm(fetch, options.tokenEndpoint ?? `${base}/oauth/token`, grant, more);
    if (typeof answer.access_token !== 'string') throw new OAuthError('invalid_response', 'There is no access token');
    const token = answer as Schemas['Token'];
    return { ...token, expires_at: asked + token.expires_in * 1000 };
  }

  async function signIn(grant: Schemas['TokenRequest']): Promise<IssuedTokens> {
    const tokens = await requestTokens({ ...grant, ...application });
    await keep(tokens);
    return tokens;
  }

  const signInWithCode = ({ code, redirectUri, codeVerifier, captcha }: CodeGrant) =>
    signIn({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier, captcha });

  /** New tokens for those that were used, one refresh for all who ask; `undefined` when there are none to be had. */
  function renew(used: Tokens): Promise<Tokens | undefined> {
    renewal ??= inTurn(used, () => refresh(used)).finally(() => {
      renewal = undefined;
    });
    return renewal;
  }

  async function refresh(used: Tokens): Promise<Tokens | undefined> {
    const isCurrent = async () => (await load())?.access_token === used.access_token;
    // A refresh token works once. If somebody else has used it in the meantime, the new tokens are here already.
    if (!(await isCurrent())) return known;
    if (used.refresh_token === undefined) return undefined;
    // Without the secret the access token alone proves whose refresh this is (seed 000).
    const proof = clientSecret === undefined ? {} : application;
    const grant = { grant_type: 'refresh_token', refresh_token: used.refresh_token, ...proof } as const;
    const attempt = () =>
      requestTokens(grant, { headers: { Authorization: bearer(used) }, signal: AbortSignal.timeout(refreshTimeout) });
    try {
      const tokens = await attempt().catch((error) => (isLost(error) ? attempt() : Promise.reject(error)));
      // Who signed in or out while this was under way has the last word.
      if (await isCurrent()) await keep(tokens);
    } catch (error) {
      if (!(error instanceof OAuthError && error.code === 'invalid_grant')) throw error;
      if (await isCurrent()) await keep(undefined);
    }
    return known;
  }

  /** The tokens to send. When a refresh ahead of time fails, the server has to say whether the old ones still do. */
  async function freshTokens(): Promise<Tokens | undefined> {
    const tokens = await load();
    if (tokens?.refresh_token === undefined || now() < refreshTime(tokens)) return tokens;
    return (await renew(tokens).catch(() => undefined)) ?? tokens;
  }

  async function send(request: Request): Promise<Response> {
    // The token goes to the API's operations and nowhere else.
    if (!request.url.startsWith(`${base}/api/`)) return fetch(request);
    const tokens = await freshTokens();
    if (tokens === undefined) return fetch(request);
    const again = request.clone(); // sending uses the body up
    request.headers.set('Authorization', bearer(tokens));
    const response = await fetch(request);
    const renewed = isTokenRefused(response) ? await renew(tokens) : undefined;
    if (renewed === undefined) return response;
    await response.body?.cancel();
    again.headers.set('Authorization', bearer(renewed));
    return fetch(again);
  }

  const accept = 'application/vnd.api+json, application/json;q=0.9, */*;q=0.8';
  return {
    ...createClient<paths>({ baseUrl: base, fetch: send, headers: { Accept: accept } }),

    get tokens() {
      return known;
    },

    setTokens: keep,
    signInWithPassword: (grant) => signIn({ grant_type: 'password', ...grant }),
    signInWithCode,

    async authorizationUrl({ redirectUri, scope, state = randomText() }) {
      const codeVerifier = randomText();
      const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier));
      const query = formOf({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        state,
        code_challenge: base64url(new Uint8Array(challenge)),
        code_challenge_method: 'S256',
      });
      return { url: `${base}/oauth/authorize?${query}`, redirectUri, state, codeVerifier };
    },

    async handleCallback(url, { state, ...flow }) {
      const answer = new URL(url, base).searchParams;
      // State first: what answers somebody else's request is not to be believed in anything.
      const isOurs = Boolean(state) && answer.get('state') === state;
      if (!isOurs) throw new OAuthError('state_mismatch', 'This answers another request');
      const issuer = answer.get('iss') ?? base;
      if (issuer !== base) throw new OAuthError('issuer_mismatch', `The answer is from ${issuer}`);
      const error = answer.get('error');
      if (error !== null) throw new OAuthError(error as OAuthErrorCode, answer.get('error_description') ?? '');
      const code = answer.get('code');
      if (code === null) throw new OAuthError('invalid_response', 'The answer has neither a code nor an error');
      return signInWithCode({ code, ...flow });
    },

    async signOut() {
      await renewal?.catch(() => undefined); // or what it brings would outlive the sign-out
      const tokens = await load();
      await keep(undefined);
      if (tokens === undefined) return false;
      const token = tokens.refresh_token ?? tokens.access_token; // with either of them both end
      const revocation: Schemas['TokenRevocation'] = { token, ...application };
      return postForm(fetch, `${base}/oauth/revoke`, revocation).then(
        () => true,
        () => false,
      );
    },
  };
}

/** Keeps tokens as long as the page or the process lives. */
export function memoryStore(tokens?: Tokens): TokenStore {
  return {
    load: () => tokens,
    save(saved) {
      tokens = saved;
    },
    clear() {
      tokens = undefined;
    },
  };
}

// The server answers the same refresh again within 10 s; giving up a little earlier leaves time for that second try.
const refreshTimeout = 8000;

/** When to refresh: 30 s ahead, less for tokens that live so short that they would never be used. */
function refreshTime({ created_at = Infinity, expires_in = Infinity, expires_at }: Tokens): number {
  return (expires_at ?? (created_at + expires_in) * 1000) - Math.min(30, expires_in / 2) * 1000;
}

/** Browser tabs that share a store take turns, so that only the first of them sends the refresh token. */
function inTurn<T>({ refresh_token }: Tokens, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined; // neither in Node 20 nor on plain http
  if (!locks || !refresh_token) return work();
  return new Promise((resolve, reject) => {
    const turn = async () => {
      const result = work();
      resolve(result);
      await result.catch(() => undefined);
      // What one tab writes to localStorage reaches the others a little later than the end of its turn would.
      await new Promise((over) => setTimeout(over, 200));
    };
    locks.request(`refresh ${refresh_token}`, turn).catch(reject);
  });
}

/** No answer, or one of a gateway that got none: the tokens may have been made all the same. */
const isLost = (error: unknown) => !(error instanceof OAuthError) || (error.status ?? 0) >= 500;

/** Where the header cannot be read (CORS), a 401 to a request with a token is taken to be about the token. */
function isTokenRefused({ status, headers }: Response): boolean {
  return status === 401 && /error="?invalid_token\b|^$/.test(headers.get('WWW-Authenticate') ?? '');
}

const bearer = ({ access_token }: Tokens) => `Bearer ${access_token}`;

type Fields = Record<string, string | undefined>;

const formOf = (fields: Fields) =>
  new URLSearchParams(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** @throws OAuthError when the answer is an error or no JSON */
async function postForm(fetch: typeof globalThis.fetch, url: string, fields: Fields, more: RequestInit = {}) {
  const headers = { Accept: 'application/json', ...more.headers };
  // A redirect would take the credentials along to wherever it points.
  const response = await fetch(url, { ...more, method: 'POST', redirect: 'error', headers, body: formOf(fields) });
  const { ok, status } = response;
  const answer = parseObject(await response.text());
  if (ok && answer) return answer;
  const code = (ok ? undefined : answer?.error) ?? 'invalid_response';
  const description = answer?.error_description ?? `The answer is ${status} without OAuth's JSON`;
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  throw new OAuthError(code as OAuthErrorCode, String(description), status, seconds >= 0 ? seconds : undefined);
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** 256 random bits, as `state` and `code_verifier` should have. */
const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
