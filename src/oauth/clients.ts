import type { Context } from '../context.ts';
import type { Database, Transaction } from '../database/open.ts';
import { hashPassword, randomHex, verifySecret, wasVerified } from '../secrets.ts';
import type { OauthClientsTable } from './database/tables.ts';
import { OAuthError } from './errors.ts';
import type { GrantType, Profile } from './profile.ts';

/** RFC 6749's out-of-band address: the code is shown on a page instead of being sent anywhere. */
export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

/** An application. */
export interface Client {
  id: string;
  name: string;
  ownerId: string | null;
  redirectUris: readonly string[];
  scopes: readonly string[];
  grants: readonly GrantType[];
  /** Has no secret: it runs where a secret could be read. */
  isPublic: boolean;
  createdAt: number;
}

export interface NewClient {
  /** Made by the server when absent. */
  id?: string | undefined;
  secret?: string | undefined;
  name: string;
  redirectUris: readonly string[];
  scopes?: readonly string[];
  ownerId?: string;
  isPublic?: boolean;
}

/** The row of a new application. Apart from the insert because hashing the secret is slow and has no place in a transaction. */
export async function prepareClient(
  profile: Profile,
  client: NewClient,
  now: number,
): Promise<{ row: OauthClientsTable; secret: string | undefined }> {
  const secret = client.isPublic ? undefined : (client.secret ?? randomHex(32));
  const row = {
    api: profile.api,
    id: client.id ?? randomHex(32),
    name: client.name,
    secret_hash: secret === undefined ? null : await hashPassword(secret),
    redirect_uris: JSON.stringify(client.redirectUris),
    scopes: (client.scopes ?? []).join(' '),
    grants: JSON.stringify(profile.grants),
    owner_id: client.ownerId ?? null,
    created_at: now,
    updated_at: now,
  };
  return { row, secret };
}

/** Creates an application. The secret is told here and never again. */
export async function createClient(
  { clock, database }: Pick<Context, 'clock' | 'database'>,
  profile: Profile,
  client: NewClient,
): Promise<{ client: Client; secret: string | undefined }> {
  const { row, secret } = await prepareClient(profile, client, clock.now());
  await database.insertInto('oauth_clients').values(row).execute();
  return { client: toClient(row), secret };
}

/** Gives an application a new secret; the old one is void at once. */
export async function rotateSecret(
  { clock, database }: Pick<Context, 'clock' | 'database'>,
  profile: Profile,
  id: string,
): Promise<string> {
  const secret = randomHex(32);
  await database
    .updateTable('oauth_clients')
    .set({ secret_hash: await hashPassword(secret), updated_at: clock.now() })
    .where('api', '=', profile.api)
    .where('id', '=', id)
    .execute();
  return secret;
}

/** Deletes an application with its codes and tokens. False when there was none. */
export async function deleteClient(database: Database | Transaction, profile: Profile, id: string): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom('oauth_clients')
    .where('api', '=', profile.api)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Oldest first; all of the API, or one owner's. */
export async function listClients(
  database: Database | Transaction,
  profile: Profile,
  ownerId?: string,
): Promise<Client[]> {
  const rows = await database
    .selectFrom('oauth_clients')
    .selectAll()
    .where('api', '=', profile.api)
    .$if(ownerId !== undefined, (query) => query.where('owner_id', '=', ownerId as string))
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toClient);
}

export async function findClient(
  database: Database | Transaction,
  profile: Profile,
  id: string,
): Promise<Client | undefined> {
  const row = await findRow(database, profile, id);
  return row && toClient(row);
}

/** Why an address cannot be registered, or `undefined` when it can. RFC 6749 §3.1.2. */
export function refuseRedirectUri(uri: string): 'not_absolute' | 'has_fragment' | 'unsafe_scheme' | undefined {
  if (uri === OUT_OF_BAND) return undefined;
  if (!URL.canParse(uri) || /[\s\\]/.test(uri)) return 'not_absolute';
  if (uri.includes('#')) return 'has_fragment';
  return /^(javascript|data|vbscript|file|blob|about|urn):/i.test(uri) ? 'unsafe_scheme' : undefined;
}

/** Credentials as they came with a request; unverified. */
export interface ClientCredentials {
  id: string;
  secret: string | undefined;
}

/**
 * The client that these credentials belong to.
 *
 * @throws OAuthError invalid_client, in the same words for an unknown client and a wrong secret
 */
export async function authenticateClient(
  profile: Profile,
  credentials: ClientCredentials | undefined,
  { database, limits, config }: Context,
): Promise<Client> {
  const refusal = new OAuthError(
    'invalid_client',
    'Client authentication failed: unknown client, wrong secret or no credentials',
  );
  if (credentials === undefined) throw refusal;
  const row = await findRow(database, profile, credentials.id);
  const rule = { name: 'client-secret', points: config.wrongGuesses * 10, seconds: 300, block: 10 };
  const key = `${profile.api}:${credentials.id}`;
  if (row?.secret_hash === null) {
    if (credentials.secret === undefined) return toClient(row);
    throw refusal;
  }
  const { secret } = credentials;
  // Before the limit: a stranger's guesses must not keep out who has shown the right secret before.
  if (row !== undefined && secret !== undefined && wasVerified(row.secret_hash, secret)) return toClient(row);
  await limits.check(rule, key);
  if (secret === undefined || !(await verifySecret(row?.secret_hash, secret))) {
    await limits.consume(rule, key);
    throw refusal;
  }
  return toClient(row as OauthClientsTable);
}

const findRow = (database: Database | Transaction, profile: Profile, id: string) =>
  database
    .selectFrom('oauth_clients')
    .selectAll()
    .where('api', '=', profile.api)
    .where('id', '=', id)
    .executeTakeFirst();

function toClient(row: OauthClientsTable): Client {
  return {
    id: row.id,
    name: row.name,
    ownerId: row.owner_id,
    redirectUris: JSON.parse(row.redirect_uris),
    scopes: splitScope(row.scopes),
    grants: JSON.parse(row.grants),
    isPublic: row.secret_hash === null,
    createdAt: row.created_at,
  };
}

export const splitScope = (scope: string): string[] => scope.split(/\s+/).filter((word) => word !== '');
