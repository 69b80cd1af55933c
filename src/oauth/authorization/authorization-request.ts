import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import { type Client, findClient } from '../clients/clients.ts';
import { isRegistered } from '../clients/redirect-uris.ts';
import type { OAuthErrorCode } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { grantedScope, splitScope } from '../scope.ts';

/** The parameters of RFC 6749 §4.1.1, RFC 7636 §4.3 and OpenID Connect Core §3.1.2.1, unchecked. */
export interface AuthorizationParameters {
  client_id?: string | undefined;
  redirect_uri?: string | undefined;
  response_type?: string | undefined;
  scope?: string | undefined;
  state?: string | undefined;
  code_challenge?: string | undefined;
  code_challenge_method?: string | undefined;
  nonce?: string | undefined;
  prompt?: string | undefined;
  max_age?: string | undefined;
  login_hint?: string | undefined;
  request?: string | undefined;
  request_uri?: string | undefined;
}

/** A valid authorization request. */
export interface AuthorizationRequest {
  client: Client;
  redirectUri: string;
  scopes: string[];
  state: string | undefined;
  codeChallenge: string | undefined;
  /** Of OpenID Connect. */
  nonce: string | undefined;
}

/** An error that redirects the browser to the client (RFC 6749 §4.1.2.1), or is shown on a page. */
export class AuthorizationError extends HttpError {
  override name = 'AuthorizationError';
  readonly code: OAuthErrorCode;

  constructor(code: OAuthErrorCode, description: string) {
    super('invalid_request', description);
    this.code = code;
  }
}

/**
 * The client and the redirection URI of a request. Check them first: without them the browser must not be redirected.
 *
 * @throws HttpError invalid_request
 */
export async function requireRedirectTarget(
  profile: Profile,
  { client_id: id, redirect_uri: redirectUri }: AuthorizationParameters,
  { database }: Pick<Context, 'database'>,
): Promise<{ client: Client; redirectUri: string }> {
  if (!id) throw invalidParameter('client_id', 'client_id is missing');
  const client = await findClient(database, profile, id);
  if (client === undefined) throw invalidParameter('client_id', 'No application has this client_id');
  if (!redirectUri) throw invalidParameter('redirect_uri', 'redirect_uri is missing');
  if (!isRegistered(client.redirectUris, redirectUri))
    throw invalidParameter('redirect_uri', 'redirect_uri is not registered for this application');
  return { client, redirectUri };
}

const invalidParameter = (name: string, message: string) =>
  new HttpError('invalid_request', message, { details: [{ path: `/query/${name}`, message, keyword: 'unknown' }] });

/**
 * Checks all other parameters of OAuth.
 *
 * @throws AuthorizationError
 */
export function checkParameters(
  profile: Profile,
  client: Client,
  parameters: AuthorizationParameters,
): Pick<AuthorizationRequest, 'scopes' | 'codeChallenge'> {
  checkResponseType(client, parameters.response_type);
  const scopes = checkScope(profile, client, parameters.scope);
  const codeChallenge = checkCodeChallenge(client, parameters);
  return { scopes, codeChallenge };
}

function checkResponseType(client: Client, responseType: string | undefined): void {
  if (!responseType) throw new AuthorizationError('invalid_request', 'response_type is missing');
  if (responseType !== 'code')
    throw new AuthorizationError('unsupported_response_type', 'Only response_type=code is supported');
  if (!client.grants.includes('authorization_code'))
    throw new AuthorizationError('unauthorized_client', 'This application may not use authorization codes');
}

function checkScope(profile: Profile, client: Client, scope = ''): string[] {
  const scopes = grantedScope(profile, client, splitScope(scope));
  if (scopes === undefined)
    throw new AuthorizationError('invalid_scope', 'A scope is unknown or not registered for this application');
  return scopes;
}

/** RFC 7636 §4.4.1. */
function checkCodeChallenge(client: Client, parameters: AuthorizationParameters): string | undefined {
  const { code_challenge: codeChallenge, code_challenge_method: method } = parameters;
  if (!codeChallenge) {
    if (method) throw new AuthorizationError('invalid_request', 'code_challenge is missing');
    if (client.isPublic) {
      const description = 'An application without a secret must use PKCE: code_challenge is missing';
      throw new AuthorizationError('invalid_request', description);
    }
    return undefined;
  }
  // An absent method means `plain` (RFC 7636 §4.3), which does not protect the code.
  if (method !== 'S256') throw new AuthorizationError('invalid_request', 'code_challenge_method must be S256');
  if (!/^[\w-]{43}$/.test(codeChallenge))
    throw new AuthorizationError('invalid_request', 'code_challenge is not a SHA-256 in base64url');
  return codeChallenge;
}
