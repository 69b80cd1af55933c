import type { GobelieveClient } from './gobelieve.ts';
import { randomText } from './oauth.ts';
import type { PpmessageClient } from './ppmessage.ts';
import type { SandboxOutbox } from './sandbox-controls.ts';
import type { TowerClient } from './tower.ts';
import type { UcenterClient } from './ucenter.ts';

/** A person as whom a test can sign in. */
export interface SandboxPerson {
  /** Never changes, and is unique among the people of an API. */
  key: string;
  name: string;
  /** What is unusual about the account. */
  state?: 'two_step' | 'unverified' | 'removed' | 'muted' | 'empty';
}

/** The credentials of one API; the contract of the sandbox names no more than the first two members. */
type ApiCredentials<Fields, Person> = Record<string, unknown> &
  Fields & {
    base_url: string;
    people: (SandboxPerson & Person)[];
    apps?: (Record<string, unknown> & { key: string })[];
  };

interface TowerCredentials {
  client_id: string;
  client_secret: string;
  redirect_uri: string;
  team_id: string;
}

interface PpmessageKey {
  api_key: string;
  api_secret: string;
}

type Keys = Record<'ppcom' | 'ppkefu' | 'ppconsole', PpmessageKey>;

interface PpmessageCredentials extends PpmessageKey {
  redirect_uri: string;
  app_uuid: string;
  keys: Keys;
}

/** Addresses, applications and people of the demo data. */
export interface SandboxCredentials {
  /** The address of the server, or of the world. */
  origin: string;
  tower: ApiCredentials<TowerCredentials, { username: string; password: string }>;
  ucenter: ApiCredentials<Omit<TowerCredentials, 'team_id'>, { user_id: number; username: string; password: string }>;
  /** Customers have no password. */
  ppmessage: ApiCredentials<PpmessageCredentials, { user_uuid: string; user_email: string; user_password?: string }>;
  gobelieve: ApiCredentials<{ appid: number; appsecret: string }, { uid: number; token: string }>;
}

/** The clients of one person of each API. */
export interface SignedIn {
  tower: TowerClient;
  ucenter: UcenterClient;
  /** Customers act with the key of their page, which belongs to no user. */
  ppmessage: PpmessageClient;
  gobelieve: GobelieveClient;
}

interface Means {
  fetch: typeof globalThis.fetch | undefined;
  outbox: SandboxOutbox;
}

type Api = keyof SignedIn;

/** How a person signs in to each API. The clients are loaded with the first sign-in. */
const signIns: {
  [Name in Api]: (
    credentials: SandboxCredentials[Name],
    person: SandboxCredentials[Name]['people'][number],
    means: Means,
  ) => Promise<SignedIn[Name]>;
} = {
  async tower({ base_url, client_id, client_secret }, { username, password }, { fetch, outbox }) {
    const { createTowerClient } = await import('./tower.ts');
    const { OAuthError } = await import('./oauth.ts');
    const client = createTowerClient({ baseUrl: base_url, clientId: client_id, clientSecret: client_secret, fetch });
    try {
      await client.signInWithPassword({ username, password });
    } catch (error) {
      if (!(error instanceof OAuthError && error.code === 'otp_required')) throw error;
      const { code } = await outbox.waitFor({ to: username });
      await client.signInWithPassword({ username, password, captcha: code ?? '' });
    }
    return client;
  },

  async ucenter({ base_url, client_id, client_secret }, { username, password }, { fetch }) {
    const { createUcenterClient } = await import('./ucenter.ts');
    const client = createUcenterClient({ baseUrl: base_url, clientId: client_id, clientSecret: client_secret, fetch });
    await client.signInWithPassword({ username, password });
    return client;
  },

  async ppmessage({ base_url, redirect_uri, keys, ...own }, { user_email, user_password }, { fetch }) {
    if ((keys as Keys | undefined) === undefined && user_password === undefined)
      throw new Error(`ppmessage has no keys for customers; ${EMPTY}`);
    const { createPpmessageClient } = await import('./ppmessage.ts');
    const clientOf = ({ api_key, api_secret }: PpmessageKey) =>
      createPpmessageClient({ baseUrl: base_url, apiKey: api_key, apiSecret: api_secret, fetch });
    if (user_password === undefined) {
      const client = clientOf(keys.ppcom);
      await client.requestKeyToken();
      return client;
    }
    const form = { client_id: own.api_key, redirect_uri, response_type: 'code', state: randomText() };
    const { headers } = await (fetch ?? globalThis.fetch)(`${base_url}/ppauth/auth`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, user_email, user_password }),
      redirect: 'manual',
    });
    const code = new URL(headers.get('Location') ?? base_url).searchParams.get('code');
    // A browser does not show a redirect, and the page knows the people of its own app alone.
    const client = clientOf(code === null ? ((keys as Keys | undefined)?.ppkefu ?? own) : own);
    if (code === null) await client.signIn({ email: user_email, password: user_password });
    else await client.exchangeCode({ code, redirectUri: redirect_uri });
    return client;
  },

  async gobelieve({ base_url }, { token }, { fetch }) {
    const { createGobelieveClient } = await import('./gobelieve.ts');
    return createGobelieveClient({ baseUrl: base_url, token, fetch });
  },
};

const apis = Object.keys(signIns) as Api[];

/** Signs people in, each of them once. */
export function createSignIns(credentials: SandboxCredentials, means: Means): (key: string) => Promise<SignedIn> {
  const known = new Map<string, Promise<SignedIn[Api]>>();

  function signIn<Name extends Api>(api: Name, key: string): Promise<SignedIn[Api]> {
    const { people } = credentials[api];
    const person = key === 'demo' ? people[0] : people.find((one) => one.key === key);
    if (person === undefined) return Promise.reject(new UnknownPersonError(api, key, people));
    const name = `${api} ${person.key}`;
    const client =
      known.get(name) ?? Promise.resolve().then(() => signIns[api](withApp(api, credentials[api]), person, means));
    known.set(name, client);
    // The next call tries again.
    client.catch(() => known.delete(name));
    return client;
  }

  return async (key) => {
    const results = await Promise.allSettled(apis.map((api) => signIn(api, key)));
    const problems = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (problems.length === apis.length && problems.every((problem) => problem instanceof UnknownPersonError))
      throw new Error(problems.map(({ message }) => message).join('; '));
    const clients = {} as SignedIn;
    for (const [index, api] of apis.entries()) {
      const result = results[index] as PromiseSettledResult<SignedIn[Api]>;
      const get = () => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      };
      Object.defineProperty(clients, api, { get, enumerable: true });
    }
    return clients;
  };
}

/** A member of the credentials of an application by which people sign in. */
const appKeys: Partial<Record<Api, string>> = { tower: 'client_id', ucenter: 'client_id', ppmessage: 'api_key' };

/** The credentials with the application of the demo data; without demo data the first one of a seed. */
function withApp<Name extends Api>(api: Name, credentials: SandboxCredentials[Name]): SandboxCredentials[Name] {
  const key = appKeys[api];
  if (key === undefined || credentials[key] !== undefined) return credentials;
  const [app] = credentials.apps ?? [];
  if (app === undefined) throw new Error(`${api} has no application; ${EMPTY}`);
  return { ...credentials, ...app };
}

const EMPTY = 'the sandbox has no demo data: seed what the test needs, or reset it to demo';

class UnknownPersonError extends Error {
  constructor(api: string, key: string, people: readonly SandboxPerson[]) {
    const keys = ['demo', ...people.map((one) => one.key)];
    super(
      people.length === 0
        ? `${api} has no people; ${EMPTY}`
        : `${api} has no person ${key}; there are ${keys.join(', ')}`,
    );
  }
}
