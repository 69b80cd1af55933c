import { isUnstorable } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { ErrorScene } from '../../http/api.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { clientChallenge } from '../../oauth/credentials.ts';
import { OAuthError, type OAuthErrorCode } from '../../oauth/errors.ts';
import { errorPage } from '../../oauth/pages.ts';

/** The error numbers of the API, by the original's names (facts, section 3), and what is said of each. */
const texts = {
  1: 'The body is not a JSON object sent as application/json',
  3: 'The Authorization header is missing: send Authorization: OAuth <token>',
  4: 'The access token is unknown or has expired',
  6: 'A required field is missing',
  7: 'There is no such user',
  8: 'There is no such device',
  10: 'The password is wrong',
  11: 'There is no such message',
  12: 'There is no such push',
  13: 'There is no such app',
  16: 'The message is not acceptable',
  17: 'The server cannot handle the request',
  18: 'There is no such object',
  20: 'This is not permitted',
  21: 'There is no such operation',
  22: 'The user exists already',
  24: 'The code is invalid',
  25: 'The device exists already',
  26: 'There is no such conversation for this user',
  28: 'A field has the wrong type or length',
  29: 'The user is not a customer',
  30: 'There is no such group',
  31: 'A list is expected',
  32: 'The user is not in the group',
  33: 'There is nothing to update',
  35: 'There is nobody to talk to',
  36: 'Conversations of this type cannot be created',
  38: 'The user owns the app',
  39: 'The user does not own the app',
  40: 'The user does not belong to the app',
  42: 'max_uuid and min_uuid cannot be given together',
  44: 'The value of a field is not allowed',
} as const;

export type ErrorNumber = keyof typeof texts;

/** A refusal by its number. Operations tell it with HTTP 200; only the event stream uses the status. */
export class PpmessageError extends HttpError {
  readonly number: ErrorNumber;
  /** What stands in the answer beside the envelope. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(number: ErrorNumber, message: string = texts[number], fields: Record<string, string> = {}) {
    super(number === 3 || number === 4 ? 'unauthorized' : 'forbidden', message);
    this.number = number;
    this.fields = fields;
  }
}

/**
 * Tells an error as the operation declares it: a page where a person looks at it, RFC 6749's body with the envelope at
 * the token endpoint, the envelope everywhere else. An operation that was found answers 200, except where HTTP itself
 * failed (406, 413, 500), and the event stream, which has no envelope when it succeeds.
 */
export function renderError(error: HttpError, scene: ErrorScene): AnyOutput {
  const { path } = scene.request;
  if (scene.mediaTypes[0] === 'text/html') return errorPage(error, scene.request);
  if (path === '/ppauth/token') return oauthError(error, scene);
  const found = scene.operationId !== undefined && path.startsWith('/api/');
  return {
    status: found && !failures.has(error.kind) ? 200 : error.status,
    type: 'application/json',
    headers:
      error.status === 401 && !found ? { 'WWW-Authenticate': 'OAuth realm="PPMessage", Bearer realm="PPMessage"' } : {},
    body: {
      ...(error instanceof PpmessageError && error.fields),
      error_code: String(numberOf(error)),
      error_string: textOf(error),
      uri: uriOf(path),
    },
  };
}

/** The name of an operation as the envelope has it: `/PP_GET_APP_INFO`. */
export const uriOf = (path: string) => path.replace(/^\/api\//, '/');

/** What goes wrong with HTTP and not with the operation. */
const failures = new Set<HttpError['kind']>(['not_acceptable', 'payload_too_large', 'internal', 'not_implemented']);

/** What the house says in general of a missing token and of an unknown address is told in the words of the API. */
function textOf(error: HttpError): string {
  if (error instanceof PpmessageError) return error.message;
  if (error.kind === 'unauthorized') return texts[3];
  return error.kind === 'not_found' ? texts[21] : error.message;
}

function numberOf(error: HttpError): ErrorNumber {
  if (error instanceof PpmessageError) return error.number;
  switch (error.kind) {
    case 'invalid_request':
      return validationNumber(error);
    // Text that no database keeps is told as broken JSON elsewhere; here the JSON was fine.
    case 'malformed_request':
      return isUnstorable(error.cause) ? 28 : 1;
    case 'unsupported_media_type':
    case 'method_not_allowed':
      return 1;
    case 'unauthorized':
      return 3;
    case 'not_found':
      return 21;
    // The only thing that is limited is guessing passwords.
    case 'too_many_requests':
      return 10;
    default:
      return 17;
  }
}

/** Of several mistakes the one that the original would have found first. */
function validationNumber({ details }: HttpError): ErrorNumber {
  const keywords = details.map(({ keyword }) => keyword);
  if (details.some(({ path }) => path === '/body')) return 1;
  if (!details.some(({ path }) => path.startsWith('/body/'))) return 28;
  if (keywords.includes('required')) return 6;
  const [shape] = details.filter(({ keyword }) => !values.has(keyword));
  if (shape === undefined) return 44;
  return shape.message === 'must be array' ? 31 : 28;
}

/** Keywords that judge a value whose type and length are right. */
const values = new Set(['enum', 'format', 'pattern', 'const']);

/** RFC 6749 §5.2 with the fields of the envelope. */
function oauthError(refusal: HttpError, { request, body }: ErrorScene): AnyOutput {
  // Other grants have other fields, and the lack of a code is not what is wrong then.
  const error = (refusal.kind === 'invalid_request' && otherGrant(body)) || refusal;
  const [code, number] = oauthCode(error);
  return {
    status: error.status,
    type: 'application/json',
    headers: {
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      ...(error.status === 401 && { 'WWW-Authenticate': clientChallenge(request, 'PPMessage') }),
    },
    body: {
      error: code,
      error_description: error.message,
      error_code: String(number),
      error_string: error.message,
      uri: request.path,
    },
  };
}

function otherGrant(body: unknown): OAuthError | undefined {
  const { grant_type: grant } = (body ?? {}) as { grant_type?: unknown };
  if (typeof grant !== 'string' || grant === '' || grant === 'authorization_code') return undefined;
  return new OAuthError('unsupported_grant_type', `grant_type ${grant} is not supported`);
}

type TokenErrorCode = OAuthErrorCode | 'temporarily_unavailable' | 'server_error';

function oauthCode(error: HttpError): [TokenErrorCode, ErrorNumber | -1] {
  if (error instanceof OAuthError) return [error.code, oauthNumbers[error.code] ?? 6];
  if (error.kind === 'too_many_requests') return ['temporarily_unavailable', -1];
  const number = numberOf(error);
  return [error.status >= 500 ? 'server_error' : 'invalid_request', number === 44 ? 28 : number];
}

const oauthNumbers: Partial<Record<OAuthErrorCode, ErrorNumber>> = {
  invalid_client: 10,
  invalid_grant: 24,
  unauthorized_client: 20,
  unsupported_grant_type: 44,
};
