import type { Context } from '../../context.ts';
import { authenticateClient, type ClientCredentials } from '../clients/authenticate-client.ts';
import { OAuthError } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { findByAccessToken, findByRefreshToken } from './find-token.ts';

/** The state of a token (RFC 7662 §2.2). Only `active: false` for an invalid token and for another client's. */
export interface TokenState {
  active: boolean;
  clientId?: string;
  userId?: string | null;
  scope?: string;
  /** Seconds since 1970, as is `expiresAt`. */
  issuedAt?: number;
  expiresAt?: number;
}

/**
 * Token introspection (RFC 7662). It does not count as a use of the token.
 *
 * @throws OAuthError invalid_client, also for a public client
 */
export async function introspect(
  profile: Profile,
  token: string,
  credentials: ClientCredentials | undefined,
  network: string,
  context: Context,
): Promise<TokenState> {
  const client = await authenticateClient(profile, credentials, network, context);
  if (client.isPublic)
    throw new OAuthError('invalid_client', 'Only an application with a secret may ask for the state of tokens');
  const found = await findToken(profile, token, context);
  if (found === undefined || found.client_id !== client.id || found.revoked_at !== null) return { active: false };
  const { expiresAt } = found;
  if (expiresAt !== null && expiresAt <= context.clock.now()) return { active: false };
  return {
    active: true,
    clientId: found.client_id,
    userId: found.user_id,
    scope: found.scope,
    issuedAt: Math.floor(found.created_at / 1000),
    ...(expiresAt !== null && { expiresAt: Math.floor(expiresAt / 1000) }),
  };
}

async function findToken(profile: Profile, token: string, { database }: Context) {
  const access = await findByAccessToken(database, profile, token);
  if (access !== undefined) return { ...access, expiresAt: access.access_expires_at };
  const refresh = await findByRefreshToken(database, profile, token);
  return refresh && { ...refresh, expiresAt: refresh.refresh_expires_at };
}
