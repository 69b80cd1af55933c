import {
  type AppOptions,
  apis,
  cleanUp,
  createApp,
  createControls,
  createMockApp,
  createWorlds,
  tableOwners,
} from './app.ts';
import { MovableClock } from './clock.ts';
import type { Config } from './config.ts';
import { type Context, closeContext, createContext, createLog } from './context.ts';
import { migrateDatabase, pendingMigrations, requireKnownMigrations } from './database/migrate.ts';
import { openDatabase } from './database/open.ts';
import { engineOf } from './database/transact.ts';
import { ConfigError } from './errors.ts';
import { createIntake } from './files/intake.ts';
import { type ListeningServer, listen, longestRequestMs } from './http/listen.ts';
import { openSocketPorts, type SocketPort, serveWebSockets } from './http/sockets.ts';
import { loadPrismWhenIdle } from './mock/mock.ts';
import type { SandboxWorlds } from './sandbox/model/worlds.ts';
import { whenIdle } from './when-idle.ts';

/** A running server. */
export interface Running {
  url: string;
  /** Of the mock, when one runs beside the server. */
  mockUrl?: string | undefined;
  /** Finishes the requests under way, and those of clients that have not noticed yet, and closes all connections. */
  close(): Promise<void>;
}

/** Called with what the start is about to do. */
export type Progress = (step: string) => void;

const HOUSEKEEPING_INTERVAL_MS = 60 * 60 * 1000;

const DEFAULT_MOCK_PORT = 4010;

/** The part of SHUTDOWN_TIMEOUT that is left for messages, files and the database after the last request. */
const LAST_STEPS_MS = 5000;

const LEAST_CLOSE_TIMEOUT_MS = 10_000;

/**
 * Starts everything: database, demo data and seed in the sandbox, messages, the mock and the server.
 *
 * @throws ConfigError when a seed or a port cannot be used, files cannot be stored, the database is not up to date or `PUBLIC_URL`
 *   is missing in production
 */
export async function serve(config: Config, progress: Progress = () => {}): Promise<Running> {
  requirePublicUrl(config);
  progress('the database');
  const closing = new AbortController();
  const context = await openContext(config, closing.signal);
  const servers: (ListeningServer | SocketPort)[] = [];
  const worlds = createWorlds(context);
  let housekeeping: NodeJS.Timeout | undefined;

  async function close() {
    closing.abort();
    clearInterval(housekeeping);
    await Promise.all(servers.map((server) => server.close()));
    await worlds.close();
  }

  try {
    await context.files.requireWritable();
    if (config.sandbox) progress('the demo data');
    if (config.sandbox) await Promise.all(apis.map(({ demo }) => demo?.create(context)));
    await worlds.seedOutside();
    progress('the addresses');
    worlds.outside.start();
    const controls = createControls(context);
    if (!config.sandbox) warnOfMissingProviders(context);
    warnOfUntrustedProxy(context);
    const mock =
      config.mockPort === undefined ? undefined : await listenMock(contextNow(worlds), config.mockPort, controls);
    if (mock !== undefined) servers.push(mock);
    // Pages show the port of the mock; with port 0 it is known only now.
    const served = { ...context, config: { ...config, mockPort: mock?.port } };
    const options = listenOptions(config);
    servers.push(...(await openSocketPorts(apis, served, options.closeTimeoutMs, worlds.outside)));
    const server = await listen(createApp(served, { worlds, controls }), {
      ...options,
      port: config.port,
      variable: 'PORT',
      prepare: (one) => serveWebSockets(one, apis, served, config.sandbox ? worlds : undefined),
    });
    servers.push(server);
    housekeeping = setInterval(() => void cleanUp(worlds.outside.context), HOUSEKEEPING_INTERVAL_MS).unref();
    if (config.sandbox) prepareWhenIdle(worlds, context);
    // The primary process says so when all workers are ready.
    if (config.worker === undefined) context.log.info({ url: server.url, mock: mock?.url }, 'listening');
    return { url: server.url, mockUrl: mock?.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The context of the outside as it is when a part of it is used, because a reset replaces it. */
const contextNow = ({ outside }: SandboxWorlds): Context =>
  new Proxy(outside.context, { get: (_context, part) => Reflect.get(outside.context, part) });

/** Makes the demo data of the worlds when there is time, so that neither the start nor the first world waits for them. */
function prepareWhenIdle(worlds: SandboxWorlds, { closing, log }: Context): void {
  whenIdle(async () => {
    if (closing.aborted) return;
    await worlds
      .prepare()
      .catch((error: unknown) => log.error({ err: error }, 'the demo data of the worlds are not ready'));
  });
}

/** Starts the mock alone. It needs no database and opens none. */
export async function serveMock(config: Config): Promise<Running> {
  // The mock uses only these parts of a context.
  const parts = { clock: new MovableClock(), config, intake: createIntake(config), log: await createLog(config) };
  const context = parts as unknown as Context;
  return listenMock(context, config.mockPort ?? DEFAULT_MOCK_PORT);
}

async function listenMock(context: Context, port: number, controls?: AppOptions['controls']): Promise<ListeningServer> {
  const options = { ...listenOptions(context.config), port, variable: 'MOCK_PORT' };
  const server = await listen(createMockApp(context, { controls }), options);
  loadPrismWhenIdle(apis);
  return server;
}

const listenOptions = (config: Config) => ({
  host: config.host,
  requestTimeoutMs: longestRequestMs(config),
  closeTimeoutMs: Math.max(LEAST_CLOSE_TIMEOUT_MS, config.shutdownTimeoutMs - LAST_STEPS_MS),
});

/**
 * Opens the context and migrates the database where the configuration allows it.
 *
 * @throws ConfigError when migrations are pending and may not run, or a newer version has migrated the database
 */
export async function openContext(config: Config, closing?: AbortSignal): Promise<Context> {
  const context = await createContext(config, closing);
  try {
    if (config.migrateOnStart) {
      const names = await migrate(context);
      if (names.length > 0) context.log.info({ migrations: names }, 'database migrated');
    } else {
      await requireKnownMigrations(context.database, tableOwners);
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

/** In PostgreSQL on a connection of its own, without a time limit: a migration may take longer than any query. */
async function migrate({ config, database }: Context): Promise<string[]> {
  if (engineOf(database) === 'sqlite') return migrateDatabase(database, tableOwners);
  const patient = await openDatabase(config.databaseUrl);
  try {
    return await migrateDatabase(patient, tableOwners);
  } finally {
    await patient.destroy();
  }
}

/** Without it URLs in answers would contain the Host header, which any caller can choose. */
function requirePublicUrl({ production, publicUrl }: Config): void {
  if (production && publicUrl === undefined)
    throw new ConfigError(
      'PUBLIC_URL: not set; in production set it to the address under which callers reach this server, such as https://api.example.com',
    );
}

/** Without a provider messages stay in the outbox, which only the sandbox shows. */
function warnOfMissingProviders({ config: { mailUrl, smsUrl, wechatUrl, pushUrl, apns, fcm }, log }: Context): void {
  const urls = { MAIL_URL: mailUrl, SMS_URL: smsUrl, WECHAT_URL: wechatUrl, PUSH_URL: pushUrl ?? apns ?? fcm };
  const unset = Object.entries(urls).flatMap(([name, url]) => (url === undefined ? [name] : []));
  if (unset.length > 0) log.warn({ unset }, 'messages of these kinds are not sent: they have no provider');
}

/** This server speaks no TLS: behind an https address there is a proxy, from which all requests then seem to come. */
function warnOfUntrustedProxy({ config: { publicUrl, trustProxy }, log }: Context): void {
  if (publicUrl?.startsWith('https:') && trustProxy === undefined)
    log.warn('TRUST_PROXY is not set: limits by address count all callers together');
}
