import { randomUUID } from 'node:crypto';
import type { components } from '../../../generated/ppmessage.ts';
import type { Config } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { ConfigError } from '../../errors.ts';
import { prepareClient } from '../../oauth/clients.ts';
import { randomHex, seal, unseal } from '../../secrets.ts';
import { profile } from '../profile.ts';

/** Keys: OAuth clients of an app whose scopes are their levels, and whose secret can be shown again. */

export type Level = components['schemas']['ApiKey']['api_level'];
export const levels = [
  'PPCOM',
  'PPKEFU',
  'PPCONSOLE',
  'THIRD_PARTY_KEFU',
  'THIRD_PARTY_CONSOLE',
] as const satisfies Level[];

export interface NewKey {
  appUuid: string;
  /** On the sign-in page. */
  appName: string;
  levels: readonly Level[];
  redirectUris: readonly string[];
  /** Made by the server when absent. */
  apiKey?: string | undefined;
  apiSecret?: string | undefined;
}

export type PreparedKey = Awaited<ReturnType<typeof prepareKey>>;

/** A new key's rows. Apart from the insert because hashing the secret is slow and has no place in a transaction. */
export async function prepareKey(config: Config, key: NewKey) {
  const { appUuid, appName, redirectUris, apiKey = randomHex(16), apiSecret = randomHex(16) } = key;
  const client = {
    id: apiKey,
    secret: apiSecret,
    name: appName,
    redirectUris,
    scopes: key.levels,
    ownerId: appUuid,
  };
  const { row } = await prepareClient(profile, client, Date.now());
  // A customer's page has nobody who could sign in.
  const grants = key.levels.some((level) => level !== 'PPCOM') ? row.grants : '[]';
  const { created_at } = row;
  return {
    apiUuid: randomUUID() as string,
    apiKey,
    apiSecret,
    client: { ...row, grants },
    row: { app_uuid: appUuid, api_key: apiKey, sealed_secret: seal(sealingKey(config), apiSecret), created_at },
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
export async function createApiKey({ config, database }: Context, key: NewKey): Promise<PreparedKey> {
  const prepared = await prepareKey(config, key);
  await transact(database, (trx) => insertKey(trx, prepared));
  return prepared;
}

/** Shows the app's key that has this level and no other; undefined when there is none. */
export async function findApiKey(appUuid: string, level: Level, { config, database }: Context) {
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
  if (secretKey === undefined) throw new ConfigError('SECRET_KEY is not set: PPMessage needs it to keep its keys');
  return `ppmessage:${secretKey}`;
}
