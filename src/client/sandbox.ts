import type { components } from '../../generated/sandbox.ts';
import { requireKnownOptions } from './known-options.ts';
import { absolute } from './oauth.ts';
import { createSandboxClient, type SandboxClient } from './sandbox-client.ts';
import {
  clockOf,
  faultsOf,
  outboxOf,
  requestsOf,
  type SandboxClock,
  type SandboxFaults,
  type SandboxOutbox,
  type SandboxRequests,
} from './sandbox-controls.ts';
import { requireAnswer, SandboxError } from './sandbox-error.ts';
import { createSignIns, type SandboxCredentials, type SignedIn } from './sandbox-people.ts';

export * from './sandbox-client.ts';
export type { SandboxClock, SandboxFaults, SandboxOutbox, SandboxRequests } from './sandbox-controls.ts';
export { SandboxError } from './sandbox-error.ts';
export type { SandboxCredentials, SandboxPerson, SignedIn } from './sandbox-people.ts';

type Schemas = components['schemas'];

/** Data for `POST /sandbox/seed`: as an object, or as text in YAML or JSON. */
export type SandboxSeed = Schemas['Seed'] | string;

export interface SandboxOptions {
  /** The address of a running sandbox, or of one of its worlds: `http://127.0.0.1:3000`. */
  attach: string;
  /** Whether to make a world, which `close` ends. Otherwise tests share the data of the address. Defaults to false. */
  world?: boolean | undefined;
  /** Data to add to the demo data. */
  seed?: SandboxSeed | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

/** The names of the options. Programs in JavaScript have no compiler that knows them. */
export const sandboxOptions: readonly (keyof SandboxOptions)[] = ['attach', 'world', 'seed', 'fetch'];

/** What a test controls. Its functions throw a `SandboxError` when the sandbox rejects a call. */
export interface Sandbox {
  /** The APIs are below it: `${url}/tower`. */
  readonly url: string;
  readonly credentials: SandboxCredentials;
  /** The ids of the seeded data: `ids.tower.<ref>`. */
  readonly ids: Schemas['SeededIds'];
  /** The whole control API, for what has no function here. */
  readonly client: SandboxClient;
  readonly clock: SandboxClock;
  readonly faults: SandboxFaults;
  readonly requests: SandboxRequests;
  readonly outbox: SandboxOutbox;

  /**
   * Clients of the APIs, signed in as one person of each. The same key gives the same clients until the next reset,
   * because Tower and UCenter end a user's former token with each sign-in. An API whose people have other keys, or that
   * refuses the person, throws when its client is read.
   *
   * @param key of one of the `people` in the credentials; `demo` is the first one of each API
   * @example
   * const { tower } = await sandbox.as('demo');
   * const { data } = await tower.GET('/api/v1/user');
   * @throws Error when no API has the person
   */
  as(key: string): Promise<SignedIn>;

  /**
   * Back to the demo data and the seed: tokens, clock, messages, faults and files, too.
   *
   * @param to a snapshot, `empty` or `demo`, without the seed then
   */
  reset(to?: string): Promise<void>;

  /** Ends the world, if it was made for this object. May be called again. */
  close(): Promise<void>;
}

/**
 * Attaches to a running sandbox.
 *
 * @example
 * const sandbox = await createSandbox({ attach: 'http://127.0.0.1:3000', world: true });
 * await sandbox.faults.add({ api: 'tower', operation: 'getCurrentMember', status: 503, times: 1 });
 * await sandbox.clock.advance('2h');
 * await sandbox.close();
 * @throws SandboxError when there is no sandbox at the address, it has as many worlds as it may have, or it refuses the seed
 * @throws TypeError for an unknown option
 */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  requireKnownOptions('createSandbox', options, sandboxOptions);
  const { attach, world = false, seed, fetch } = options;
  const origin = absolute(attach);
  const connect = (address: string) => createSandboxClient({ baseUrl: `${address}/sandbox`, fetch });
  const reach = <Data>(answer: Promise<Data>) =>
    answer.catch((error: unknown) => {
      throw error instanceof TypeError ? new SandboxError(`No sandbox answers at ${origin}`, 0) : error;
    });
  const made = world ? await reach(requireAnswer(connect(origin).POST('/worlds'))) : undefined;
  const url = made?.base_url ?? origin;
  const client = connect(url);
  const outbox = outboxOf(client);
  let ending: Promise<void> | undefined;

  async function end(): Promise<void> {
    if (made === undefined) return;
    // It may have ended by itself.
    const { response } = await connect(origin).DELETE('/worlds/{id}', { params: { path: { id: made.id } } });
    await response.body?.cancel();
  }

  const close = () => {
    ending ??= end();
    return ending;
  };

  async function begin(data: SandboxSeed | undefined) {
    const seeded = data === undefined ? undefined : await sow(client, data);
    const answer = seeded?.credentials ?? (await reach(requireAnswer(client.GET('/credentials'))));
    const credentials = answer as unknown as SandboxCredentials;
    return { credentials, ids: seeded?.ids ?? {}, signIn: createSignIns(credentials, { fetch, outbox }) };
  }

  let state = await begin(seed).catch(async (error) => {
    await close();
    throw error;
  });

  return {
    url,
    get credentials() {
      return state.credentials;
    },
    get ids() {
      return state.ids;
    },
    client,
    clock: clockOf(client),
    faults: faultsOf(client),
    requests: requestsOf(client),
    outbox,
    as: (key) => state.signIn(key),
    async reset(to) {
      await requireAnswer(client.POST('/reset', { body: to === undefined ? {} : { to } }));
      state = await begin(to === undefined ? seed : undefined);
    },
    close,
  };
}

/** Text may be YAML, of which JSON is a part. */
function sow(client: SandboxClient, data: SandboxSeed): Promise<Schemas['Seeded']> {
  if (typeof data !== 'string') return requireAnswer(client.POST('/seed', { body: data }));
  const headers = { 'Content-Type': 'application/yaml' };
  return requireAnswer(client.POST('/seed', { body: {}, bodySerializer: () => data, headers }));
}
