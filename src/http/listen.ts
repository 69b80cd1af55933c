import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Config } from '../config.ts';
import { ConfigError } from '../errors.ts';

/** How long requests under way may take when the server closes. */
const CLOSE_TIMEOUT_MS = 10_000;

/** Longer than the 60 s after which load balancers close a connection, so that they never send into a closed one. */
const KEEP_ALIVE_MS = 65_000;

export interface ListeningServer {
  port: number;
  url: string;
  /** Closes idle connections at once, others after their response, and after 10 s all that are left. */
  close(): Promise<void>;
}

/** The least speed of an upload: half of a 64 kbit/s line. */
const BYTES_PER_MS = 4;

/** How long a request may take to arrive: a slow upload its time, and no connection for ever. */
export const longestRequestMs = ({ uploadLimit, bodyIdleMs }: Pick<Config, 'uploadLimit' | 'bodyIdleMs'>): number =>
  bodyIdleMs + Math.ceil(uploadLimit / BYTES_PER_MS);

/**
 * Starts an HTTP server.
 *
 * @param variable the environment variable of the port, for the error
 * @param requestTimeoutMs how long a request may take to arrive
 * @throws ConfigError when the port or the host cannot be used
 */
export async function listen(
  listener: RequestListener,
  {
    host,
    port,
    variable,
    requestTimeoutMs = 60_000,
  }: { host: string; port: number; variable: string; requestTimeoutMs?: number },
): Promise<ListeningServer> {
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: 20_000 }, listener);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  // Without a host Node listens on all IPv6 and IPv4 addresses, and on IPv4 alone where there is no IPv6.
  server.listen({ port, ...(host !== '::' && { host }) });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw toConfigError(error as NodeJS.ErrnoException, { host, port, variable });
  }
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `http://${hostInUrl(host)}:${address.port}`,
    close: () => close(server, connections),
  };
}

function toConfigError(
  error: NodeJS.ErrnoException,
  { host, port, variable }: { host: string; port: number; variable: string },
): Error {
  if (error.code === 'EADDRINUSE')
    return new ConfigError(`${variable}: port ${port} is used by another program; choose another one`);
  if (error.code === 'EACCES') return new ConfigError(`${variable}: this account may not use port ${port}`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new ConfigError(`HOST: ${host} is not an address of this machine`);
  return error;
}

/** The host of a URL that can be opened, for an address to listen on. */
function hostInUrl(address: string): string {
  if (address === '::' || address === '0.0.0.0') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}

async function close(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // Repeatedly: a connection that becomes idle later would be kept alive.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    // Browsers open connections in advance, and Node counts one without a first request as busy.
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  }, 50);
  const timeout = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(timeout);
}
