import type { Context } from '../../context.ts';
import { OAuthError } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { findByAccessToken } from '../tokens/find-token.ts';
import { type Client, findClient, findClientRow, toClient } from './clients.ts';

/** Credentials as they came with a request, unverified. */
export interface ClientCredentials {
  id: string;
  secret: string | undefined;
  /** Those of HTTP Basic before form-decoding, where they differ: many clients send them unencoded. */
  asSent?: { id: string; secret: string | undefined };
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
  const spellings = credentials.asSent === undefined ? [credentials] : [credentials, credentials.asSent];
  const tries = await Promise.all(
    spellings.map(async ({ id, secret }) => ({ id, secret, row: await findClientRow(database, profile, id) })),
  );
  // Before the limit: wrong guesses of others must not lock out a client that has shown the right secret before.
  for (const { row, secret } of tries) {
    const hash = row?.secret_hash;
    if (row === undefined || hash === undefined) continue;
    const isKnown = hash === null ? secret === undefined : secret !== undefined && passwords.wasVerified(hash, secret);
    if (isKnown) return toClient(row);
  }
  const confidential = tries.filter(({ row }) => row?.secret_hash !== null);
  const rule = { name: 'client-secret', points: config.wrongGuesses * 10, seconds: 300, block: 10 };
  const keys = new Set(confidential.map(({ id }) => `${profile.api}:${id}`));
  for (const key of keys) await limits.check(rule, key);
  for (const { row, secret } of confidential)
    if (secret !== undefined && (await passwords.verifySecret(row?.secret_hash ?? undefined, secret)) && row)
      return toClient(row);
  for (const key of keys) await limits.consume(rule, key);
  throw failure;
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
