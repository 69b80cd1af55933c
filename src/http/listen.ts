import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Express } from 'express';
import type { Config } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { createServer } from './create-server.ts';
import { orderlyClose } from './orderly-close.ts';

/** Longer than the 60 s after which load balancers close a connection, so that they never send into a closed one. */
const KEEP_ALIVE_MS = 65_000;

/** Connections that wait to be accepted. After a restart all clients come at once; Node's own 511 would drop most. */
const BACKLOG = 4096;

export interface ListeningServer {
  port: number;
  url: string;
  /** See `orderlyClose`. */
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
 * @param closeTimeoutMs how long requests under way may take when the server closes
 * @param prepare adds other listeners to the server
 * @throws ConfigError when the port or the host cannot be used
 */
export async function listen(
  app: Express,
  {
    host,
    port,
    variable,
    requestTimeoutMs = 60_000,
    closeTimeoutMs = 20_000,
    prepare = () => {},
  }: {
    host: string;
    port: number;
    variable: string;
    requestTimeoutMs?: number;
    closeTimeoutMs?: number;
    prepare?: (server: Server) => void;
  },
): Promise<ListeningServer> {
  const server = createServer(app, { requestTimeout: requestTimeoutMs, headersTimeout: 20_000 });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const close = orderlyClose(server, closeTimeoutMs);
  prepare(server);
  const bound = await bind(server, { host, port, variable });
  return { port: bound, url: `http://${hostInUrl(host)}:${bound}`, close };
}

/**
 * Opens a port.
 *
 * @param variable the environment variable of the port, for the error
 * @returns the port, also when 0 was given
 * @throws ConfigError when the port or the host cannot be used
 */
export async function bind(
  server: NetServer,
  { host, port, variable }: { host: string; port: number; variable: string },
): Promise<number> {
  // Without a host Node listens on all IPv6 and IPv4 addresses, and on IPv4 alone where there is no IPv6.
  server.listen({ port, backlog: BACKLOG, ...(host !== '::' && { host }) });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw toConfigError(error as NodeJS.ErrnoException, { host, port, variable });
  }
  return (server.address() as AddressInfo).port;
}

function toConfigError(
  error: NodeJS.ErrnoException,
  { host, port, variable }: { host: string; port: number; variable: string },
): Error {
  if (error.code === 'EADDRINUSE')
    return new ConfigError(
      `${variable}: port ${port} is used by another program; choose another one${variable === 'PORT' ? '' : ', or off'}`,
    );
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
