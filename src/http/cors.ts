import cors from 'cors';
import type { RequestHandler } from 'express';
import { presetHeaders, setPreset } from './preset-headers.ts';

const exposedHeaders = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Location',
  'Qiyue-Fault',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
].join(',');
const anyOrigin = ['Access-Control-Allow-Origin', '*', 'Access-Control-Expose-Headers', exposedHeaders];

/**
 * CORS: pages of any origin may call the APIs. Their requests carry no cookies, only credentials that the page has.
 *
 * @param withCookies allows requests with `credentials: 'include'`; only for answers that no cookie changes
 */
export function allowAnyOrigin(withCookies: boolean): RequestHandler {
  const options: cors.CorsOptions = {
    // Browsers refuse `*` for such requests, so the origin is echoed.
    ...(withCookies && { origin: true, credentials: true }),
    exposedHeaders,
    maxAge: 600,
  };
  const preflight = cors(options);
  const headers = cors({ ...options, preflightContinue: true });
  return (request, response, next) => {
    // What `cors` sets too, which goes through its options for every request.
    if (request.method !== 'OPTIONS' && !withCookies) {
      presetHeaders(response, anyOrigin);
      return next();
    }
    // `cors` sets its own one by one, and answers a preflight itself.
    setPreset(response);
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    (isPreflight ? preflight : headers)(request, response, next);
  };
}
