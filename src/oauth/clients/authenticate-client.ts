import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import type { OauthClientsTable } from '../database/tables.ts';
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

/** What may be the client of a request, unverified. HTTP Basic can be read in two ways. */
export interface ClientTry {
  id: string;
  secret: string | undefined;
  row: OauthClientsTable | undefined;
}

/** Reads what `authenticateClient` needs, for callers that read other things together with it. */
export function findClientTries(
  database: Database,
  profile: Profile,
  credentials: ClientCredentials | undefined,
): Promise<ClientTry[]> {
  if (credentials === undefined) return Promise.resolve([]);
  const spellings = credentials.asSent === undefined ? [credentials] : [credentials, credentials.asSent];
  return Promise.all(
    spellings.map(async ({ id, secret }) => ({ id, secret, row: await findClientRow(database, profile, id) })),
  );
}

/**
 * Client authentication (RFC 6749 §2.3 and §3.2.1). A public client has no secret and shows only its id.
 *
 * @param found what `findClientTries` has found already
 * @param network where the request comes from: wrong secrets of strangers elsewhere do not lock a client out
 * @throws OAuthError invalid_client, in the same words for an unknown client and a wrong secret
 * @throws HttpError too_many_requests after many wrong secrets
 */
export async function authenticateClient(
  profile: Profile,
  credentials: ClientCredentials | undefined,
  network: string,
  context: Context,
  found?: readonly ClientTry[],
): Promise<Client> {
  const failure = new OAuthError(
    'invalid_client',
    'Client authentication failed: unknown client, wrong secret or no credentials',
  );
  if (credentials === undefined) throw failure;
  const { database, passwords } = context;
  const tries = found ?? (await findClientTries(database, profile, credentials));
  // Before the limit: wrong secrets must not lock out a client that has shown the right one before.
  for (const { row, secret } of tries) {
    if (row === undefined) continue;
    const { secret_hash: hash, secret_digest: digest } = row;
    const isKnown =
      hash === null ? secret === undefined : secret !== undefined && passwords.wasVerified(hash, secret, digest);
    if (isKnown) return toClient(row);
  }
  return limitWrongSecrets(profile, new Set(tries.map(({ id }) => id)), network, context, async () => {
    for (const { row, secret } of tries)
      if (secret !== undefined && (await verifySecret(row, secret, context)) && row) return toClient(row);
    return failure;
  });
}

/** Whether the secret is that of the client. Without a client it takes as long. */
async function verifySecret(
  row: OauthClientsTable | undefined,
  secret: string,
  { database, passwords }: Context,
): Promise<boolean> {
  const hash = row?.secret_hash ?? undefined;
  if (!(await passwords.verifySecret(hash, secret)) || row === undefined || hash === undefined) return false;
  await database
    .updateTable('oauth_clients')
    .set({ secret_digest: passwords.digestSecret(hash, secret) })
    .where('api', '=', row.api)
    .where('id', '=', row.id)
    .where('secret_hash', '=', hash)
    .execute();
  return true;
}

/**
 * Counts wrong secrets for each client and network, and for the network over all clients.
 *
 * @param ids of the clients; more than one when HTTP Basic can be read in two ways
 * @throws the error that `check` returns, HttpError too_many_requests
 */
async function limitWrongSecrets(
  { api }: Profile,
  ids: ReadonlySet<string>,
  network: string,
  { config, limits }: Context,
  check: () => Promise<Client | OAuthError>,
): Promise<Client> {
  const rule = (name: string, points: number) => ({ name, points, seconds: 300, block: 10 });
  const budgets = [
    { rule: rule('client-secret-network', config.addressGuesses * 10), key: network },
    ...[...ids].map((id) => ({
      rule: rule('client-secret', config.wrongGuesses * 10),
      key: `${network} ${api} ${id}`,
    })),
  ];
  // In turn: otherwise a burst is over before the limits have counted it.
  return limits.inTurn(`client-secret ${network}`, async () => {
    for (const { rule, key } of budgets) await limits.check(rule, key);
    const result = await check();
    if (!(result instanceof OAuthError)) return result;
    for (const { rule, key } of budgets) await limits.consume(rule, key);
    throw result;
  });
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
