import type { Selectable } from 'kysely';
import type { Transaction } from '../../database/open.ts';
import { sha256 } from '../../secrets.ts';
import type { OauthCodesTable } from '../database/tables.ts';
import { OAuthError } from '../errors.ts';
import { requireGrantedScope, splitScope } from '../scope.ts';
import { lockSignIns } from '../sign-in/sign-ins.ts';
import { issueToken } from '../tokens/issue-token.ts';
import { checkPkce } from './check-pkce.ts';
import { type Grant, type GrantRequest, requireParameter } from './grant.ts';
import { ReplayError } from './replay-error.ts';

type AuthorizationCode = Selectable<OauthCodesTable>;

/** The authorization code grant: RFC 6749 §4.1.3 with RFC 7636. */
export const authorizationCodeGrant: Grant = (request) => {
  const { profile, client, parameters, context } = request;
  const { redirect_uri: redirectUri, code_verifier: codeVerifier } = parameters;
  if (redirectUri === undefined) throw new OAuthError('invalid_request', 'redirect_uri is missing');
  const codeHash = sha256(requireParameter(parameters, 'code'));

  return async (trx) => {
    const now = context.clock.now();
    const code = await findCode(trx, request, codeHash);
    await lockSignIns(trx, profile, code.user_id);
    // A check that fails below rolls this back, so the code can still be used.
    await consumeCode(trx, code, now);
    checkRedirectUri(code, redirectUri);
    checkExpiry(code, now);
    checkPkce(code.code_challenge, codeVerifier);
    const scope = requireGrantedScope(profile, client, splitScope(code.scope));
    const token = await issueToken(trx, profile, now, {
      client,
      userId: code.user_id,
      grantId: code.grant_id,
      scope,
      authenticatedAt: code.authenticated_at,
      withRefreshToken: profile.grants.includes('refresh_token'),
    });
    return { ...token, nonce: code.nonce ?? undefined };
  };
};

/** The code, if it was issued to this client. */
async function findCode(
  trx: Transaction,
  { profile, client }: GrantRequest,
  codeHash: string,
): Promise<AuthorizationCode> {
  const code = await trx
    .selectFrom('oauth_codes')
    .selectAll()
    .where('code_hash', '=', codeHash)
    .where('api', '=', profile.api)
    .where('client_id', '=', client.id)
    .executeTakeFirst();
  if (code === undefined) throw new OAuthError('invalid_grant', 'The code is invalid');
  return code;
}

/** Marks the code as used. Of many requests at once one succeeds; the others are replays (RFC 6749 §4.1.2). */
async function consumeCode(trx: Transaction, code: AuthorizationCode, now: number): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('oauth_codes')
    .set({ consumed_at: now })
    .where('code_hash', '=', code.code_hash)
    .where('consumed_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new ReplayError('The code was used before', code);
}

function checkRedirectUri(code: AuthorizationCode, redirectUri: string): void {
  if (code.redirect_uri !== redirectUri)
    throw new OAuthError('invalid_grant', 'redirect_uri differs from that of the authorization request');
}

function checkExpiry(code: AuthorizationCode, now: number): void {
  if (code.expires_at <= now) throw new OAuthError('invalid_grant', 'The code has expired');
}
