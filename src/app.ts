import { setTimeout as sleep } from 'node:timers/promises';
import express, { type Express, type RequestHandler, Router } from 'express';
import { sql } from 'kysely';
import { type Context, contextOf } from './context.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { pendingMigrations } from './database/migrate.ts';
import type { TableOwner } from './database/owner.ts';
import { infoOf } from './docs/contract.ts';
import { serveDocs } from './docs/serve.ts';
import { filesTables } from './files/database/owner.ts';
import { requireWritable } from './files/files.ts';
import { gobelieve } from './gobelieve/index.ts';
import type { Api } from './http/api.ts';
import { guideBrowsers } from './http/guide-browsers.ts';
import type { HooksOf } from './http/hooks.ts';
import { addLastHandlers } from './http/last-handlers.ts';
import { logRequests } from './http/log.ts';
import { createMetrics } from './http/metrics.ts';
import { mountApi } from './http/mount.ts';
import { isForOperators } from './http/operator-paths.ts';
import { setPreset } from './http/preset-headers.ts';
import { secureHeaders } from './http/secure-headers.ts';
import { serveApis } from './http/serve-apis.ts';
import { startInTurn } from './http/start-in-turn.ts';
import { placeOf, type Worlds } from './http/world.ts';
import { serveMcp } from './mcp/serve.ts';
import { messagesTables } from './messages/database/owner.ts';
import { mockMissing, mountMock } from './mock/mock.ts';
import { withPreferences } from './mock/prefer.ts';
import { oauthTables } from './oauth/database/owner.ts';
import { portal } from './portal.ts';
import { ppmessage } from './ppmessage/index.ts';
import { seedTables } from './sandbox/database/seed-tables.ts';
import { createSandbox, sandboxOfMock } from './sandbox/index.ts';
import { Controls } from './sandbox/model/control.ts';
import type { Parts } from './sandbox/model/parts.ts';
import { SandboxWorlds } from './sandbox/model/worlds.ts';
import { serveConsole } from './sandbox/pages/console/serve-console.ts';
import { servePictures } from './sandbox/pages/pictures.ts';
import { refuseWebsites } from './sandbox/pages/refuse-websites.ts';
import { sandboxPages } from './sandbox/pages/serve-pages.ts';
import { tower } from './tower/index.ts';
import { ucenter } from './ucenter/index.ts';

/** The APIs of the original systems. */
const originals: readonly Api[] = [tower, gobelieve, ucenter, ppmessage];

const sharedTables: readonly TableOwner[] = [oauthTables, messagesTables, filesTables, seedTables];

/** What the control API of the sandbox needs of the others. */
const partsOf = (controlled: readonly Api[], controls = new Controls(controlled, false)): Parts => ({
  apis: controlled,
  controls,
  tableOwners: [...sharedTables, ...originals],
  start: (context) => startWork(context, controlled),
  cleanUp,
});

/** What tests control the others with. */
export const sandbox: Api = createSandbox(partsOf(originals));

/** Every API that this server implements. `redocly.yaml` registers the same names. */
export const apis: readonly Api[] = [...originals, sandbox];

/** Every part of the program that has tables. */
export const tableOwners: readonly TableOwner[] = [...sharedTables, ...apis];

/**
 * The worlds of the sandbox; without a sandbox only the outside, which is the context. `outside.start()` starts the work
 * that no request causes, and `close()` ends everything, the context included.
 */
export const createWorlds = (context: Context, served: readonly Api[] = apis): SandboxWorlds =>
  new SandboxWorlds(context, partsOf(served.filter(({ name }) => name !== sandbox.name)));

/** Starts sending messages and webhooks, and the work of the APIs. The returned function ends the latter. */
function startWork(context: Context, served: readonly Api[]): () => Promise<void> {
  const webhooks = served.flatMap((api) => (api.webhooks ? [[api.name, api.webhooks(context)] as const] : []));
  context.messages.start(new Map(webhooks));
  const stops = served.flatMap(({ start }) => (start === undefined ? [] : [start(context)]));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

/** Deletes what has expired by the clock of the context. */
export async function cleanUp({ clock, database, files, log }: Context): Promise<void> {
  try {
    const rows = await deleteExpired(database, [...sharedTables, ...originals], clock.now());
    const swept = await files.sweep(clock.now());
    log.info({ rows, files: swept }, 'expired data deleted');
  } catch (error) {
    log.error({ err: error }, 'expired data cannot be deleted');
  }
}

export interface AppOptions {
  /** The APIs to serve. Defaults to all. */
  served?: readonly Api[];
  /** Where the requests of a sandbox go. Defaults to worlds of this app alone. */
  worlds?: Worlds;
  /** Shared by server and mock. Defaults to one of the app's own. */
  controls?: Controls | undefined;
}

/**
 * The server: every API under its prefix and at the root of its own host names, the docs, the endpoints for operators,
 * and in the sandbox its pages.
 */
export function createApp(context: Context, options: AppOptions = {}): Express {
  const { config, log } = context;
  const { served, hooksOf, controls } = servedBy(context, options);
  const mount = (api: Api) => {
    const own = contextOf(context, api.name);
    if (api.name === sandbox.name) return sandboxPages(served, context).use(mountApi(guideBrowsers(api), own));
    const whole = guideBrowsers(config.mockMissing ? mockMissing(api) : api);
    return mountApi(config.sandbox ? withPreferences(whole) : whole, own, hooksOf);
  };
  const worlds = config.sandbox ? (options.worlds ?? createWorlds(context, served)) : undefined;
  const app = createBase(context, served, mount, { isMock: false, worlds });
  app.get('/readyz', readiness(served, context));
  const others = served.filter(({ name }) => name !== sandbox.name);
  app.get('/', controls ? serveConsole({ apis: others, controls, infoOf }, context) : portal(served, infoOf, context));
  const docs = serveDocs(served, context);
  app.use('/docs', docs);
  app.get(['/llms.txt', '/llms-full.txt'], docs);
  if (config.mcp) app.use('/mcp', serveMcp(served, context));
  addLastHandlers(app, log);
  return app;
}

/** The mock: the same URLs, validation and errors. The responses come from the examples of the contracts. */
export function createMockApp(context: Context, options: AppOptions = {}): Express {
  const { served, hooksOf } = servedBy(context, options);
  const mount = (api: Api) =>
    api.name === sandbox.name
      ? Router()
          .use(refuseWebsites, servePictures())
          .use(mountMock(sandboxOfMock(api, context.config), context, { real: Object.keys(api.operations) }))
      : mountMock(api, context, { hooksOf });
  const app = createBase(context, served, mount, { isMock: true, worlds: undefined });
  // The mock uses no database, and has none when it runs alone.
  app.get('/readyz', (_request, response) => void response.json({ status: 'ready' }));
  app.get('/', (_request, response) => void response.json({ mocks: served.map(({ name }) => `/${name}`) }));
  addLastHandlers(app, context.log);
  return app;
}

/** Faults and logs of requests, which server and mock share. */
export const createControls = ({ config }: Context, served: readonly Api[] = apis): Controls =>
  new Controls(controlled(served), config.requestLog);

/** The APIs whose calls can fail: those beside the sandbox's own. */
function controlled(served: readonly Api[]): readonly Api[] {
  const others = served.filter(({ name }) => name !== sandbox.name);
  return others.length > 0 ? others : originals;
}

/** The sandbox has its API always, and elsewhere there is none (S-1). */
function servedBy(
  context: Context,
  { served = apis, controls = createControls(context, served) }: AppOptions,
): { served: readonly Api[]; hooksOf?: HooksOf; controls?: Controls } {
  const others = served.filter(({ name }) => name !== sandbox.name);
  if (!context.config.sandbox) return { served: others };
  // Tests serve one of their own.
  const given = served.find((api) => api.name === sandbox.name && api !== sandbox);
  const ofApp = given ?? createSandbox(partsOf(controlled(served), controls));
  return { served: [...others, ofApp], hooksOf: (request) => controls.of(placeOf(request)?.world).hooks, controls };
}

/** The common part of server and mock. The APIs come before other paths, because they get most of the requests. */
function createBase(
  context: Context,
  served: readonly Api[],
  handlerOf: (api: Api) => RequestHandler,
  options: { isMock: boolean; worlds: Worlds | undefined },
): Express {
  const { config, log } = context;
  const metrics = createMetrics(config);
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.trustProxy ?? false);
  app.use(logRequests(log, (record, { method }, status, seconds) => metrics.observe(record, method, status, seconds)));
  app.use(startInTurn(isForOperators));
  app.use(secureHeaders());
  app.use(serveApis(served, config, handlerOf, options));
  app.use((_request, response, next) => {
    setPreset(response);
    next();
  });
  app.get('/livez', (_request, response) => void response.json({ status: 'live' }));
  app.get('/metrics', metrics.handler);
  return app;
}

/** A load balancer asks every few seconds; a silent database fails the check before the next question. */
const READINESS_TIMEOUT_MS = 5000;

/** Returns 200 when the server can process requests, read and write, otherwise 503 with the checks that failed. */
function readiness(served: readonly Api[], { clock, closing, database, files, log }: Context): RequestHandler {
  let migrated = false;
  const checks: Record<string, () => Promise<boolean>> = {
    // Load balancers send the next requests to another node.
    open: async () => !closing.aborted,
    contracts: async () => served.every(({ contract }) => Object.keys(contract.paths).length > 0),
    database: async () => (await sql`select 1`.execute(database)).rows.length === 1,
    // Tables never go back to an older version, so one successful check is enough.
    migrations: async () => (migrated ||= (await pendingMigrations(database, tableOwners)).length === 0),
    writes: remember(async () => {
      await requireWritable(database, clock.now());
      return true;
    }),
    files: remember(async () => {
      await files.requireWritable();
      return true;
    }),
  };
  return async (_request, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const passed = await inTime(check()).catch((error) => void log.error({ err: error }, `not ready: ${name}`));
        return [name, passed ? 'ok' : 'failed'] as const;
      }),
    );
    const ready = results.every(([, result]) => result === 'ok');
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ready' : 'not ready', checks: Object.fromEntries(results) });
  };
}

/** How long the result of a check that writes is good for. */
const WRITE_CHECK_MS = 5000;

/** Checks at most every five seconds, and once at a time. */
function remember(check: () => Promise<boolean>): () => Promise<boolean> {
  let last: Promise<boolean> | undefined;
  let expires = 0;
  return () => {
    if (last !== undefined && performance.now() < expires) return last;
    expires = Infinity;
    last = check().finally(() => {
      expires = performance.now() + WRITE_CHECK_MS;
    });
    return last;
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = new AbortController();
  const timeout = sleep(READINESS_TIMEOUT_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`no answer within ${READINESS_TIMEOUT_MS} ms`);
  });
  return Promise.race([work, timeout]).finally(() => late.abort());
}
