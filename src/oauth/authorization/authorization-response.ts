import { HttpError } from '../../errors.ts';
import type { RequestInfo } from '../../http/request.ts';
import { OUT_OF_BAND } from '../clients/redirect-uris.ts';
import { DeniedError } from '../errors.ts';
import { type PagesProfile, type Profile, requirePages } from '../profile.ts';
import { type Redirect, redirect, toQuery } from '../redirect.ts';
import { OPENID } from '../scope.ts';
import type { AuthorizationError, AuthorizationRequest } from './authorization-request.ts';

/** Redirects the browser to the client with a code (RFC 6749 §4.1.2), or to the page that shows the code. */
export function redirectWithCode(
  profile: Profile,
  request: RequestInfo,
  { redirectUri, scopes, state, codeChallenge }: AuthorizationRequest,
  code: string,
): Redirect {
  if (redirectUri === OUT_OF_BAND)
    return redirect(request, `${codePagePath(requirePages(profile))}?${toQuery({ code, state })}`);
  // A client from before RFC 9207 may read everything after `code=` as the code: it gets the code alone.
  const isPlain = state === undefined && codeChallenge === undefined && !scopes.includes(OPENID);
  const iss = isPlain ? undefined : issuer(profile, request);
  return redirect(request, withQuery(redirectUri, { code, state, iss }));
}

/**
 * Redirects the browser to the client with an error (RFC 6749 §4.1.2.1).
 *
 * @throws DeniedError, HttpError invalid_request when the redirect is out-of-band: a page shows the error
 */
export function redirectWithError(
  profile: Profile,
  request: RequestInfo,
  { redirectUri, state }: Pick<AuthorizationRequest, 'redirectUri' | 'state'>,
  { code, message }: AuthorizationError,
): Redirect {
  if (redirectUri === OUT_OF_BAND)
    throw code === 'access_denied' ? new DeniedError() : new HttpError('invalid_request', message);
  const iss = issuer(profile, request);
  return redirect(request, withQuery(redirectUri, { error: code, error_description: message, state, iss }));
}

/** The path of the page that shows a code. */
export function codePagePath({ api, paths }: PagesProfile): string {
  if (paths.code === undefined) throw new Error(`${api} has no page for codes`);
  return paths.code;
}

/** `iss` of RFC 9207. */
const issuer = ({ sendsIssuer }: Profile, { baseUrl }: RequestInfo) => (sendsIssuer ? baseUrl : undefined);

/** Adds parameters to the registered address, which may have a query already. */
const withQuery = (uri: string, parameters: Record<string, string | undefined>): string =>
  `${uri}${uri.includes('?') ? '&' : '?'}${toQuery(parameters)}`;
