import { setMaxListeners } from 'node:events';
import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './database/open.ts';
import { createDelivery, type Delivery } from './delivery/delivery.ts';
import { createFiles, type Files } from './delivery/files.ts';
import { createLive, type Live } from './delivery/live.ts';
import { createLimits, type Limits } from './limits.ts';

/** What every operation may use. Made once at start; holds no state of a request. */
export interface Context {
  config: Config;
  database: Database;
  delivery: Delivery;
  files: Files;
  limits: Limits;
  live: Live;
  log: Logger;
  /** Aborted when the server begins to close: who waits or listens is let go then. */
  closing: AbortSignal;
}

/** Opens what the configuration names. Close it with `closeContext`. */
export async function createContext(config: Config, closing = new AbortController().signal): Promise<Context> {
  const log = await createLog(config);
  const database = await openDatabase(config.databaseUrl);
  const { mailUrl, smsUrl, wechatUrl } = config;
  const delivery = createDelivery({ database, log, mailUrl, smsUrl, wechatUrl, keepCopies: config.sandbox });
  const [limits, live] = await Promise.all([createLimits(config, log), createLive(config, log)]);
  const files = createFiles(database, config.filesUrl);
  setMaxListeners(0, closing);
  return { config, database, delivery, files, limits, live, log, closing };
}

/** Finishes what is being delivered, then closes every connection. */
export async function closeContext({ delivery, limits, live, database }: Context): Promise<void> {
  await delivery.close();
  await Promise.all([limits.close(), live.close()]);
  await database.destroy();
}

/** Lines for people in a terminal, JSON everywhere else. */
export async function createLog({ production, logLevel }: Config): Promise<Logger> {
  const options = { level: logLevel, base: undefined };
  if (production || !process.stdout.isTTY) return pino(options);
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ ignore: 'requestId', singleLine: true, translateTime: 'HH:MM:ss' }));
}
