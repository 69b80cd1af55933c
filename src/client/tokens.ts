/** Tokens as they are kept: an access token, and what is known about its end and how to get the next one. */
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

/** Where tokens are kept. It is asked before each request, so several clients may share one. */
export interface TokenStore<Tokens extends KeptTokens = KeptTokens> {
  load(): Tokens | undefined | Promise<Tokens | undefined>;
  save(tokens: Tokens): void | Promise<void>;
  clear(): void | Promise<void>;
}

/** Tokens to start with, kept in memory; or a store, which brings its own. */
export type StartingTokens<Tokens extends KeptTokens> =
  | { tokens?: Tokens | undefined; store?: undefined }
  | { store?: TokenStore<Tokens> | undefined; tokens?: undefined };

/** Keeps tokens as long as the page or the process lives. */
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

/** How one API does what all of them do. */
export interface TokenSessionOptions<Tokens extends KeptTokens> {
  store: TokenStore<Tokens>;
  /** What is known before the store has been asked. */
  tokens: Tokens | undefined;
  onTokens: ((tokens: Tokens | undefined) => void) | undefined;
  fetch: typeof globalThis.fetch;
  now(): number;
  /** Gets new tokens for those that were used, by their refresh token. */
  refresh(used: Tokens & { refresh_token: string }, signal: AbortSignal): Promise<Tokens>;
  /** Whether a failed refresh says that the refresh token is of no more use. */
  isRefused(error: unknown): boolean;
  /** Whether a failed refresh says nothing, so that the tokens may have been made all the same. */
  isLost(error: unknown): boolean;
  /** Whether an answer says that the access token is of no more use. */
  isTokenRefused(response: Response): boolean;
}

/** The tokens of one person, sent with every request and refreshed when it is time. */
export interface TokenSession<Tokens extends KeptTokens> {
  /** As they were last seen; those of a `store` are seen with the first request. */
  readonly tokens: Tokens | undefined;
  load(): Promise<Tokens | undefined>;
  keep(tokens: Tokens | undefined): Promise<void>;
  /**
   * Sends a request with the access token: refreshed ahead of its end, and once more when the server refuses it. All
   * requests share one refresh.
   *
   * @param via what sends it, in place of `fetch`: for what a request cannot hold, such as the progress of an upload
   */
  send(request: Request, via?: (request: Request) => Promise<Response>): Promise<Response>;
  /** Forgets the tokens, also those that a refresh under way would bring, and returns what they were. */
  forget(): Promise<Tokens | undefined>;
}

// The server answers the same refresh again within 10 s; giving up a little earlier leaves time for that second try.
const refreshTimeout = 8000;

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
    const { refresh_token } = used;
    if (refresh_token === undefined) return undefined;
    const attempt = () => options.refresh({ ...used, refresh_token }, AbortSignal.timeout(refreshTimeout));
    try {
      const tokens = await attempt().catch((error) => (options.isLost(error) ? attempt() : Promise.reject(error)));
      // Who signed in or out while this was under way has the last word.
      if (await isCurrent()) await keep(tokens);
    } catch (error) {
      if (!options.isRefused(error)) throw error;
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

  return {
    get tokens() {
      return known;
    },
    load,
    keep,

    async send(request, via = fetch) {
      const tokens = await freshTokens();
      if (tokens === undefined) return via(request);
      const again = request.clone(); // sending uses the body up
      request.headers.set('Authorization', bearer(tokens));
      const response = await via(request);
      const renewed = options.isTokenRefused(response) ? await renew(tokens) : undefined;
      if (renewed === undefined) return response;
      await response.body?.cancel();
      again.headers.set('Authorization', bearer(renewed));
      return via(again);
    },

    async forget() {
      await renewal?.catch(() => undefined); // or what it brings would outlive the sign-out
      const tokens = await load();
      await keep(undefined);
      return tokens;
    },
  };
}

export const bearer = ({ access_token }: KeptTokens) => `Bearer ${access_token}`;

/** When to refresh: 30 s ahead, less for tokens that live so short that they would never be used. */
function refreshTime({ created_at = Infinity, expires_in = Infinity, expires_at }: KeptTokens): number {
  return (expires_at ?? (created_at + expires_in) * 1000) - Math.min(30, expires_in / 2) * 1000;
}

/** Browser tabs that share a store take turns, so that only the first of them sends the refresh token. */
function inTurn<T>({ refresh_token }: KeptTokens, work: () => Promise<T>): Promise<T> {
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
