import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express } from 'express';
import { apis, createApp, createMockApp, tableOwners } from './app.ts';
import type { Config } from './config.ts';
import { type Context, closeContext, createContext, createLog } from './context.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrateDatabase, pendingMigrations } from './database/migrate.ts';
import { ConfigError } from './errors.ts';

/** A server that answers. */
export interface Running {
  url: string;
  /** Where the mock answers, when there is one beside the server. */
  mockUrl?: string | undefined;
  /** Takes no new requests, finishes those under way and lets go of everything. */
  close(): Promise<void>;
}

/** In milliseconds: what is under way may take this long when the server closes. */
const PATIENCE = 10_000;

const HOUR = 60 * 60 * 1000;

/**
 * Starts everything: database, demo data in the sandbox, delivery, the server and beside it the mock.
 *
 * @throws ConfigError when a port is taken or the database is not up to date
 */
export async function serve(config: Config): Promise<Running> {
  const closing = new AbortController();
  const context = await openContext(config, closing.signal);
  const servers: Listening[] = [];
  let cleaning: NodeJS.Timeout | undefined;

  async function close() {
    closing.abort();
    clearInterval(cleaning);
    await Promise.all(servers.map(closeServer));
    await closeContext(context);
  }

  try {
    if (config.sandbox) await Promise.all(apis.map(({ demo }) => demo?.create(context)));
    context.messages.start();
    if (!config.sandbox) warnOfSilence(context);
    const mock =
      config.mockPort === undefined
        ? undefined
        : await listen(createMockApp(context), config, 'MOCK_PORT', config.mockPort);
    if (mock !== undefined) servers.push(mock);
    // Pages show where the mock is, so with port 0 they have to know the port that was found.
    const app = createApp({ ...context, config: { ...config, mockPort: mock?.port } });
    const server = await listen(app, config, 'PORT', config.port);
    servers.push(server);
    cleaning = setInterval(() => void clean(context), HOUR).unref();
    context.log.info({ url: server.url, mock: mock?.url }, 'listening');
    return { url: server.url, mockUrl: mock?.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts the mock alone. It needs no database and opens none. */
export async function serveMock(config: Config): Promise<Running> {
  // The examples answer: no operation of an API runs, and nothing else asks for what is left out here.
  const context = { config, log: await createLog(config) } as Context;
  const mock = await listen(createMockApp(context), config, 'MOCK_PORT', config.mockPort ?? 4010);
  return { url: mock.url, close: () => closeServer(mock) };
}

/**
 * Opens what the configuration names and sees to it that the tables are up to date.
 *
 * @throws ConfigError when migrations are pending and must not run by themselves
 */
export async function openContext(config: Config, closing?: AbortSignal): Promise<Context> {
  const context = await createContext(config, closing);
  try {
    if (config.migrateOnStart) {
      const names = await migrateDatabase(context.database, tableOwners);
      if (names.length > 0) context.log.info({ migrations: names }, 'database migrated');
    } else {
      const pending = await pendingMigrations(context.database, tableOwners);
      if (pending.length > 0) {
        throw new ConfigError(
          `The database is not up to date (${pending.join(', ')}): run npm run migrate, or set MIGRATE_ON_START=1`,
        );
      }
    }
    return context;
  } catch (error) {
    await closeContext(context);
    throw error;
  }
}

/** Without a provider messages end in the outbox, which is there to be read in the sandbox only. */
function warnOfSilence({ config: { mailUrl, smsUrl, wechatUrl }, log }: Context): void {
  const urls = { MAIL_URL: mailUrl, SMS_URL: smsUrl, WECHAT_URL: wechatUrl };
  const unset = Object.entries(urls).flatMap(([name, url]) => (url === undefined ? [name] : []));
  if (unset.length > 0) log.warn({ unset }, 'messages of these kinds are not sent: they have no provider');
}

async function clean({ clock, database, files, log }: Context): Promise<void> {
  try {
    const rows = await deleteExpired(database, tableOwners, clock.now());
    const swept = await files.sweep(clock.now());
    log.info({ rows, files: swept }, 'expired data deleted');
  } catch (error) {
    log.error({ err: error }, 'expired data cannot be deleted');
  }
}

/** What people read in the terminal when the server has started. */
export function welcome({ publicUrl, sandbox }: Config, { url, mockUrl }: Running): string {
  const origin = publicUrl ?? url;
  const places = {
    Start: `${origin}/`,
    Docs: `${origin}/docs/`,
    ...(mockUrl && { Mock: mockUrl }),
    ...(sandbox && { Outbox: `${origin}/sandbox/outbox`, Credentials: `${origin}/sandbox/credentials` }),
  };
  const demos = apis.flatMap(({ name, demo }) =>
    sandbox && demo ? ['', `  ${name}`, ...lines(plainMembers(demo.credentials(`${origin}/${name}`)), '    ')] : [],
  );
  return ['', `Qiyue is running${sandbox ? ' as a sandbox' : ''}.`, '', ...lines(places, '  '), ...demos, ''].join(
    '\n',
  );
}

/** What fits on a line; for the rest there is `/sandbox/credentials`. */
function plainMembers(members: Record<string, unknown>): Record<string, unknown> {
  const isPlain = (value: unknown) => typeof value !== 'object';
  const fits = (value: unknown) =>
    isPlain(value) || (!Array.isArray(value) && Object.values(value ?? {}).every(isPlain));
  return Object.fromEntries(Object.entries(members).filter(([, value]) => fits(value)));
}

function lines(members: Record<string, unknown>, indent: string): string[] {
  const width = Math.max(...Object.keys(members).map((name) => name.length));
  return Object.entries(members).map(([name, value]) => {
    const text = typeof value === 'object' && value !== null ? Object.values(value).join('  ') : String(value);
    return `${indent}${name.padEnd(width)}  ${text}`;
  });
}

interface Listening {
  server: Server;
  connections: ReadonlySet<Socket>;
  port: number;
  url: string;
}

async function listen(app: Express, { host }: Config, variable: string, port: number): Promise<Listening> {
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 20_000 }, app);
  // Longer than the minute after which load balancers let go of a connection, so that they never send into a closed one.
  server.keepAliveTimeout = 65_000;
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  // Left to itself Node takes all addresses of both kinds, and those of IPv4 where there is no IPv6.
  server.listen({ port, ...(host !== '::' && { host }) });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, variable, port, host);
  }
  const address = server.address() as AddressInfo;
  return { server, connections, port: address.port, url: `http://${hostOf(host)}:${address.port}` };
}

function explain(error: NodeJS.ErrnoException, variable: string, port: number, host: string): Error {
  if (error.code === 'EADDRINUSE')
    return new ConfigError(`${variable}: port ${port} is taken by another program; choose another one`);
  if (error.code === 'EACCES') return new ConfigError(`${variable}: port ${port} may not be used by this account`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new ConfigError(`HOST: ${host} is no address of this machine`);
  return error;
}

/** A host name that people can open, for an address to listen on. */
function hostOf(address: string): string {
  if (address === '::' || address === '0.0.0.0') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}

/** Closes idle connections at once, others when they have been answered, and after `PATIENCE` all that are left. */
async function closeServer({ server, connections }: Listening): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // Again and again, for a connection that falls idle meanwhile would be kept alive.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    // Browsers open connections ahead of need; Node takes one without a first request for busy.
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  }, 50);
  const bound = setTimeout(() => server.closeAllConnections(), PATIENCE);
  await closed;
  clearInterval(sweep);
  clearTimeout(bound);
}
