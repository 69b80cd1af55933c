import cors from 'cors';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import { sql } from 'kysely';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { pendingMigrations } from './database/migrate.ts';
import type { TableOwner } from './database/owner.ts';
import { docs } from './docs.ts';
import { HttpError } from './errors.ts';
import { filesTables } from './files/database/owner.ts';
import { gobelieve } from './gobelieve/index.ts';
import { html, pagePolicy, renderPage } from './html.ts';
import type { Api } from './http/api.ts';
import { logRequests, recordOf } from './http/log.ts';
import { createMetrics } from './http/metrics.ts';
import { mountApi } from './http/mount.ts';
import { messagesTables } from './messages/database/owner.ts';
import { mockMissing, mountMock } from './mock/mock.ts';
import { oauthTables } from './oauth/database/owner.ts';
import { portal } from './portal.ts';
import { ppmessage } from './ppmessage/index.ts';
import { sandbox } from './sandbox.ts';
import { tower } from './tower/index.ts';
import { ucenter } from './ucenter/index.ts';

/** Every API that this server implements. `redocly.yaml` registers the same names. */
export const apis: readonly Api[] = [tower, gobelieve, ucenter, ppmessage];

/** Everything that has tables. */
export const tableOwners: readonly TableOwner[] = [oauthTables, messagesTables, filesTables, ...apis];

export interface AppOptions {
  /** Which APIs to serve; all of them by default. */
  served?: readonly Api[];
}

/**
 * The server: every API under its prefix and at the root of its own host names, the docs, the operator's endpoints,
 * and in the sandbox its pages.
 */
export function createApp(context: Context, { served = apis }: AppOptions = {}): Express {
  const { config } = context;
  const app = createBase(context, served, (api) => mountApi(config.mockMissing ? mockMissing(api) : api, context));
  app.get('/readyz', readiness(served, context));
  app.get('/', portal(served, context));
  app.use('/docs', docs(served));
  if (config.sandbox) app.use(sandbox(served, context));
  return withLastHandlers(app, context);
}

/** The mock: the same addresses, validation and errors; the answers come from the contract's examples. */
export function createMockApp(context: Context, { served = apis }: AppOptions = {}): Express {
  const app = createBase(context, served, (api) => mountMock(api, context));
  // It answers without a database, and has none when it runs alone.
  app.get('/readyz', (_request, response) => void response.json({ status: 'ready' }));
  app.get('/', (_request, response) => void response.json({ mocks: served.map(({ name }) => `/${name}`) }));
  return withLastHandlers(app, context);
}

/** What server and mock have in common. The APIs come before all other paths, for their requests are most of all. */
function createBase(context: Context, served: readonly Api[], handlerOf: (api: Api) => RequestHandler): Express {
  const { config, log } = context;
  const metrics = createMetrics();
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.trustProxy ?? false);
  app.use(logRequests(log, (record, { method }, status, seconds) => metrics.observe(record, method, status, seconds)));
  app.use(secureHeaders());
  app.use(serveApis(served, config, handlerOf));
  app.get('/livez', (_request, response) => void response.json({ status: 'live' }));
  app.get('/metrics', metrics.handler);
  return app;
}

function secureHeaders(): RequestHandler {
  const always = helmet({
    // For data. Pages bring the policy that they need.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: false,
    // Applications open the sign-in page as a popup and wait for it to come back; this policy would cut them off.
    crossOriginOpenerPolicy: false,
  });
  const overHttps = helmet.strictTransportSecurity();
  return (request, response, next) => {
    always(request, response, request.secure ? () => overHttps(request, response, next) : next);
  };
}

/** Paths of ours that are answered on the host names of APIs too: probes do not choose their host name. */
const operatorPaths = new Set(['/livez', '/readyz', '/metrics']);

/**
 * Hands a request to its API, which is found by host name or by the first part of the path. One look-up, however many
 * APIs and host names there are; `app.use(prefix)` for each would try them all in turn.
 */
function serveApis(
  served: readonly Api[],
  { hosts, publicUrl }: Config,
  handlerOf: (api: Api) => RequestHandler,
): RequestHandler {
  const handlers = new Map(served.map((api) => [api.name, handlerOf(api)]));
  const metadata = metadataLocations(served, publicUrl);
  const allowOrigins = allowAnyOrigin();

  return (request, response, next) => {
    // A proxy's form of the request line: the whole address where usually only the path stands (RFC 9112, 3.2.2).
    if (!request.url.startsWith('/')) request.url = request.url.replace(/^https?:\/\/[^/?]*\/?/i, '/');
    const { path } = request;
    const hosted = hosts.get(request.hostname?.toLowerCase());
    let handler = hosted === undefined || operatorPaths.has(path) ? undefined : handlers.get(hosted);
    if (handler === undefined) {
      const url = metadata.get(path) ?? request.url;
      const [prefix, name] = /^\/([^/?]+)/.exec(url) ?? ['', ''];
      handler = handlers.get(name as string);
      if (handler === undefined) return next();
      // As `app.use(prefix)` does it.
      request.baseUrl = prefix;
      request.url = url.slice(prefix.length).replace(/^(?!\/)/, '/');
    }
    const serve = handler;
    allowOrigins(request, response, () => serve(request, response, next));
  };
}

/**
 * Where RFC 8414 (section 3.1) looks for the metadata of an issuer with a path: in front of that path. Maps it to the
 * place where the contract has it.
 */
function metadataLocations(served: readonly Api[], publicUrl: string | undefined): Map<string, string> {
  const wellKnown = '/.well-known/oauth-authorization-server';
  const parents = new Set(['', publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')]);
  return new Map(
    [...parents].flatMap((parent) =>
      served.map(({ name }) => [`${wellKnown}${parent}/${name}`, `/${name}${wellKnown}`] as const),
    ),
  );
}

/** CORS: pages of any origin may call the APIs. No cookies come with it, only the credentials that a page has itself. */
function allowAnyOrigin(): RequestHandler {
  const options: cors.CorsOptions = {
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'WWW-Authenticate', 'Location'],
    maxAge: 600,
  };
  const preflight = cors(options);
  const headers = cors({ ...options, preflightContinue: true });
  return (request, response, next) => {
    const asks = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    (asks ? preflight : headers)(request, response, next);
  };
}

/** 200 when requests can be served, else 503 and what is missing. */
function readiness(served: readonly Api[], { database, log }: Context): RequestHandler {
  let migrated = false;
  const checks: Record<string, () => Promise<boolean>> = {
    contracts: async () => served.every(({ contract }) => Object.keys(contract.paths).length > 0),
    database: async () => (await sql`select 1`.execute(database)).rows.length === 1,
    // Tables do not go back to an older state, so once is enough.
    migrations: async () => (migrated ||= (await pendingMigrations(database, tableOwners)).length === 0),
  };
  return async (_request, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const passed = await check().catch((error) => void log.error({ err: error }, `not ready: ${name}`));
        return [name, passed ? 'ok' : 'failed'] as const;
      }),
    );
    const ready = results.every(([, result]) => result === 'ok');
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ready' : 'not ready', checks: Object.fromEntries(results) });
  };
}

/** What no one else has answered. The APIs tell their errors themselves. */
function withLastHandlers(app: Express, { log }: Context): Express {
  app.use((request) => {
    throw new HttpError('not_found', `Nothing is at ${request.path}`);
  });
  const tellError: ErrorRequestHandler = (error, request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { id, log: requestLog } = recordOf(request, log);
    const known = toHttpError(error);
    if (known.kind === 'internal') requestLog.error({ err: error }, 'unforeseen error');
    tell(known, id, request, response);
  };
  app.use(tellError);
  return app;
}

/** Express has errors of its own for requests that it cannot read; everything else unknown is a fault of ours. */
function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const { status = 500 } = (error ?? {}) as { status?: number };
  if (status >= 400 && status < 500)
    return new HttpError('malformed_request', 'The request cannot be read', { cause: error });
  return new HttpError('internal', 'Internal server error', { cause: error });
}

function tell(
  { kind, status, message, details, headers }: HttpError,
  id: string,
  request: Request,
  response: Response,
) {
  response.status(status).set(headers).vary('Accept');
  if (request.accepts(['json', 'html']) !== 'html') {
    response.json({ error: kind, message, ...(details.length > 0 && { details }), request_id: id });
    return;
  }
  const english = request.acceptsLanguages('zh', 'en') === 'en';
  const title =
    status === 404 ? (english ? 'Page not found' : '没有这个页面') : english ? 'Something went wrong' : '出错了';
  const body = html`<div class="card"><h1>${title}</h1><p>${message}</p><p class="soft">${english ? 'Request' : '请求编号'} <code>${id}</code></p></div>`;
  response.set('Content-Security-Policy', pagePolicy).type('html');
  response.send(renderPage({ language: english ? 'en' : 'zh-CN', title, body }));
}
