import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apis, createApp, createWorlds } from './app.ts';
import { requireKnownOptions } from './client/known-options.ts';
import { createSandbox as attachSandbox, type Sandbox, type SandboxOptions, sandboxOptions } from './client/sandbox.ts';
import { readConfig } from './config.ts';
import { createServer } from './http/create-server.ts';
import { serveWebSockets } from './http/sockets.ts';
import { openContext } from './serve.ts';

export type * from './client/sandbox.ts';

/** As for an attached sandbox, except that without an address the server runs in this process. */
export type InProcessOptions = Partial<SandboxOptions>;

/**
 * A sandbox in this process, or attached to a running one. In this process a sandbox has a server of its own, or with
 * `world: true` a world of a server that all sandboxes of the process share: that takes some milliseconds from the second
 * one on. It opens no ports but one for HTTP, and does not keep the process alive.
 *
 * @example
 * const sandbox = await createSandbox({ world: true });
 * const { tower } = await sandbox.as('demo');
 * const { data } = await tower.GET('/api/v1/user');
 * await sandbox.close();
 * @throws TypeError for an unknown option; as for an attached sandbox
 */
export async function createSandbox({ attach, ...options }: InProcessOptions = {}): Promise<Sandbox> {
  // A server takes time to start.
  requireKnownOptions('createSandbox', options, sandboxOptions);
  if (attach !== undefined) return attachSandbox({ attach, ...options });
  if (options.world) return attachSandbox({ attach: (await shareServer()).url, ...options });
  const server = await startServer();
  try {
    const sandbox = await attachSandbox({ attach: server.url, ...options });
    return Object.assign(sandbox, { close: server.close });
  } catch (error) {
    await server.close();
    throw error;
  }
}

interface Server {
  url: string;
  /** May be called again. */
  close(): Promise<void>;
}

let shared: Promise<Server> | undefined;

/** The server of all worlds of this process. It ends with the process. */
function shareServer(): Promise<Server> {
  if (shared === undefined) {
    shared = startServer();
    // The next one may succeed.
    shared.catch(() => {
      shared = undefined;
    });
  }
  return shared;
}

/** As many as there can be: the tests of one process end their own. */
const WORLDS = '10000';

/** What the servers that are open have on the disk. A process can end without closing them, and then waits for nothing. */
const leftovers = new Set<() => void>();
process.on('exit', () => {
  for (const remove of leftovers) remove();
});

async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-sandbox-'));
  const config = readConfig(apis, {
    DATABASE_URL: 'sqlite::memory:',
    FILES_URL: `file:${folder}`,
    IM_PORT: 'off',
    IM_WS_PORT: 'off',
    LOG_LEVEL: 'silent',
    MOCK_PORT: 'off',
    QIYUE_SANDBOX: '1',
    WORLDS,
  });
  const closing = new AbortController();
  const context = await openContext(config, closing.signal);
  await Promise.all(apis.map(({ demo }) => demo?.create(context)));
  const worlds = createWorlds(context);
  worlds.outside.start();
  const server = createServer(createApp(context, { worlds }));
  serveWebSockets(server, apis, context, worlds);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    // A process ends when its own work has ended.
    socket.unref();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();

  const removeFiles = () => {
    worlds.removeFiles();
    rmSync(folder, { recursive: true, force: true });
  };
  leftovers.add(removeFiles);

  let ending: Promise<void> | undefined;
  async function end(): Promise<void> {
    closing.abort();
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
    await worlds.close();
    await rm(folder, { recursive: true, force: true });
    leftovers.delete(removeFiles);
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      ending ??= end();
      return ending;
    },
  };
}
