import type { Selectable } from 'kysely';
import type { Transaction } from '../../database/open.ts';
import type { OauthTokensTable } from '../database/tables.ts';
import { OAuthError } from '../errors.ts';
import { parseScope, splitScope } from '../scope.ts';
import { lockSignIns } from '../sign-in/sign-ins.ts';
import { findByRefreshToken } from '../tokens/find-token.ts';
import { issueToken } from '../tokens/issue-token.ts';
import { keepAnswer, repeatAnswer, rotateRefreshToken } from '../tokens/rotate-refresh-token.ts';
import { type Grant, type GrantRequest, requireParameter } from './grant.ts';
import { ReplayError } from './replay-error.ts';

/**
 * Refreshing an access token (RFC 6749 §6) with rotation: a refresh token works once. A second use is a replay and
 * revokes the grant, unless it repeats a request whose answer may have been lost.
 */
export const refreshTokenGrant: Grant = (request) => {
  const { profile, client, parameters, context } = request;
  checkRedirectUri(request);
  const refreshToken = requireParameter(parameters, 'refresh_token');

  return async (trx) => {
    const now = context.clock.now();
    const { user_id: userId } = await findRefreshToken(trx, request, refreshToken);
    await lockSignIns(trx, profile, userId);
    // Read again: another request may have used the token before the lock was free.
    const token = await findRefreshToken(trx, request, refreshToken);
    const repeated = await repeatAnswer(trx, token, refreshToken, now);
    if (repeated !== undefined) return repeated;
    checkReplay(token);
    checkValidity(token, now);
    const scope = narrowScope(token.scope, parameters.scope);
    await rotateRefreshToken(trx, token, now);
    const issued = await issueToken(trx, profile, now, {
      client,
      userId,
      grantId: token.grant_id,
      scope,
      authenticatedAt: token.authenticated_at,
      withRefreshToken: true,
      isRefreshed: true,
    });
    await keepAnswer(trx, token, refreshToken, issued);
    return issued;
  };
};

type Token = Selectable<OauthTokensTable>;

/** RFC 6749 has no `redirect_uri` here. Some documents send it: then it must be registered. */
function checkRedirectUri({ client, parameters: { redirect_uri: redirectUri } }: GrantRequest): void {
  if (redirectUri !== undefined && !client.redirectUris.includes(redirectUri))
    throw new OAuthError('invalid_grant', 'redirect_uri is not registered for this application');
}

/** The refresh token, if it was issued to this client. */
async function findRefreshToken(
  trx: Transaction,
  { profile, client }: GrantRequest,
  refreshToken: string,
): Promise<Token> {
  const token = await findByRefreshToken(trx, profile, refreshToken);
  if (token?.client_id !== client.id) throw new OAuthError('invalid_grant', 'The refresh token is invalid');
  return token;
}

/** RFC 9700 §4.14.2. */
function checkReplay(token: Token): void {
  if (token.rotated_at !== null) throw new ReplayError('The refresh token was used before', token);
}

function checkValidity(token: Token, now: number): void {
  if (token.revoked_at !== null)
    throw new OAuthError('invalid_grant', 'The refresh token was revoked or replaced by a newer one');
  if (token.refresh_expires_at !== null && token.refresh_expires_at <= now)
    throw new OAuthError('invalid_grant', 'The refresh token has expired');
}

/** RFC 6749 §6: the requested scope must not exceed the granted one, and defaults to it. */
function narrowScope(granted: string, parameter: string | undefined): string[] {
  const scope = splitScope(granted);
  const requested = parseScope(parameter);
  if (!requested.every((name) => scope.includes(name)))
    throw new OAuthError('invalid_scope', 'The scope exceeds the scope of the refresh token');
  return requested.length === 0 ? scope : requested;
}
