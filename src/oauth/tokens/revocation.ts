import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import { authenticateClient, type ClientCredentials, findClientTries } from '../clients/authenticate-client.ts';
import type { Profile } from '../profile.ts';
import { revokeGrant } from '../sign-in/sign-ins.ts';
import { findByEither } from './find-token.ts';

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
  const [tries, found] = await together(context.database, (database) => [
    findClientTries(database, profile, credentials),
    findByEither(database, profile, token),
  ]);
  const client = await authenticateClient(profile, credentials, network, context, tries);
  if (found?.row.client_id === client.id) await revokeGrant(context, found.row);
}
