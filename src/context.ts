import { setMaxListeners } from 'node:events';
import { type Logger, pino } from 'pino';
import { type Clock, MovableClock } from './clock.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase, renewDatabase, shareOf } from './database/open.ts';
import { createFiles, type Files } from './files/files.ts';
import { createIntake, type Intake } from './files/intake.ts';
import { createLimits, type Limits } from './limits.ts';
import { type Bus, createBus } from './live/bus.ts';
import { createOpenStreams, type OpenStreams } from './live/open-streams.ts';
import { createMessages, type Messages } from './messages/messages.ts';
import { createPasswords, type Passwords } from './passwords.ts';

/** The services that operations use. Created once at start; it holds no state of a request. */
export interface Context {
  /** Sends events to connected clients, on every node. */
  bus: Bus;
  /** The only source of the current time. */
  clock: Clock;
  /** Aborted when the server begins to close; streams and waiting requests end then. */
  closing: AbortSignal;
  config: Config;
  database: Database;
  files: Files;
  /** The room for the bodies of requests under way. */
  intake: Intake;
  limits: Limits;
  log: Logger;
  /** Sends mail, SMS, WeChat and push messages. */
  messages: Messages;
  passwords: Passwords;
  /** Opens event streams and bounds those of one user. */
  streams: OpenStreams;
}

/** Opens the database and all services of the configuration. Close them with `closeContext`. */
export async function createContext(
  config: Config,
  closing = new AbortController().signal,
  clock: Clock = new MovableClock(),
): Promise<Context> {
  const log = await createLog(config);
  const database = await openDatabase(config.databaseUrl, {
    timeoutMs: config.databaseTimeoutMs,
    connections: config.databasePool,
    maxWaiting: config.databaseQueue,
  });
  const messages = createMessages({ ...config, database, clock, log, keepCopies: config.sandbox });
  const [limits, bus] = await Promise.all([createLimits(config, log), createBus(config, log)]);
  const files = openFiles(database, clock, config);
  setMaxListeners(0, closing);
  const intake = createIntake(config);
  const passwords = createPasswords(config);
  const streams = createOpenStreams(config.streamLimit);
  return { bus, clock, closing, config, database, files, intake, limits, log, messages, passwords, streams };
}

/** The rows of a database in memory end with the process, so their files may, too. */
const openFiles = (database: Database, clock: Clock, config: Config): Files =>
  createFiles(database, clock, { ...config, isTemporary: config.databaseUrl === 'sqlite::memory:' });

/** How often an isolated context looks for messages that are due again: nothing else queues any. */
const ISOLATED_POLL_MS = 5000;

/** What an isolated context has of its own. */
export interface Isolated {
  clock: Clock;
  closing: AbortSignal;
  /** An SQLite file, with all tables. */
  databaseFile: string;
  filesFolder: string;
  filesBelow: Pick<Files, 'get'>;
}

/**
 * A context with its own data. The data are in this process and end with it; the services that the configuration names
 * are not used. It sends nothing to the outside but webhooks. Close it with `closeContext`.
 */
export async function createIsolatedContext(outside: Context, isolated: Isolated): Promise<Context> {
  const { log, intake, passwords } = outside;
  const { clock, closing, databaseFile, filesFolder, filesBelow } = isolated;
  const nothingOutside = { redisUrl: undefined, mailUrl: undefined, smsUrl: undefined, wechatUrl: undefined };
  const noPushes = { pushUrl: undefined, apns: undefined, fcm: undefined };
  const urls = { databaseUrl: `sqlite:${databaseFile}`, filesUrl: `file:${filesFolder}` };
  // What arrives at them is for the data of the outside.
  const noPorts = { socketPorts: new Map<string, number>() };
  const config: Config = { ...outside.config, ...nothingOutside, ...noPushes, ...urls, ...noPorts };
  const [database, limits, bus] = await Promise.all([
    openDatabase(config.databaseUrl, { isTemporary: true }),
    createLimits(config, log),
    createBus(config, log),
  ]);
  setMaxListeners(0, closing);
  const pollMs = ISOLATED_POLL_MS;
  const messages = createMessages({ ...config, database, clock, log, keepCopies: true, pollMs });
  const files = createFiles(database, clock, { ...config, filesBelow, isTemporary: true });
  const streams = createOpenStreams(config.streamLimit);
  return { bus, clock, closing, config, database, files, intake, limits, log, messages, passwords, streams };
}

/**
 * The same services as other objects, after all data were replaced: what the program remembers of the old data, it
 * remembers by the old objects. Connections to the database and to Redis stay open. Close only the last one of them.
 */
export async function renewContext(context: Context, closing: AbortSignal): Promise<Context> {
  const { clock, config, log } = context;
  const database = await renewDatabase(context.database);
  const messages = createMessages({ ...config, database, clock, log, keepCopies: config.sandbox });
  const files = openFiles(database, clock, config);
  const streams = createOpenStreams(config.streamLimit);
  return { ...context, bus: { ...context.bus }, closing, database, messages, files, streams };
}

const contexts = new WeakMap<Context, Map<string, Context>>();

/** The context of one API, with its share of the connections to the database: one object for each API. */
export function contextOf(context: Context, api: string): Context {
  const known = contexts.get(context)?.get(api);
  if (known !== undefined) return known;
  const own = contexts.get(context) ?? new Map<string, Context>();
  contexts.set(context, own);
  const made = { ...context, database: shareOf(context.database, api) };
  own.set(api, made);
  return made;
}

/** Finishes the messages under way, then closes every connection. */
export async function closeContext({ messages, limits, bus, database }: Context): Promise<void> {
  await messages.close();
  await Promise.all([limits.close(), bus.close()]);
  await database.destroy();
}

/** Lines are written together: a write for each would cost as much CPU time as a small operation. */
const gathered = { sync: false, minLength: 4096, periodicFlush: 100 };

/** By default readable lines in a terminal, JSON everywhere else. */
export async function createLog({ production, logFormat, logLevel, worker }: Config): Promise<Logger> {
  // A destination would go on flushing nothing: a process of tests opens hundreds of contexts.
  if (logLevel === 'silent') return pino({ level: logLevel });
  const options = { level: logLevel, base: worker === undefined ? undefined : { worker } };
  const isPretty = logFormat === undefined ? !production && process.stdout.isTTY : logFormat === 'pretty';
  if (!isPretty) return pino(options, pino.destination(gathered));
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ ignore: 'requestId', singleLine: true, translateTime: 'HH:MM:ss' }));
}
