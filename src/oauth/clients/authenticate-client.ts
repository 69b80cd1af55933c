import type { Context } from '../../context.ts';
import { OAuthError } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { findByAccessToken } from '../tokens/find-token.ts';
import { type Client, findClient, findClientRow, toClient } from './clients.ts';

/** Credentials as they came with a request, unverified. */
export interface ClientCredentials {
  id: string;
  secret: string | undefined;
}

/**
 * Client authentication (RFC 6749 §2.3 and §3.2.1). A public client has no secret and shows only its id.
 *
 * @throws OAuthError invalid_client, in the same words for an unknown client and a wrong secret
 * @throws HttpError too_many_requests after many wrong secrets
 */
export async function authenticateClient(
  profile: Profile,
  credentials: ClientCredentials | undefined,
  { config, database, limits, passwords }: Context,
): Promise<Client> {
  const failure = new OAuthError(
    'invalid_client',
    'Client authentication failed: unknown client, wrong secret or no credentials',
  );
  if (credentials === undefined) throw failure;
  const { id, secret } = credentials;
  const row = await findClientRow(database, profile, id);
  if (row?.secret_hash === null) {
    if (secret === undefined) return toClient(row);
    throw failure;
  }
  // Before the limit: wrong guesses of others must not lock out a client that has shown the right secret before.
  if (row !== undefined && secret !== undefined && passwords.wasVerified(row.secret_hash, secret)) return toClient(row);
  const rule = { name: 'client-secret', points: config.wrongGuesses * 10, seconds: 300, block: 10 };
  const key = `${profile.api}:${id}`;
  await limits.check(rule, key);
  if (secret === undefined || !(await passwords.verifySecret(row?.secret_hash, secret)) || row === undefined) {
    await limits.consume(rule, key);
    throw failure;
  }
  return toClient(row);
}

/**
 * The client that an access token was issued to, and the token's user. With `refreshByBearer` in the profile the access
 * token, expired or not, authenticates a refresh in place of the client's secret.
 *
 * @returns undefined for an unknown token
 */
export async function findClientByAccessToken(
  profile: Profile,
  accessToken: string,
  { database }: Pick<Context, 'database'>,
): Promise<{ client: Client; userId: string | null } | undefined> {
  const token = await findByAccessToken(database, profile, accessToken);
  const client = token && (await findClient(database, profile, token.client_id));
  return client && { client, userId: token.user_id };
}
