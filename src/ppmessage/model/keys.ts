import { randomUUID } from 'node:crypto';
import type { Config } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { ConfigError } from '../../errors.ts';
import { findClient, prepareClient } from '../../oauth/clients/clients.ts';
import { OAuthError } from '../../oauth/errors.ts';
import type { GrantType } from '../../oauth/profile.ts';
import { randomHex, seal, unseal } from '../../secrets.ts';
import { profile } from '../profile.ts';
import { PpmessageError } from './errors.ts';
import { directGrants, isOwnProgram, type Level } from './levels.ts';

/** Keys: OAuth clients of an app. Their scopes are their levels (P-21), and their secret can be shown again (P-31). */

export interface NewKey {
  appUuid: string;
  /** The sign-in page shows it. */
  appName: string;
  levels: readonly Level[];
  redirectUris: readonly string[];
  /** Random by default. */
  apiKey?: string | undefined;
  apiSecret?: string | undefined;
}

/** What the API shows of a key. */
export interface ApiKey {
  apiUuid: string;
  apiKey: string;
  apiSecret: string;
}

export type PreparedKey = Awaited<ReturnType<typeof prepareKey>>;

/** The rows of a new key. */
export async function prepareKey(context: Pick<Context, 'clock' | 'config' | 'passwords'>, key: NewKey) {
  const { appUuid, appName, redirectUris, apiKey = randomHex(16), apiSecret = randomHex(16) } = key;
  const client = {
    id: apiKey,
    secret: apiSecret,
    name: appName,
    redirectUris,
    scopes: key.levels,
    ownerId: appUuid,
  };
  const { row } = await prepareClient(context, profile, client);
  const grants = JSON.stringify(grantsOf(key.levels, isOwnProgram(key.levels)));
  const { created_at } = row;
  return {
    apiUuid: randomUUID() as string,
    apiKey,
    apiSecret,
    client: { ...row, grants },
    row: { app_uuid: appUuid, api_key: apiKey, sealed_secret: seal(sealingKey(context.config), apiSecret), created_at },
  };
}

/**
 * The grants of a key. With the level PPCOM alone it is for the widget on a shop's page, where no user signs in.
 *
 * @param direct whether it has the grants without the sign-in page (P-56)
 */
const grantsOf = (levels: readonly Level[], direct: boolean): GrantType[] => [
  ...(levels.some((level) => level !== 'PPCOM') ? (['authorization_code'] as const) : []),
  ...(direct ? new Set(levels.flatMap((level) => directGrants[level])) : []),
];

/** Allows a key the grants without the sign-in page, or forbids them (P-56). False when there is no such key. */
export async function setDirectGrants(
  apiKey: string,
  allowed: boolean,
  { clock, database }: Pick<Context, 'clock' | 'database'>,
): Promise<boolean> {
  const client = await findClient(database, profile, apiKey);
  if (client === undefined) return false;
  await database
    .updateTable('oauth_clients')
    .set({ grants: JSON.stringify(grantsOf(client.scopes as Level[], allowed)), updated_at: clock.now() })
    .where('api', '=', profile.api)
    .where('id', '=', apiKey)
    .execute();
  return true;
}

export async function insertKeys(trx: Transaction, keys: readonly PreparedKey[]): Promise<void> {
  await trx
    .insertInto('oauth_clients')
    .values(keys.map(({ client }) => client))
    .execute();
  await trx
    .insertInto('ppmessage_keys')
    .values(keys.map(({ apiUuid, row }) => ({ ...row, uuid: apiUuid })))
    .execute();
}

/** Creates one more key of an app. */
export async function createKey(
  context: Pick<Context, 'clock' | 'config' | 'database' | 'passwords'>,
  key: NewKey,
): Promise<PreparedKey> {
  const prepared = await prepareKey(context, key);
  await transact(context.database, (trx) => insertKeys(trx, [prepared]));
  return prepared;
}

/**
 * For each level the app's oldest key that has it and no other. An app from before the own programs had keys gets those
 * that it lacks (P-58).
 *
 * @throws PpmessageError noSuchApp when the app was removed a moment ago
 */
export async function requireKeys<Wanted extends Level>(
  appUuid: string,
  wanted: readonly Wanted[],
  context: Pick<Context, 'clock' | 'config' | 'database' | 'passwords'>,
): Promise<Record<Wanted, ApiKey>> {
  const { config, database } = context;
  const known = await findKeys(appUuid, wanted, config, database);
  if (wanted.every((level) => known.has(level))) return Object.fromEntries(known) as Record<Wanted, ApiKey>;
  const app = await database
    .selectFrom('ppmessage_apps')
    .select('app_name')
    .where('uuid', '=', appUuid)
    .executeTakeFirstOrThrow(() => new PpmessageError('noSuchApp'));
  const prepared = await Promise.all(
    wanted.map((level) => prepareKey(context, { appUuid, appName: app.app_name, levels: [level], redirectUris: [] })),
  );
  await transact(database, async (trx) => {
    await lockInTransaction(trx, `ppmessage_keys:${appUuid}`);
    const found = await findKeys(appUuid, wanted, config, trx);
    const lacking = prepared.filter(({ client }) => !found.has(client.scopes));
    if (lacking.length > 0) await insertKeys(trx, lacking);
  });
  return Object.fromEntries(await findKeys(appUuid, wanted, config, database)) as Record<Wanted, ApiKey>;
}

async function findKeys(
  appUuid: string,
  wanted: readonly Level[],
  config: Config,
  database: Database | Transaction,
): Promise<Map<string, ApiKey>> {
  const keys = await database
    .selectFrom('ppmessage_keys as key')
    .innerJoin('oauth_clients as client', 'client.id', 'key.api_key')
    .select(['key.uuid', 'key.api_key', 'key.sealed_secret', 'client.scopes'])
    .where('key.app_uuid', '=', appUuid)
    .where('client.api', '=', profile.api)
    .where('client.scopes', 'in', wanted)
    .orderBy('key.created_at', 'desc')
    .execute();
  // The oldest comes last and stays.
  return new Map(
    keys.map(({ uuid, api_key, sealed_secret, scopes }) => [
      scopes,
      { apiUuid: uuid, apiKey: api_key, apiSecret: unseal(sealingKey(config), sealed_secret) },
    ]),
  );
}

function sealingKey({ secretKey }: Config): string {
  if (secretKey === undefined) throw new ConfigError('SECRET_KEY is not set: PPMessage needs it to encrypt api_secret');
  return `ppmessage:${secretKey}`;
}

/** The uuid of the app whose key a token was issued to. @throws OAuthError invalid_client when the key was deleted */
export async function findAppOfToken(tokenId: string, { database }: Pick<Context, 'database'>): Promise<string> {
  const { app_uuid } = await database
    .selectFrom('oauth_tokens as token')
    .innerJoin('ppmessage_keys as key', 'key.api_key', 'token.client_id')
    .select('key.app_uuid')
    .where('token.api', '=', profile.api)
    .where('token.id', '=', tokenId)
    .executeTakeFirstOrThrow(() => new OAuthError('invalid_client', 'The key was deleted in the meantime'));
  return app_uuid;
}
