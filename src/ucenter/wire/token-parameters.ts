import type { ClientCredentials } from '../../oauth/clients/authenticate-client.ts';
import { withoutEmpty } from '../../oauth/clients/credentials.ts';
import { OAuthError } from '../../oauth/errors.ts';
import { UcenterError } from '../model/errors.ts';

/** The parameters that each grant requires. The first is its credential. */
const requiredByGrant = new Map<string, readonly string[]>([
  ['authorization_code', ['code', 'redirect_uri']],
  ['password', ['username', 'password']],
  ['refresh_token', ['refresh_token']],
]);

/** Other parameters are ignored, also when they are repeated: RFC 8707 allows several `resource`. */
const known = [
  'grant_type',
  'client_id',
  'client_secret',
  'code',
  'redirect_uri',
  'code_verifier',
  'username',
  'password',
  'refresh_token',
  'scope',
] as const;

interface TokenParameters {
  grant_type: string;
  client_id?: string | undefined;
  client_secret?: string | undefined;
  [name: string]: string | undefined;
}

/**
 * The parameters of a token request, in the query or in the body, where the body wins (U-14).
 *
 * @throws UcenterError invalidParameter for the first one that is missing or repeated
 */
export function readTokenParameters(
  query: object,
  body: object,
  actor: ClientCredentials | undefined,
): TokenParameters {
  const all: Record<string, string | undefined> = { ...withoutEmpty(query), ...withoutEmpty(body) };
  const parameters: typeof all = Object.fromEntries(
    known.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])),
  );
  const { grant_type = '' } = parameters;
  // A repeated field is a list, and the contract's union lets a grant have the fields of another.
  const repeated = Object.keys(parameters).find((name) => typeof parameters[name] !== 'string');
  if (repeated !== undefined) throw invalidRequest(repeated, 'must not be repeated');
  const required = [
    'grant_type',
    ...(actor ? [] : ['client_id', 'client_secret']),
    ...(requiredByGrant.get(grant_type) ?? []),
  ];
  const missing = required.find((name) => parameters[name] === undefined);
  if (missing !== undefined) throw invalidRequest(missing, 'is required');
  return { ...parameters, grant_type };
}

const invalidRequest = (field: string, problem: string) =>
  new UcenterError('invalidParameter', { field, oauth: new OAuthError('invalid_request', `${field} ${problem}`) });

/** Converts an error of the authorization server: it becomes the parameter or the credentials at fault (U-18). */
export function toTokenError(error: unknown, grantType = ''): unknown {
  if (!(error instanceof OAuthError)) return error;
  if (error.code === 'invalid_client') return new UcenterError('invalidClient', { oauth: error });
  if (error.code === 'invalid_grant' && grantType === 'password')
    return new UcenterError('invalidCredentials', { oauth: error });
  return new UcenterError('invalidParameter', { field: fieldAtFault(error, grantType), oauth: error });
}

function fieldAtFault({ code, message }: OAuthError, grantType: string): string {
  if (code === 'invalid_scope') return 'scope';
  if (code === 'unsupported_grant_type' || code === 'unauthorized_client') return 'grant_type';
  const named = ['redirect_uri', 'code_verifier'].find((name) => message.replaceAll(' ', '_').includes(name));
  return named ?? requiredByGrant.get(grantType)?.[0] ?? 'client_secret';
}
