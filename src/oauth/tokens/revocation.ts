import type { Context } from '../../context.ts';
import { authenticateClient, type ClientCredentials } from '../clients/authenticate-client.ts';
import type { Profile } from '../profile.ts';
import { revokeGrant } from '../sign-in/sign-ins.ts';
import { findByAccessToken, findByRefreshToken } from './find-token.ts';

/**
 * Token revocation (RFC 7009). Access and refresh token end together. An unknown token and another client's are no error
 * and change nothing.
 *
 * @throws OAuthError invalid_client
 */
export async function revoke(
  profile: Profile,
  token: string,
  credentials: ClientCredentials | undefined,
  network: string,
  context: Context,
): Promise<void> {
  const client = await authenticateClient(profile, credentials, network, context);
  const { database } = context;
  const found =
    (await findByAccessToken(database, profile, token)) ?? (await findByRefreshToken(database, profile, token));
  if (found?.client_id === client.id) await revokeGrant(context, found);
}
