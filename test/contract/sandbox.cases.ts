import type { operations } from '../../generated/sandbox.ts';
import { sandbox } from '../../src/app.ts';
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

/** A call after all worlds have ended. */
const withRoom =
  (exchange: object): Case<SandboxWorld> =>
  async (world) => {
    await world.endAll();
    return exchange;
  };

export const suite: Suite<operations, SandboxWorld> = {
  api: sandbox,
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
      ],
      404: inWorld({ json: {} }),
      409: async (world) => {
        await world.endAll();
        return { json: { from: await world.oldSnapshot() } };
      },
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
      404: [{ params: { id: 'nowhere' } }, inWorld({ params: { id: 'nowhere' } })],
    },
    resetSandbox: {
      204: [{ json: {} }, {}, { json: { to: 'empty' } }],
      400: [{ json: { to: 'nowhere' } }, { json: { to: '' } }, { json: { unknown: 1 } }],
      409: async (world) => ({ json: { to: await world.oldSnapshot() } }),
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
    },
    deleteSnapshot: {
      204: async (world) => {
        await world.call('PUT', '/snapshots/some');
        return { params: { name: 'some' } };
      },
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
    },
    resetClock: {
      204: {},
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
    },
  },
};
