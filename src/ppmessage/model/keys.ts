import { randomUUID } from 'node:crypto';
import type { Config } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { ConfigError } from '../../errors.ts';
import { prepareClient } from '../../oauth/clients/clients.ts';
import { randomHex, seal, unseal } from '../../secrets.ts';
import { profile } from '../profile.ts';

/** Keys: OAuth clients of an app. Their scopes are their levels (P-21), and their secret can be shown again (P-31). */

export const levels = ['PPCOM', 'PPKEFU', 'PPCONSOLE', 'THIRD_PARTY_KEFU', 'THIRD_PARTY_CONSOLE'] as const;
export type Level = (typeof levels)[number];

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
  // A key with the level PPCOM alone is for the widget on a shop's page, where no user signs in.
  const grants = key.levels.some((level) => level !== 'PPCOM') ? row.grants : '[]';
  const { created_at } = row;
  return {
    apiUuid: randomUUID() as string,
    apiKey,
    apiSecret,
    client: { ...row, grants },
    row: { app_uuid: appUuid, api_key: apiKey, sealed_secret: seal(sealingKey(context.config), apiSecret), created_at },
  };
}

export async function insertKey(trx: Transaction, { apiUuid, client, row }: PreparedKey): Promise<void> {
  await trx.insertInto('oauth_clients').values(client).execute();
  await trx
    .insertInto('ppmessage_keys')
    .values({ ...row, uuid: apiUuid })
    .execute();
}

/** Creates one more key of an app. */
export async function createKey(
  context: Pick<Context, 'clock' | 'config' | 'database' | 'passwords'>,
  key: NewKey,
): Promise<PreparedKey> {
  const prepared = await prepareKey(context, key);
  await transact(context.database, (trx) => insertKey(trx, prepared));
  return prepared;
}

/** Finds the app's oldest key that has this level and no other. */
export async function findKey(
  appUuid: string,
  level: Level,
  { config, database }: Pick<Context, 'config' | 'database'>,
): Promise<ApiKey | undefined> {
  const key = await database
    .selectFrom('ppmessage_keys as key')
    .innerJoin('oauth_clients as client', 'client.id', 'key.api_key')
    .select(['key.uuid', 'key.api_key', 'key.sealed_secret'])
    .where('key.app_uuid', '=', appUuid)
    .where('client.api', '=', profile.api)
    .where('client.scopes', '=', level)
    .orderBy('key.created_at')
    .limit(1)
    .executeTakeFirst();
  return (
    key && {
      apiUuid: key.uuid,
      apiKey: key.api_key,
      apiSecret: unseal(sealingKey(config), key.sealed_secret),
    }
  );
}

function sealingKey({ secretKey }: Config): string {
  if (secretKey === undefined) throw new ConfigError('SECRET_KEY is not set: PPMessage needs it to encrypt api_secret');
  return `ppmessage:${secretKey}`;
}

/** The uuid of the app whose key a token was issued to. */
export async function findAppOfToken(tokenId: string, { database }: Pick<Context, 'database'>): Promise<string> {
  const { app_uuid } = await database
    .selectFrom('oauth_tokens as token')
    .innerJoin('ppmessage_keys as key', 'key.api_key', 'token.client_id')
    .select('key.app_uuid')
    .where('token.api', '=', profile.api)
    .where('token.id', '=', tokenId)
    .executeTakeFirstOrThrow();
  return app_uuid;
}
