import type { RequestHandler } from 'express';
import type { Config } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Api } from './api.ts';
import { allowAnyOrigin } from './cors.ts';
import { isForOperators } from './operator-paths.ts';
import { pagePaths } from './page-paths.ts';
import { PICTURES } from './pictures.ts';
import { enterWorld, placeOf, type Worlds } from './world.ts';

/**
 * Passes a request to its API, which is found by the host name or by the first part of the path. This is one look-up for
 * any number of APIs and host names; with `app.use(prefix)` Express would try each of them.
 */
export function serveApis(
  apis: readonly Api[],
  { hosts, publicUrl }: Config,
  handlerOf: (api: Api) => RequestHandler,
  { isMock, worlds }: { isMock: boolean; worlds: Worlds | undefined },
): RequestHandler {
  const handlers = new Map(apis.map((api) => [api.name, withCors(api, handlerOf(api), isMock)]));
  const metadata = metadataLocations(apis, publicUrl);
  const hasPictures = isMock || worlds !== undefined;

  return (request, response, next) => {
    // Clients of a proxy send an absolute URL as request target (RFC 9112, section 3.2.2).
    if (!request.url.startsWith('/')) request.url = request.url.replace(/^https?:\/\/[^/?]*\/?/i, '/');
    if (worlds !== undefined && !enterWorld(request, response, worlds, hosts)) return;
    const { path } = request;
    // Health checks cannot choose the host name.
    const place = placeOf(request);
    const hosted = place?.api ?? hosts.get(request.hostname?.toLowerCase());
    let handler =
      hosted === undefined || isForOperators(path) || (hasPictures && path.startsWith(PICTURES))
        ? undefined
        : handlers.get(hosted);
    if (handler === undefined) {
      const url = metadata.get(path.replace(/\/$/, '')) ?? request.url.replace(/^\/{2,}/, '/');
      const [prefix, name] = /^\/([^/?]+)/.exec(url) ?? ['', ''];
      handler = handlers.get(name as string);
      if (handler === undefined) return next();
      // As `app.use(prefix)` does it.
      request.baseUrl = (place?.prefix ?? '') + prefix;
      request.url = url.slice(prefix.length).replace(/^(?!\/)/, '/');
    }
    handler(request, response, next);
  };
}

/**
 * Pages of other origins may call the operations of an API, but not its own pages: the authorization endpoint must not
 * support CORS (RFC 9700 §2.6), and browsers are sent to it.
 */
function withCors({ contract }: Api, serve: RequestHandler, withCookies: boolean): RequestHandler {
  const allowOrigins = allowAnyOrigin(withCookies);
  const isPage = lazy(() => pagePaths(contract));
  return (request, response, next) => {
    if (isPage()(request.path)) serve(request, response, next);
    else allowOrigins(request, response, () => serve(request, response, next));
  };
}

/**
 * The metadata of an issuer with a path have their well-known URL in front of that path (RFC 8414, sections 3.1 and 5).
 * Maps this URL to the one in the contract.
 */
function metadataLocations(apis: readonly Api[], publicUrl: string | undefined): Map<string, string> {
  const names = ['oauth-authorization-server', 'openid-configuration'];
  const parents = new Set(['', publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')]);
  return new Map(
    names.flatMap((name) =>
      [...parents].flatMap((parent) =>
        apis.map((api) => [`/.well-known/${name}${parent}/${api.name}`, `/${api.name}/.well-known/${name}`] as const),
      ),
    ),
  );
}
