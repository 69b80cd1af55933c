/** Tokens in a store: an access token, its expiry and its refresh token where they are known. */
export interface KeptTokens {
  access_token: string;
  refresh_token?: string | undefined;
  /** In seconds, from `created_at`. */
  expires_in?: number | undefined;
  /** Seconds since 1970 by the server's clock. */
  created_at?: number | undefined;
  /** Milliseconds since 1970 by the clock of this machine, which may differ from the server's. */
  expires_at?: number | undefined;
}

/** Stores tokens. It is read before each request, so several clients can share one. */
export interface TokenStore<Tokens extends KeptTokens = KeptTokens> {
  load(): Tokens | undefined | Promise<Tokens | undefined>;
  save(tokens: Tokens): void | Promise<void>;
  clear(): void | Promise<void>;
}

/** The tokens that a client starts with: given ones, kept in memory, or those of a store. */
export type StartingTokens<Tokens extends KeptTokens> =
  | { tokens?: Tokens | undefined; store?: undefined }
  | { store?: TokenStore<Tokens> | undefined; tokens?: undefined };

/** Keeps tokens in memory. */
export function memoryStore<Tokens extends KeptTokens>(tokens?: Tokens): TokenStore<Tokens> {
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

/** The differences between the APIs. */
export interface TokenSessionOptions<Tokens extends KeptTokens> {
  store: TokenStore<Tokens>;
  /** Tokens that are known before the store is read. */
  tokens: Tokens | undefined;
  onTokens: ((tokens: Tokens | undefined) => void) | undefined;
  fetch: typeof globalThis.fetch;
  now(): number;
  /** Refreshes tokens. */
  refresh(used: Tokens & { refresh_token: string }, signal: AbortSignal): Promise<Tokens>;
  /** Whether a refresh failed because the refresh token is invalid. */
  isRejected(error: unknown): boolean;
  /** Whether a refresh failed without a response, so that the server may have issued new tokens. */
  isLost(error: unknown): boolean;
  /** Whether a response means that the access token is invalid. */
  isTokenRejected(response: Response): boolean;
}

/** The tokens of one user: sent with every request, and refreshed before they expire. */
export interface TokenSession<Tokens extends KeptTokens> {
  /** The tokens that were last read; those of a `store` are read with the first request. */
  readonly tokens: Tokens | undefined;
  load(): Promise<Tokens | undefined>;
  keep(tokens: Tokens | undefined): Promise<void>;
  /**
   * Sends a request with the access token. The token is refreshed before it expires, and again when the server rejects
   * it. Concurrent requests share one refresh.
   *
   * @param via sends the request in place of `fetch`, for example to report the progress of an upload
   */
  send(request: Request, via?: (request: Request) => Promise<Response>): Promise<Response>;
  /** Forgets the tokens, those of a refresh in progress included, and returns them. */
  forget(): Promise<Tokens | undefined>;
}

// The server repeats its response to a refresh for 10 s. A shorter timeout leaves time for a second request.
const REFRESH_TIMEOUT_MS = 8000;

const STORAGE_DELAY_MS = 200;

export function createTokenSession<Tokens extends KeptTokens>(
  options: TokenSessionOptions<Tokens>,
): TokenSession<Tokens> {
  const { store, onTokens, fetch, now } = options;
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

  /** Refreshes the tokens, once for all concurrent requests. Undefined when they cannot be refreshed. */
  function renew(used: Tokens): Promise<Tokens | undefined> {
    renewal ??= inTurn(used, () => refresh(used)).finally(() => {
      renewal = undefined;
    });
    return renewal;
  }

  async function refresh(used: Tokens): Promise<Tokens | undefined> {
    const isCurrent = async () => (await load())?.access_token === used.access_token;
    // A refresh token works once. When another tab or client has used it, the store has the new tokens.
    if (!(await isCurrent())) return known;
    const { refresh_token } = used;
    if (refresh_token === undefined) return undefined;
    const attempt = () => options.refresh({ ...used, refresh_token }, AbortSignal.timeout(REFRESH_TIMEOUT_MS));
    try {
      const tokens = await attempt().catch((error) => (options.isLost(error) ? attempt() : Promise.reject(error)));
      // Do not overwrite a sign-in or sign-out that happened meanwhile.
      if (await isCurrent()) await keep(tokens);
    } catch (error) {
      if (!options.isRejected(error)) throw error;
      if (await isCurrent()) await keep(undefined);
    }
    return known;
  }

  /** The tokens to send. When an early refresh fails, the old ones are sent: they may still be valid. */
  async function freshTokens(): Promise<Tokens | undefined> {
    const tokens = await load();
    if (tokens?.refresh_token === undefined || now() < refreshTime(tokens)) return tokens;
    return (await renew(tokens).catch(() => undefined)) ?? tokens;
  }

  return {
    get tokens() {
      return known;
    },
    load,
    keep,

    async send(request, via = fetch) {
      const tokens = await freshTokens();
      if (tokens === undefined) return via(request);
      const again = request.clone(); // sending consumes the body
      request.headers.set('Authorization', bearer(tokens));
      const response = await via(request);
      const renewed = options.isTokenRejected(response) ? await renew(tokens) : undefined;
      if (renewed === undefined) return response;
      await response.body?.cancel();
      again.headers.set('Authorization', bearer(renewed));
      return via(again);
    },

    async forget() {
      await renewal?.catch(() => undefined); // otherwise its tokens would be stored after the sign-out
      const tokens = await load();
      await keep(undefined);
      return tokens;
    },
  };
}

export const bearer = ({ access_token }: KeptTokens) => `Bearer ${access_token}`;

/** When to refresh, in ms: 30 s before the expiry, or after half of a short lifetime. */
function refreshTime({ created_at = Infinity, expires_in = Infinity, expires_at }: KeptTokens): number {
  return (expires_at ?? (created_at + expires_in) * 1000) - Math.min(30, expires_in / 2) * 1000;
}

/** Browser tabs that share a store take turns, so that only the first one sends the refresh token. */
function inTurn<T>({ refresh_token }: KeptTokens, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined; // neither in Node 20 nor on plain http
  if (!locks || !refresh_token) return work();
  return new Promise((resolve, reject) => {
    const turn = async () => {
      const result = work();
      resolve(result);
      await result.catch(() => undefined);
      // Other tabs see a write to localStorage with a delay.
      await new Promise((over) => setTimeout(over, STORAGE_DELAY_MS));
    };
    locks.request(`refresh ${refresh_token}`, turn).catch(reject);
  });
}
