import { isUnstorable } from '../../database/transact.ts';
import type { HttpError } from '../../errors.ts';
import type { ErrorScene, FaultBodies } from '../../http/api.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { clientChallenge } from '../../oauth/clients/credentials.ts';
import { OAuthError, type OAuthErrorCode } from '../../oauth/errors.ts';
import { errorPage } from '../../oauth/pages/error-page.ts';
import { type ErrorName, PpmessageError } from '../model/errors.ts';
import { uriOf } from './envelope.ts';
import { hasOwnToken, toErrorCode } from './numbers.ts';

/** The number and the text of every error (P-25). */
const errors: Readonly<Record<ErrorName, readonly [number: number, text: string]>> = {
  notJson: [1, 'The body is not a JSON object sent as application/json'],
  noAccessToken: [3, 'The Authorization header is missing: send Authorization: OAuth <token>'],
  wrongAccessToken: [4, 'The access token is unknown or has expired'],
  missingField: [6, 'A required field is missing'],
  noSuchUser: [7, 'There is no such user'],
  noSuchDevice: [8, 'There is no such device'],
  wrongPassword: [10, 'The password is wrong'],
  noSuchMessage: [11, 'There is no such message'],
  noSuchPush: [12, 'There is no such push'],
  noSuchApp: [13, 'There is no such app'],
  noSuchFile: [14, 'There is no such file'],
  unacceptableMessage: [16, 'The message is not acceptable'],
  serverError: [17, 'The server cannot handle the request'],
  noSuchObject: [18, 'There is no such object'],
  notPermitted: [20, 'This is not permitted'],
  noSuchOperation: [21, 'There is no such operation'],
  userExists: [22, 'The user exists already'],
  invalidCode: [24, 'The code is invalid'],
  deviceExists: [25, 'The device exists already'],
  noSuchConversation: [26, 'There is no such conversation for this user'],
  wrongType: [28, 'A field has the wrong type or length'],
  notCustomer: [29, 'The user is not a customer'],
  noSuchGroup: [30, 'There is no such group'],
  notList: [31, 'A list is expected'],
  notInGroup: [32, 'The user is not in the group'],
  nothingToUpdate: [33, 'There is nothing to update'],
  noConversationMember: [35, 'The conversation has no other member'],
  wrongConversationType: [36, 'The type of the conversation is not allowed here'],
  groupInConversation: [37, 'The conversation belongs to the group already'],
  ownsApp: [38, 'The user owns the app'],
  notOwner: [39, 'The user does not own the app'],
  notAppUser: [40, 'The user does not belong to the app'],
  maxAndMinUuid: [42, 'max_uuid and min_uuid cannot be given together'],
  notAdministrator: [43, 'The user is not an administrator'],
  invalidValue: [44, 'The value of a field is not allowed'],
  tooManyRequests: [-1, 'Too many requests; try again later'],
};

/**
 * Renders an error as the operation declares it: a page where a browser shows it, RFC 6749's body with the envelope at the
 * token endpoint, the envelope everywhere else. An operation that was found answers 200 (P-19), except for the event
 * stream, and where HTTP itself failed (406, 408, 413, 500, 503). Own programs get 200 and numbers also without one (P-60).
 */
export function renderError(error: HttpError, scene: ErrorScene): AnyOutput {
  const { path } = scene.request;
  if (scene.mediaTypes.includes('text/html')) return errorPage(error, scene);
  if (path === '/ppauth/token') return renderTokenError(error, scene);
  const isOperation = path.startsWith('/api/') || path === '/ppquery/PP_QUERY';
  // The own programs read no answer with another status (P-60).
  const found = isOperation && (scene.operationId !== undefined || hasOwnToken(scene.request));
  const name = !found && error.kind === 'too_many_requests' ? 'tooManyRequests' : nameOf(error);
  return {
    status: found && !httpFailures.has(error.kind) ? 200 : error.status,
    type: 'application/json',
    headers:
      error.status === 401 && !found ? { 'WWW-Authenticate': 'OAuth realm="PPMessage", Bearer realm="PPMessage"' } : {},
    body: {
      ...(error instanceof PpmessageError && error.fields),
      error_code: toErrorCode(numberOf(name), scene.request),
      error_string: textOf(error, name),
      uri: uriOf(path),
    },
  };
}

/** Errors that keep their HTTP status. */
const httpFailures = new Set<HttpError['kind']>([
  'not_acceptable',
  'payload_too_large',
  'request_timeout',
  'internal',
  'not_implemented',
  'unavailable',
]);

const numberOf = (name: ErrorName): number => errors[name][0];

/** Errors that are not PPMessage's keep their message, except where the API has a text of its own. */
function textOf(error: HttpError, name: ErrorName): string {
  const [, text] = errors[name];
  if (error instanceof PpmessageError) return error.explanation ?? text;
  return error.kind === 'unauthorized' || error.kind === 'not_found' ? text : error.message;
}

function nameOf(error: HttpError): ErrorName {
  if (error instanceof PpmessageError) return error.reason;
  switch (error.kind) {
    case 'invalid_request':
      return nameOfViolation(error);
    // Text that no database stores is `malformed_request` too, but the JSON was fine.
    case 'malformed_request':
      return isUnstorable(error.cause) ? 'wrongType' : 'notJson';
    case 'unsupported_media_type':
    case 'method_not_allowed':
      return 'notJson';
    case 'unauthorized':
      return 'noAccessToken';
    case 'not_found':
      return 'noSuchOperation';
    // Of the operations, only password guesses are limited.
    case 'too_many_requests':
      return 'wrongPassword';
    default:
      return 'serverError';
  }
}

/** Of several violations of the contract, the one that the original finds first (P-20). */
function nameOfViolation({ details }: HttpError): ErrorName {
  const keywords = details.map(({ keyword }) => keyword);
  if (details.some(({ path }) => path === '/body')) return 'notJson';
  if (!details.some(({ path }) => path.startsWith('/body/'))) return 'wrongType';
  if (keywords.includes('required')) return 'missingField';
  const [shape] = details.filter(({ keyword }) => !valueKeywords.has(keyword));
  if (shape === undefined) return 'invalidValue';
  return shape.message === 'must be array' ? 'notList' : 'wrongType';
}

/** Keywords that fail although type and length of the value are right. */
const valueKeywords = new Set(['enum', 'format', 'pattern', 'const']);

/** RFC 6749 §5.2 with the fields of the envelope (P-10). */
function renderTokenError(original: HttpError, { request, body }: ErrorScene): AnyOutput {
  // Other grants have other fields, so their violations of the contract do not matter.
  const error = (original.kind === 'invalid_request' && toUnsupportedGrant(body)) || original;
  const headers = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
  // The agent app takes any other status for a broken network (P-59).
  if (grantOf(body) === 'password' && error.status < 500 && !httpFailures.has(error.kind))
    return {
      status: 200,
      type: 'application/json',
      headers,
      body: { error_code: -1, error_string: error.message },
    };
  const [code, number] = oauthCodeOf(error);
  return {
    status: error.status,
    type: 'application/json',
    headers: {
      ...headers,
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

function toUnsupportedGrant(body: unknown): OAuthError | undefined {
  const grant = grantOf(body);
  if (grant === undefined || grant === '' || knownGrants.includes(grant)) return undefined;
  return new OAuthError('unsupported_grant_type', `grant_type ${grant} is not supported`);
}

const knownGrants = ['authorization_code', 'client_credentials', 'password'];

function grantOf(body: unknown): string | undefined {
  const { grant_type: grant } = (body ?? {}) as { grant_type?: unknown };
  return typeof grant === 'string' ? grant : undefined;
}

function oauthCodeOf(error: HttpError): [OAuthErrorCode | 'temporarily_unavailable' | 'server_error', number] {
  if (error instanceof OAuthError) return [error.code, numberOf(oauthNames[error.code] ?? 'missingField')];
  if (error.kind === 'too_many_requests') return ['temporarily_unavailable', -1];
  if (error.kind === 'unavailable') return ['temporarily_unavailable', numberOf('serverError')];
  const name = nameOf(error);
  return [
    error.status >= 500 ? 'server_error' : 'invalid_request',
    numberOf(name === 'invalidValue' ? 'wrongType' : name),
  ];
}

const oauthNames: Partial<Record<OAuthErrorCode, ErrorName>> = {
  invalid_client: 'wrongPassword',
  invalid_grant: 'invalidCode',
  unauthorized_client: 'notPermitted',
  unsupported_grant_type: 'invalidValue',
};

/** The operations fail with 200, as the original's do (P-19). */
export const faults: FaultBodies = {
  codeOf: ({ error_code: code }) => code,
  usual: (path) =>
    path.startsWith('/api/')
      ? {
          status: 200,
          type: 'application/json',
          body: { error_code: '17', error_string: errors.serverError[1], uri: uriOf(path) },
        }
      : undefined,
};
