import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Security headers for every response. Pages replace the content security policy with their own. */
export function secureHeaders(): RequestHandler {
  const always = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: false,
    // Applications open the sign-in page as a popup and wait for it to return; this policy would separate the two.
    crossOriginOpenerPolicy: false,
  });
  const overHttps = helmet.strictTransportSecurity();
  return (request, response, next) => {
    always(request, response, request.secure ? () => overHttps(request, response, next) : next);
  };
}
