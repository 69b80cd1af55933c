import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { Config } from '../config.ts';
import type { PortVariable } from '../config-variables.ts';
import { type Context, contextOf } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { Api, Sockets } from './api.ts';
import { bind } from './listen.ts';
import { acceptWebSockets, type WebSocketPlace } from './web-sockets.ts';
import { findPlace, type World, type Worlds } from './world.ts';

/** The sockets of APIs: WebSockets on the port of the server, and ports of their own. */

type SocketApi = Api & { sockets: Sockets };

const withSockets = (apis: readonly Api[]): SocketApi[] =>
  apis.filter((api): api is SocketApi => api.sockets !== undefined);

/**
 * Accepts WebSockets below the prefix of each API, and at the root of its host names.
 *
 * @param worlds of the sandbox, each of which has the same addresses
 */
export function serveWebSockets(server: Server, apis: readonly Api[], context: Context, worlds?: Worlds): void {
  const { hosts } = context.config;
  const byName = new Map(withSockets(apis).map((api) => [api.name, api]));
  acceptWebSockets(server, (request) => {
    const found = worlds === undefined ? undefined : findPlace(request, worlds, hosts);
    if (found !== undefined && 'status' in found) return undefined;
    const place = found?.place;
    const path = pathOf(found?.url ?? request.url);
    const host = request.headers.host?.replace(/:\d+$/, '').toLowerCase() ?? '';
    const hosted = place?.api ?? hosts.get(host);
    const [prefix, name] = /^\/([^/]+)/.exec(path) ?? ['', ''];
    const api = byName.get(hosted ?? (name as string));
    if (api === undefined) return undefined;
    const below = hosted === undefined ? path.slice(prefix.length) : path;
    return below === api.sockets.path ? socketOf(api, place?.world ?? { context }) : undefined;
  });
}

const pathOf = (url = '') => url.split('?', 1)[0] as string;

/** The world of a socket. A server without a sandbox has no worlds, and does not count connections for them. */
type SocketWorld = Pick<World, 'context'> & Partial<World>;

const socketOf = (api: SocketApi, world: SocketWorld): WebSocketPlace => ({
  maxMessageBytes: api.sockets.maxMessageBytes,
  pingMs: api.sockets.pingMs,
  serve(stream) {
    const leave = world.enter?.();
    if (leave !== undefined) stream.once('close', leave);
    void api.sockets.serve(stream, contextOf(world.context, api.name));
  },
});

/** An open port. */
export interface SocketPort {
  /** Stops accepting, and waits until the clients have gone: `closing` tells the connections to end. */
  close(): Promise<void>;
}

/**
 * Opens the ports of the APIs, and writes their numbers into the configuration, which may say 0.
 *
 * @param closeTimeoutMs how long connections may take to end
 * @param outside has the services at each moment: a sandbox that is reset gets others
 * @throws ConfigError when a port or the certificate cannot be used
 */
export async function openSocketPorts(
  apis: readonly Api[],
  context: Context,
  closeTimeoutMs: number,
  outside: Pick<World, 'context'> = { context },
): Promise<SocketPort[]> {
  const { config, log } = context;
  const { host, socketPorts } = config;
  const opened: SocketPort[] = [];
  try {
    for (const api of withSockets(apis)) {
      for (const [variable, declared] of Object.entries(api.sockets.ports)) {
        const port = socketPorts.get(variable);
        if (port === undefined) continue;
        const server = await createSocketServer(api, declared, config, outside);
        const close = closing(server, closeTimeoutMs);
        const bound = await bind(server, { host, port, variable });
        opened.push({ close });
        socketPorts.set(variable, bound);
        log.info({ api: api.name, variable, port: bound }, 'listening for sockets');
      }
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map(({ close }) => close()));
    throw error;
  }
}

async function createSocketServer(
  api: SocketApi,
  declared: PortVariable,
  config: Config,
  outside: Pick<World, 'context'>,
): Promise<NetServer> {
  const tls = declared.isTls ? await readCertificate(config) : undefined;
  if (declared.protocol === 'tcp') {
    const serve = (stream: Duplex) => void api.sockets.serve(stream, contextOf(outside.context, api.name));
    // A phone that has lost its network says nothing; keep-alive notices before the silence is too long.
    const options = { noDelay: true, keepAlive: true };
    return tls === undefined ? createTcpServer(options, serve) : createTlsServer({ ...options, ...tls }, serve);
  }
  const refuse: RequestListener = (_request, response) => void response.writeHead(404).end();
  const server = tls === undefined ? createHttpServer(refuse) : createHttpsServer(tls, refuse);
  acceptWebSockets(server, (request) =>
    pathOf(request.url) === api.sockets.path ? socketOf(api, outside) : undefined,
  );
  return server;
}

async function readCertificate({ socketTls }: Config): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (socketTls === undefined) return undefined;
  const read = (variable: string, file: string) =>
    readFile(file).catch((error: Error) => {
      throw new ConfigError(`${variable}: ${error.message}`);
    });
  return { cert: await read('IM_TLS_CERT', socketTls.certFile), key: await read('IM_TLS_KEY', socketTls.keyFile) };
}

function closing(server: NetServer, timeoutMs: number): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    const timeout = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, timeoutMs);
    await closed;
    clearTimeout(timeout);
  };
}
