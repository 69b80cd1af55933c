import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import { authenticateClient, type ClientCredentials, findClientTries } from '../clients/authenticate-client.ts';
import { OAuthError } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { findByEither } from './find-token.ts';

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
  const [tries, found] = await together(context.database, (database) => [
    findClientTries(database, profile, credentials),
    findByEither(database, profile, token),
  ]);
  const client = await authenticateClient(profile, credentials, network, context, tries);
  if (client.isPublic)
    throw new OAuthError('invalid_client', 'Only an application with a secret may ask for the state of tokens');
  if (found === undefined || found.row.client_id !== client.id || found.row.revoked_at !== null)
    return { active: false };
  const { row, isRefresh } = found;
  const expiresAt = isRefresh ? row.refresh_expires_at : row.access_expires_at;
  if (expiresAt !== null && expiresAt <= context.clock.now()) return { active: false };
  return {
    active: true,
    clientId: row.client_id,
    userId: row.user_id,
    scope: row.scope,
    issuedAt: Math.floor(row.created_at / 1000),
    ...(expiresAt !== null && { expiresAt: Math.floor(expiresAt / 1000) }),
  };
}
