import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apis, createApp, createWorlds, tableOwners } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { type Context, createContext } from '../../src/context.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import type { Api } from '../../src/http/api.ts';
import { createServer } from '../../src/http/create-server.ts';
import { openSocketPorts, serveWebSockets } from '../../src/http/sockets.ts';

/** The app on a free port, with its demo data, and its context. */
export interface TestServer {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  context: Context;
  close(): Promise<void>;
}

/**
 * Starts the app as `npm start` does, without log and mock.
 *
 * @param environment variables of the configuration
 * @param served the APIs to serve
 */
export async function startServer(
  environment: Record<string, string> = {},
  served: readonly Api[] = apis,
): Promise<TestServer> {
  const folder = join(tmpdir(), `qiyue-files-${randomUUID()}`);
  const config = readConfig(served, {
    DATABASE_URL: 'sqlite::memory:',
    FILES_URL: `file:${folder}`,
    LOG_LEVEL: 'silent',
    MOCK_PORT: 'off',
    IM_PORT: 'off',
    IM_WS_PORT: 'off',
    ...environment,
  });
  const closing = new AbortController();
  const context = await createContext(config, closing.signal);
  await migrateDatabase(context.database, tableOwners);
  if (config.sandbox) for (const { demo } of served) await demo?.create(context);
  const worlds = createWorlds(context, served);
  await worlds.seedOutside();
  worlds.outside.start();
  const server = createServer(createApp(context, { served, worlds }));
  serveWebSockets(server, served, context, config.sandbox ? worlds : undefined);
  const ports = await openSocketPorts(served, context, 1000, worlds.outside);
  // As the product has it: on a busy machine a client may pause for longer than Node's five seconds.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    context,
    async close() {
      closing.abort();
      server.closeAllConnections();
      await Promise.all([new Promise((resolve) => server.close(resolve)), ...ports.map((port) => port.close())]);
      await worlds.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
