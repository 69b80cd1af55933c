import express, { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express';
import type { Context } from '../context.ts';
import { addressesOf } from '../docs/addresses.ts';
import type { Api } from '../http/api.ts';
import { callerOf } from '../http/own-calls.ts';
import { placeOf } from '../http/world.ts';
import { lazy } from '../lazy.ts';
import { tokenCredentials } from './credentials.ts';
import { createSearch } from './search.ts';
import { sendToSelf } from './send.ts';
import type { Target } from './tools.ts';

/** The Model Context Protocol at `/mcp`: search, describe and call all operations of this server. */
export function serveMcp(apis: readonly Api[], context: Pick<Context, 'config' | 'log'>): Router {
  const search = lazy(() => createSearch(apis));
  const router = Router();
  router.use(refuseForeignOrigins(context));
  router.post('/', express.json({ limit: context.config.bodyLimit }), async (request, response) => {
    const { answerMcp } = await import('./http.ts');
    await answerMcp(request, response, targetOf(request, apis, context), search);
  });
  router.use(answerParseError);
  // There are no sessions to listen to or to end.
  router.all('/', (_request, response) => void response.status(405).set('Allow', 'POST').end());
  return router;
}

/** Calls go to this server itself, and into the world of the request. */
function targetOf(request: Request, apis: readonly Api[], context: Pick<Context, 'config' | 'log'>): Target {
  const { localAddress: address = '', localPort: port = 0 } = request.socket;
  const { host = '', authorization, 'qiyue-world': world } = request.headers;
  const caller = callerOf(request);
  const headers = { host, ...(typeof world === 'string' && { 'qiyue-world': world }) };
  const prefix = placeOf(request)?.prefix ?? '';
  return {
    apis,
    addresses: addressesOf(request, context),
    send: (api, call) => sendToSelf({ address, port, caller, prefix: `${prefix}/${api.name}`, headers }, call),
    ...(authorization !== undefined && { credentials: (known) => tokenCredentials(known, authorization) }),
  };
}

const answerParseError: ErrorRequestHandler = (error, _request, response, next) => {
  if (error?.type !== 'entity.parse.failed') return next(error);
  response.status(400).json({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } });
};

/**
 * Pages of other sites must not call: a browser would send their requests to a server on the reader's own machine, also
 * by a name that was made to lead there (DNS rebinding).
 */
function refuseForeignOrigins({ config: { publicUrl } }: Pick<Context, 'config'>): RequestHandler {
  const isOwn = (origin: string, request: Request) =>
    publicUrl === undefined ? isOwnLoopback(origin, request) : origin === new URL(publicUrl).origin;
  return (request, response, next) => {
    const { origin } = request.headers;
    if (origin === undefined || isOwn(origin, request)) return next();
    response
      .status(403)
      .json({ jsonrpc: '2.0', id: null, error: { code: -32000, message: `Origin ${origin} is not allowed` } });
  };
}

function isOwnLoopback(origin: string, { headers: { host } }: Request): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host && /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}
