import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { randomHex } from '../../secrets.ts';
import type { OauthClientsTable } from '../database/tables.ts';
import type { GrantType, Profile } from '../profile.ts';
import { splitScope } from '../scope.ts';

/** A registered application (RFC 6749 §2). */
export interface Client {
  id: string;
  name: string;
  ownerId: string | null;
  redirectUris: readonly string[];
  scopes: readonly string[];
  grants: readonly GrantType[];
  /** RFC 6749 §2.1: the client cannot keep a secret and has none. */
  isPublic: boolean;
  createdAt: number;
}

export interface NewClient {
  /** Random when absent, as is the secret. */
  id?: string | undefined;
  secret?: string | undefined;
  name: string;
  redirectUris: readonly string[];
  scopes?: readonly string[];
  ownerId?: string;
  /** The user who creates it; absent when an operator does. */
  creatorId?: string;
  isPublic?: boolean;
  /** Whether it may use the password grant, where the API has it; true by default, never for a public client. */
  passwordGrant?: boolean;
}

/** The row of a new client, and its secret. */
export async function prepareClient(
  { clock, passwords }: Pick<Context, 'clock' | 'passwords'>,
  profile: Profile,
  client: NewClient,
): Promise<{ row: OauthClientsTable; secret: string | undefined }> {
  const now = clock.now();
  const secret = client.isPublic ? undefined : (client.secret ?? randomHex(32));
  const hash = secret === undefined ? null : await passwords.hash(secret);
  const row = {
    api: profile.api,
    id: client.id ?? randomHex(32),
    name: client.name,
    secret_hash: hash,
    secret_digest: hash === null || secret === undefined ? null : passwords.digestSecret(hash, secret),
    redirect_uris: JSON.stringify(client.redirectUris),
    scopes: (client.scopes ?? []).join(' '),
    grants: JSON.stringify(withPasswordGrant(profile.grants, client.passwordGrant ?? true)),
    owner_id: client.ownerId ?? null,
    creator_id: client.creatorId ?? null,
    created_at: now,
    updated_at: now,
  };
  return { row, secret };
}

/** Registers a client. The returned secret is stored only as a hash. */
export async function createClient(
  context: Pick<Context, 'clock' | 'database' | 'passwords'>,
  profile: Profile,
  client: NewClient,
): Promise<{ client: Client; secret: string | undefined }> {
  const { row, secret } = await prepareClient(context, profile, client);
  await context.database.insertInto('oauth_clients').values(row).execute();
  return { client: toClient(row), secret };
}

/** Replaces a client's secret. The old one is invalid at once. */
export async function rotateSecret(
  { clock, database, passwords }: Pick<Context, 'clock' | 'database' | 'passwords'>,
  profile: Profile,
  id: string,
): Promise<string> {
  const secret = randomHex(32);
  const hash = await passwords.hash(secret);
  await database
    .updateTable('oauth_clients')
    .set({ secret_hash: hash, secret_digest: passwords.digestSecret(hash, secret), updated_at: clock.now() })
    .where('api', '=', profile.api)
    .where('id', '=', id)
    .execute();
  return secret;
}

/** Allows the password grant to a client, or forbids it. False when there is no such client. */
export async function setPasswordGrant(
  { clock, database }: Pick<Context, 'clock' | 'database'>,
  profile: Profile,
  id: string,
  allowed: boolean,
): Promise<boolean> {
  const grants = JSON.stringify(withPasswordGrant(profile.grants, allowed));
  const { numUpdatedRows } = await database
    .updateTable('oauth_clients')
    .set({ grants, updated_at: clock.now() })
    .where('api', '=', profile.api)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

const withPasswordGrant = (grants: readonly GrantType[], allowed: boolean): readonly GrantType[] =>
  allowed ? grants : grants.filter((grant) => grant !== 'password');

/** Deletes a client with its codes and tokens. False when there was none. */
export async function deleteClient(database: Database | Transaction, profile: Profile, id: string): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom('oauth_clients')
    .where('api', '=', profile.api)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** How many clients a user has created. */
export async function countClients(trx: Transaction, { api }: Profile, creatorId: string): Promise<number> {
  const { count } = await trx
    .selectFrom('oauth_clients')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('api', '=', api)
    .where('creator_id', '=', creatorId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The clients of the API, or of one owner, oldest first. */
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
  const row = await findClientRow(database, profile, id);
  return row && toClient(row);
}

/** The client as the database has it, with the hash of its secret. */
export async function findClientRow(
  database: Database | Transaction,
  { api }: Profile,
  id: string,
): Promise<OauthClientsTable | undefined> {
  return (await clientById(database, { api, id }))[0];
}

const clientById = prepare((database, { api, id }: { api: string; id: string }) =>
  database.selectFrom('oauth_clients').selectAll().where('api', '=', api).where('id', '=', id),
);

export function toClient(row: OauthClientsTable): Client {
  const isPublic = row.secret_hash === null;
  return {
    id: row.id,
    name: row.name,
    ownerId: row.owner_id,
    redirectUris: JSON.parse(row.redirect_uris),
    scopes: splitScope(row.scopes),
    // In the name of a client without a secret, strangers could guess passwords (RFC 9700 §2.4).
    grants: withPasswordGrant(JSON.parse(row.grants), !isPublic),
    isPublic,
    createdAt: row.created_at,
  };
}
