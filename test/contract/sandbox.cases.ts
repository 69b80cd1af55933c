import { stringify } from 'yaml';
import type { operations } from '../../generated/sandbox.ts';
import { apis, sandbox } from '../../src/app.ts';
import type { TestServer } from '../support/server.ts';
import type { Case, Suite } from './harness.ts';

const WORLDS = 2;

/** The control API, called beside the cases. */
class SandboxWorld {
  readonly #url: string;
  readonly #server: TestServer;

  constructor(url: string, server: TestServer) {
    this.#url = url;
    this.#server = server;
  }

  async call(method: string, path: string): Promise<Response> {
    return fetch(this.#url + path, { method });
  }

  /** The id of a new fault. */
  async oneFault(fault: object = { api: 'ucenter', operation: 'getUser', code: 1003 }): Promise<string> {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(fault),
    };
    return ((await (await fetch(`${this.#url}/faults`, init)).json()) as { id: string }).id;
  }

  /** The id of a request in the log. */
  async oneRequest(): Promise<string> {
    await fetch(new URL('/tower/api/v1/nowhere', this.#url));
    const [entry] = (await (await this.call('GET', '/requests?wait=5s')).json()) as { id: string }[];
    return entry?.id ?? '';
  }

  /** The id of a token of an API, with the demo data as they were. */
  async oneToken(api: 'tower' | 'ucenter' | 'gobelieve'): Promise<string> {
    await this.call('POST', '/reset');
    const path = { tower: '/oauth/token', ucenter: '/api/oauth/accessToken', gobelieve: undefined }[api];
    if (path !== undefined) {
      const credentials = await (await this.call('GET', '/credentials')).json();
      const { base_url, client_id, client_secret, user } = credentials[api];
      const { username, password } = user;
      const body = new URLSearchParams({ grant_type: 'password', client_id, client_secret, username, password });
      await fetch(base_url + path, { method: 'POST', body });
    }
    const [token] = (await (await this.call('GET', `/tokens?api=${api}&limit=1`)).json()) as { id: string }[];
    return token?.id ?? '';
  }

  #seeds = 0;

  /** A seed that was not used before, for Tower. */
  newSeed(): { users: object[]; teams: object[] } {
    this.#seeds += 1;
    const [user, team] = [`user-${this.#seeds}`, `team-${this.#seeds}`];
    return {
      users: [{ ref: user, username: `${user}@example.com`, at: '2026-01-05T08:00:00+08:00' }],
      teams: [{ ref: team, name: '团队', owner: user, at: '-1.5d' }],
    };
  }

  /** Ends all worlds. */
  async endAll(): Promise<void> {
    const worlds = (await (await this.call('GET', '/worlds')).json()) as { id: string }[];
    await Promise.all(worlds.map(({ id }) => this.call('DELETE', `/worlds/${id}`)));
  }

  /** The id of a world, which is then the only one. */
  async oneWorld(): Promise<string> {
    await this.endAll();
    return ((await (await this.call('POST', '/worlds')).json()) as { id: string }).id;
  }

  /** A snapshot that another version has left. */
  async oldSnapshot(): Promise<string> {
    const row = { name: 'old', tables_version: 'old', content: '{}', created_at: 0 };
    await this.#server.context.database
      .insertInto('sandbox_snapshots')
      .values(row)
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
      .execute();
    return row.name;
  }
}

/** A call that is made inside of a world. */
const inWorld =
  (exchange: object = {}): Case<SandboxWorld> =>
  async (world) => ({ ...exchange, headers: { 'Qiyue-World': await world.oneWorld() } });

/** A call that a browser sends for another website, without CORS. */
const ofWebsite = (exchange: object = {}): Case<SandboxWorld> => ({
  ...exchange,
  headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' },
});

/** A call after all worlds have ended. */
const withRoom =
  (exchange: object): Case<SandboxWorld> =>
  async (world) => {
    await world.endAll();
    return exchange;
  };

export const suite: Suite<operations, SandboxWorld> = {
  api: sandbox,
  served: apis,
  environment: { WORLDS: String(WORLDS) },
  createWorld: (url, server) => new SandboxWorld(url, server),
  cases: {
    createWorld: {
      201: [
        withRoom({ json: {} }),
        withRoom({}),
        withRoom({ json: { from: 'empty', ttl: '24h', clock: { advance: '1.5h', frozen: true } } }),
        async (world) => {
          const id = await world.oneWorld();
          return { json: { from: id } };
        },
        async (world) => {
          await world.endAll();
          return { json: { seed: { tower: world.newSeed() } } };
        },
      ],
      400: [
        withRoom({ json: { from: 'nowhere' } }),
        { json: { ttl: '500ms' } },
        { json: { ttl: '25h' } },
        { json: { ttl: 'soon' } },
        { json: { clock: { now: '2026-02-30T00:00:00Z' } } },
        { json: { clock: { now: '2026-01-05T08:00:00+08:00' } } },
        { json: { clock: { advance: '9000000d' } } },
        { json: { unknown: 1 } },
        withRoom({ json: { seed: { tower: { teams: [{ ref: 'a', name: 'a', owner: 'nobody' }] } } } }),
      ],
      403: ofWebsite(),
      404: inWorld({ json: {} }),
      409: [
        async (world) => {
          await world.endAll();
          return { json: { from: await world.oldSnapshot() } };
        },
        withRoom({ json: { seed: { ucenter: { users: [{ ref: 'demo', username: 'new' }] } } } }),
      ],
      429: async (world) => {
        await world.endAll();
        for (let count = 0; count < WORLDS; count += 1) await world.call('POST', '/worlds');
        return { json: {} };
      },
    },
    listWorlds: {
      200: [
        async (world) => {
          await world.oneWorld();
          return {};
        },
        withRoom({}),
      ],
      404: inWorld(),
    },
    getWorld: {
      200: async (world) => ({ params: { id: await world.oneWorld() } }),
      404: [{ params: { id: 'nowhere' } }, inWorld({ params: { id: 'nowhere' } })],
    },
    deleteWorld: {
      204: async (world) => ({ params: { id: await world.oneWorld() } }),
      403: ofWebsite({ params: { id: 'nowhere' } }),
      404: [{ params: { id: 'nowhere' } }, inWorld({ params: { id: 'nowhere' } })],
    },
    resetSandbox: {
      204: [{ json: {} }, {}, { json: { to: 'empty' } }],
      400: [{ json: { to: 'nowhere' } }, { json: { to: '' } }, { json: { unknown: 1 } }],
      403: ofWebsite(),
      409: async (world) => ({ json: { to: await world.oldSnapshot() } }),
    },
    seedSandbox: {
      201: [
        (world) => ({ json: { tower: world.newSeed() } }),
        (world) => ({
          headers: { 'Content-Type': 'application/yaml' },
          body: stringify({ tower: world.newSeed(), ucenter: {} }),
        }),
        { json: {} },
      ],
      400: [
        { json: { shop: {} } },
        { json: { tower: { shops: [] } } },
        { json: { tower: { users: [{ username: 'a@example.com' }] } } },
        { json: { tower: { users: [{ ref: 'a', username: 'a@example.com', colour: 'red' }] } } },
        { json: { tower: { teams: [{ ref: 'a', name: 'a', owner: 'nobody' }] } } },
        { json: { ucenter: { users: [{ ref: 'a', username: 'a', at: 'soon' }] } } },
        { json: { ucenter: { users: [{ ref: 'a', username: 'a', at: '2099-01-05T08:00:00Z' }] } } },
        { json: { gobelieve: { customers: [{ ref: 'a', app: 'b' }], apps: [{ ref: 'b', name: 'b' }] } } },
        { headers: { 'Content-Type': 'application/yaml' }, body: 'tower: [' },
        { headers: { 'Content-Type': 'application/yaml' }, body: 'tower:\n  users:\n    - ref: 1\n' },
      ],
      403: ofWebsite(),
      409: [
        {
          json: {
            gobelieve: {
              apps: [
                { ref: 'twice', name: 'a' },
                { ref: 'twice', name: 'b' },
              ],
            },
          },
        },
        {
          json: {
            ucenter: {
              users: [
                { ref: 'a', username: 'same' },
                { ref: 'b', username: 'same' },
              ],
            },
          },
        },
        { json: { ucenter: { users: [{ ref: 'demo', username: 'new' }] } } },
      ],
    },
    listSnapshots: {
      200: async (world) => {
        await world.call('PUT', '/snapshots/some');
        await world.oldSnapshot();
        return {};
      },
    },
    getSnapshot: {
      200: async (world) => {
        await world.call('PUT', '/snapshots/some');
        return { params: { name: 'some' } };
      },
      404: { params: { name: 'nowhere' } },
      400: { params: { name: 'a b' } },
    },
    putSnapshot: {
      200: async (world) => {
        await world.call('PUT', '/snapshots/some');
        return { params: { name: 'some' } };
      },
      201: async (world) => {
        await world.call('DELETE', '/snapshots/some');
        return { params: { name: 'some' } };
      },
      400: [{ params: { name: 'demo' } }, { params: { name: 'empty' } }, { params: { name: 'a'.repeat(65) } }],
      403: ofWebsite({ params: { name: 'some' } }),
    },
    deleteSnapshot: {
      204: async (world) => {
        await world.call('PUT', '/snapshots/some');
        return { params: { name: 'some' } };
      },
      403: ofWebsite({ params: { name: 'some' } }),
      404: { params: { name: 'nowhere' } },
    },
    getClock: {
      200: {},
    },
    updateClock: {
      200: [{ json: {} }, { json: { advance: '2h' } }, { json: { now: '2026-01-05T08:00:00Z', frozen: true } }],
      400: [
        { json: { now: 'tomorrow' } },
        { json: { advance: '-2h' } },
        { json: { advance: '2 hours' } },
        { json: { frozen: 'yes' } },
        { json: { unknown: 1 } },
      ],
      403: ofWebsite(),
    },
    resetClock: {
      204: {},
      403: ofWebsite(),
    },
    listTokens: {
      200: [
        async (world) => {
          await world.oneToken('tower');
          return {};
        },
        { query: { api: 'gobelieve', limit: '1' } },
      ],
      400: [{ query: { limit: '0' } }, { query: { limit: '501' } }],
    },
    updateToken: {
      200: [
        async (world) => ({ params: { token_id: await world.oneToken('tower') }, json: { expires_in: '0s' } }),
        async (world) => ({ params: { token_id: await world.oneToken('ucenter') }, json: { expires_in: '1.5h' } }),
      ],
      400: [{ json: { expires_in: 'soon' } }, { json: { expires_in: '40000d' } }, { json: {} }],
      403: ofWebsite({ params: { token_id: 'tower-nowhere' } }),
      404: [
        { params: { token_id: 'tower-nowhere' }, json: { expires_in: '0s' } },
        { params: { token_id: 'nowhere' }, json: { expires_in: '0s' } },
      ],
      409: async (world) => ({ params: { token_id: await world.oneToken('gobelieve') }, json: { expires_in: '0s' } }),
    },
    revokeToken: {
      204: [
        async (world) => ({ params: { token_id: await world.oneToken('tower') } }),
        async (world) => ({ params: { token_id: await world.oneToken('gobelieve') } }),
      ],
      403: ofWebsite({ params: { token_id: 'tower-nowhere' } }),
      404: { params: { token_id: 'gobelieve-0000000000000000' } },
    },
    getCredentials: {
      200: {},
    },
    listOutbox: {
      200: [{}, { query: { to: '+8613800000000', limit: '1', wait: '10ms' } }],
      400: [{ query: { wait: 'soon' } }, { query: { wait: '61s' } }, { query: { limit: '0' } }],
    },
    clearOutbox: {
      204: [{}, { query: { to: '+8613800000000' } }],
      403: ofWebsite(),
    },
    streamEvents: {
      200: [{}, { headers: { 'Last-Event-ID': 'r0' } }],
      400: { headers: { 'Last-Event-ID': 'nowhere' } },
    },
    listFaults: {
      200: async (world) => {
        await world.oneFault();
        await world.oneFault({ api: 'tower', operation: 'getCurrentMember', status: 404, times: 1 });
        return {};
      },
    },
    createFault: {
      201: [
        { json: { api: 'tower', operation: 'getCurrentMember', status: 404, times: 1, after: 1 } },
        { json: { api: 'ppmessage', operation: 'getAppInfo', code: 13, chance: 0.5, seed: 'x' } },
        { json: { path: '/api/v1/teams/*/member', delay: '1.5s', drop: 'after' } },
        { json: {} },
      ],
      400: [
        { json: { api: 'shop' } },
        { json: { statuz: 404 } },
        { json: { operation: 'getCurrentMember', status: 418 } },
        { json: { status: 404, drop: 'before' } },
        { json: { delay: 'soon' } },
        { json: { delay: '25h' } },
      ],
      403: ofWebsite(),
    },
    clearFaults: {
      204: {},
      403: ofWebsite(),
    },
    deleteFault: {
      204: async (world) => ({ params: { fault_id: await world.oneFault() } }),
      403: ofWebsite({ params: { fault_id: 'f0' } }),
      404: { params: { fault_id: 'f0' } },
    },
    listRequests: {
      200: [
        {},
        { query: { api: 'tower', operation: 'getUser', status: '200', since: 'r0', limit: '5', wait: '10ms' } },
        { query: { since: '2026-01-05T08:00:00+08:00' } },
      ],
      400: [{ query: { since: 'yesterday' } }, { query: { wait: '61s' } }, { query: { limit: '501' } }],
    },
    getRequest: {
      200: async (world) => ({ params: { request_id: await world.oneRequest() } }),
      404: { params: { request_id: 'r0' } },
    },
    clearRequests: {
      204: {},
      403: ofWebsite(),
    },
  },
};
