import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { presetHeaders } from './preset-headers.ts';

/** Security headers for every response. Pages replace the content security policy with their own. */
export function secureHeaders(): RequestHandler {
  const always = headersOf(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      strictTransportSecurity: false,
      // Applications open the sign-in page as a popup and wait for it to return; this policy would separate the two.
      crossOriginOpenerPolicy: false,
    }),
  );
  const overHttps = headersOf(helmet.strictTransportSecurity());
  return (request, response, next) => {
    presetHeaders(response, always);
    if (request.secure) presetHeaders(response, overHttps);
    next();
  };
}

/** The headers that a handler of helmet sets, names and values in turn: the same for every response. */
function headersOf(handler: ReturnType<typeof helmet.strictTransportSecurity>): string[] {
  const headers: string[] = [];
  const recorder = { setHeader: (...header: [string, string]) => headers.push(...header), removeHeader() {} };
  handler({} as never, recorder as never, () => {});
  return headers;
}
