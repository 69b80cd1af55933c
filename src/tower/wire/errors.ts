import { STATUS_CODES } from 'node:http';
import type { HttpError } from '../../errors.ts';
import type { ErrorScene, FaultBodies } from '../../http/api.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { clientChallenge } from '../../oauth/clients/credentials.ts';
import { OAuthError } from '../../oauth/errors.ts';
import { errorPage } from '../../oauth/pages/error-page.ts';

/**
 * Renders an error in the format that the operation declares for it: RFC 6749's for the OAuth endpoints, an HTML page
 * for the pages, JSON:API's for resources (T-35).
 */
export function renderError(error: HttpError, scene: ErrorScene): AnyOutput {
  const [type] = scene.mediaTypes;
  if (scene.mediaTypes.includes('text/html')) return errorPage(error, scene);
  if (type === 'application/json' && !scene.mediaTypes.includes(jsonApi)) return oauthError(error, scene);
  if (type === undefined && scene.request.path.startsWith('/oauth/')) return oauthError(error, scene);
  return { ...errorDocument(error, scene), type: type ?? jsonApi };
}

const jsonApi = 'application/vnd.api+json';

/** The error response of RFC 6749 §5.2, with the headers of §5.1 (T-22). */
function oauthError(error: HttpError, scene: ErrorScene): AnyOutput {
  const headers: Record<string, string> = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
  const code = oauthCode(error, scene);
  if (error.status === 401) headers['WWW-Authenticate'] = `${clientChallenge(scene.request, 'Tower')}, error="${code}"`;
  return {
    status: error.status,
    type: 'application/json',
    headers,
    body: { error: code, error_description: error.message },
  };
}

function oauthCode(error: HttpError, { body }: ErrorScene): string {
  if (error instanceof OAuthError) return error.code;
  if (error.kind === 'too_many_requests' || error.kind === 'unavailable') return 'temporarily_unavailable';
  if (error.kind === 'internal' || error.kind === 'not_implemented') return 'server_error';
  if (error.kind === 'unauthorized') return 'invalid_client';
  const unknownGrant = error.details.some(({ path, keyword }) => path === '/body/grant_type' && keyword === 'enum');
  // RFC 6749 §3.2: a parameter without a value counts as absent, and a repeated one, which is a list, is invalid.
  const grant = (body as { grant_type?: unknown } | undefined)?.grant_type;
  return unknownGrant && typeof grant === 'string' && grant !== '' ? 'unsupported_grant_type' : 'invalid_request';
}

/** The `errors` of JSON:API 1.0, one for each invalid field. */
function errorDocument(error: HttpError, { request }: ErrorScene): AnyOutput {
  const status = String(error.status);
  const title = STATUS_CODES[error.status];
  const entries = error.details.length > 0 ? error.details : [undefined];
  const errors = entries.map((detail) => ({
    id: request.id,
    status,
    code: error.kind,
    title,
    detail: detail === undefined ? error.message : `${nameOf(detail.path)} ${detail.message}`,
    ...(detail && { source: sourceOf(detail.path) }),
  }));
  const headers: Record<string, string> = {};
  if (error.status === 401) headers['WWW-Authenticate'] = error.headers['WWW-Authenticate'] ?? 'Bearer realm="Tower"';
  return { status: error.status, headers, body: { errors } };
}

const nameOf = (path: string) => path.split('/').slice(2).join('.') || path.slice(1);

function sourceOf(path: string): Record<string, string> {
  const [, place, ...rest] = path.split('/');
  const [name = '', ...members] = rest;
  if (place === 'body') return { pointer: `/${rest.join('/')}` };
  if (place === 'headers') return { header: name };
  return { parameter: name + members.map((member) => `[${member}]`).join('') };
}

/** RFC 6749's `error`, or the `code` of the first error of JSON:API. */
export const faults: FaultBodies = {
  codeOf: ({ error, errors }) => error ?? (errors as { code: string }[] | undefined)?.[0]?.code,
};
