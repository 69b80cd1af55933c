import { createSandboxClient } from '../../src/client/index.ts';
import type { Addresses } from '../../src/docs/addresses.ts';
import { demoCredentials, exampleCall } from '../../src/mcp/example.ts';
import type { KnownOperation } from '../../src/mcp/operations.ts';
import { toRequest } from '../../src/mcp/request.ts';
import { type CallAnswer, sendByFetch } from '../../src/mcp/send.ts';

/** The address in the examples: the server needs it as `PUBLIC_URL`. */
export const ADDRESS = 'http://127.0.0.1:3000';

/** When the demo data of the examples were made; those of other APIs at `USUAL_TIME`. */
const times: Readonly<Record<string, string>> = {
  tower: '2026-03-22T10:00:00Z',
  gobelieve: '2026-03-22T10:00:00Z',
  sandbox: '2026-01-05T08:00:00Z',
};
const USUAL_TIME = '2026-03-02T09:30:00Z';

/** What an operation answers to its example request, in two sandboxes that have only demo data and time in common. */
export interface TwoAnswers {
  first: CallAnswer;
  second: CallAnswer;
}

/**
 * The answers to the example requests. Operations that only read share a world of each sandbox; each of the others gets
 * one of its own.
 */
export class ExampleAnswers {
  readonly #servers: readonly [string, string];
  readonly #time: string;
  #shared: Promise<World[]> | undefined;

  /** @param servers the addresses of two sandboxes */
  constructor(servers: readonly [string, string], api: string) {
    this.#servers = servers;
    this.#time = times[api] ?? USUAL_TIME;
  }

  /** @param accept the media type to ask for; none by default */
  async read(known: KnownOperation, accept?: string): Promise<TwoAnswers> {
    const worlds = await (known.method === 'get' ? this.#share() : this.#open());
    const [first, second] = await Promise.all(worlds.map((world) => world.answer(known, accept)));
    if (known.method !== 'get') await Promise.all(worlds.map((world) => world.end()));
    return { first: first as CallAnswer, second: second as CallAnswer };
  }

  async close(): Promise<void> {
    for (const world of (await this.#shared) ?? []) await world.end();
  }

  #share(): Promise<World[]> {
    this.#shared ??= this.#open();
    return this.#shared;
  }

  #open(): Promise<World[]> {
    return Promise.all(this.#servers.map((server) => openWorld(server, this.#time)));
  }
}

interface World {
  answer(known: KnownOperation, accept?: string): Promise<CallAnswer>;
  end(): Promise<void>;
}

async function openWorld(server: string, now: string): Promise<World> {
  const control = createSandboxClient({ baseUrl: `${server}/sandbox` });
  const { data: world } = await control.POST('/worlds', { body: { clock: { now, frozen: true } } });
  if (world === undefined) throw new Error('The sandbox made no world');
  const { id } = world;
  const at: Addresses = { server, mock: undefined, isSandbox: true };
  return {
    async answer(known, accept) {
      const call = exampleCall(known, at);
      const request = toRequest(known, call, demoCredentials(known, at, call.as));
      // Answers then have the addresses of the server, and not those of the world.
      request.headers['qiyue-world'] = id;
      const { cookie } = request.headers;
      if (cookie !== undefined) request.headers.cookie = cookie.replace('=', `_${id}=`);
      if (accept !== undefined) request.headers.accept = accept;
      const answer = await sendByFetch(`${server}/${known.api.name}`, request);
      return JSON.parse(JSON.stringify(answer).replaceAll(`/w/${id}`, '')) as CallAnswer;
    },
    async end() {
      await control.DELETE('/worlds/{id}', { params: { path: { id } } });
    },
  };
}

export const mediaOf = ({ headers }: CallAnswer): string => headers['content-type']?.split(';', 1)[0] ?? '';
