import type { Context } from '../context.ts';
import { authenticateClient, type ClientCredentials } from './clients.ts';
import { OAuthError } from './errors.ts';
import type { Profile } from './profile.ts';
import { findByAccessToken, findByRefreshToken, revokeGrant } from './tokens.ts';

/**
 * Token revocation (RFC 7009): the token and the one that was issued beside it end at once. A token that is unknown or
 * another client's changes nothing and is no error.
 */
export async function revoke(
  profile: Profile,
  token: string,
  credentials: ClientCredentials | undefined,
  context: Context,
): Promise<void> {
  const client = await authenticateClient(profile, credentials, context);
  const row = await findToken(profile, token, context);
  if (row?.client_id === client.id) await revokeGrant(context.database, row);
}

/** What RFC 7662 tells about a token; `active: false` and nothing else for one that is not valid or another client's. */
export interface TokenState {
  active: boolean;
  kind?: 'access_token' | 'refresh_token';
  clientId?: string;
  userId?: string | null;
  scope?: string;
  /** Seconds since 1970. */
  issuedAt?: number;
  expiresAt?: number;
}

/** Token introspection (RFC 7662). Counts as no use of the token. */
export async function introspect(
  profile: Profile,
  token: string,
  credentials: ClientCredentials | undefined,
  context: Context,
): Promise<TokenState> {
  const client = await authenticateClient(profile, credentials, context);
  if (client.isPublic)
    throw new OAuthError('invalid_client', 'Only an application with a secret may ask for the state of tokens');
  const row = await findToken(profile, token, context);
  if (row === undefined || row.client_id !== client.id || row.revoked_at !== null) return { active: false };
  const expires = row.kind === 'access_token' ? row.access_expires_at : row.refresh_expires_at;
  if (expires !== null && expires <= Date.now()) return { active: false };
  return {
    active: true,
    kind: row.kind,
    clientId: row.client_id,
    userId: row.user_id,
    scope: row.scope,
    issuedAt: Math.floor(row.created_at / 1000),
    ...(expires !== null && { expiresAt: Math.floor(expires / 1000) }),
  };
}

async function findToken(profile: Profile, token: string, { database }: Context) {
  const access = await findByAccessToken(database, profile, token);
  if (access !== undefined) return { ...access, kind: 'access_token' as const };
  const refresh = await findByRefreshToken(database, profile, token);
  return refresh && { ...refresh, kind: 'refresh_token' as const };
}
