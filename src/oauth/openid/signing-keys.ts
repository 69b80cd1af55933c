import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { ConfigError } from '../../errors.ts';
import { randomHex, seal, unseal } from '../../secrets.ts';
import type { OauthSigningKeysTable } from '../database/tables.ts';
import type { Profile } from '../profile.ts';

/** How long the public half of a replaced key is still published: longer than any token that it signed is valid. */
export const RETIRED_KEY_MS = 24 * 3600 * 1000;

/** A public key as the JWK set has it (RFC 7517). */
export interface PublicKey {
  kty: 'RSA';
  kid: string;
  use: 'sig';
  alg: 'RS256';
  n: string;
  e: string;
}

type Keeper = Pick<Context, 'clock' | 'config' | 'database'>;

/** The key that signs now, with its private half in PEM. @throws ConfigError without `SECRET_KEY` */
export async function requireSigningKey(
  profile: Profile,
  context: Keeper,
): Promise<{ id: string; privateKey: string }> {
  const usable = findUsable(await listSigningKeys(context.database, profile), profile, context);
  const { id, private_key: sealed } = usable ?? (await createFirst(profile, context));
  return { id, privateKey: unseal(sealingKeyOf(profile, context), sealed) };
}

/** The public keys with which ID tokens can be verified. None without `SECRET_KEY`. */
export async function listPublicKeys(profile: Profile, context: Keeper): Promise<PublicKey[]> {
  const { clock, config, database } = context;
  const keys = await listSigningKeys(database, profile);
  if (config.secretKey !== undefined && findUsable(keys, profile, context) === undefined)
    keys.unshift(await createFirst(profile, context));
  return keys
    .filter(({ retired_at: retiredAt }) => retiredAt === null || retiredAt > clock.now() - RETIRED_KEY_MS)
    .map(({ id, public_key }) => ({ kty: 'RSA', kid: id, use: 'sig', alg: 'RS256', ...JSON.parse(public_key) }));
}

/**
 * Makes a new key, which signs from now on. The public halves of those before it are published for another day.
 *
 * @throws ConfigError without `SECRET_KEY`
 */
export async function createSigningKey(profile: Profile, context: Keeper): Promise<OauthSigningKeysTable> {
  const key = await generateKey(profile, context);
  return transact(context.database, (trx) => insertKey(trx, key));
}

/** Makes a key unless another request has made one in the meantime. */
async function createFirst(profile: Profile, context: Keeper): Promise<OauthSigningKeysTable> {
  const key = await generateKey(profile, context);
  return transact(context.database, async (trx) => {
    await lockKeys(trx, profile);
    return findUsable(await listSigningKeys(trx, profile), profile, context) ?? insertKey(trx, key);
  });
}

/** Outside of any transaction: making an RSA key is slow. */
async function generateKey(profile: Profile, context: Keeper): Promise<OauthSigningKeysTable> {
  const sealingKey = sealingKeyOf(profile, context);
  const { publicKey, privateKey } = await generateKeys('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  return {
    id: randomHex(16),
    api: profile.api,
    public_key: JSON.stringify({ n, e }),
    private_key: seal(sealingKey, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
    created_at: context.clock.now(),
    retired_at: null,
  };
}

async function insertKey(trx: Transaction, key: OauthSigningKeysTable): Promise<OauthSigningKeysTable> {
  const { api, created_at: now } = key;
  await lockKeys(trx, key);
  await trx
    .updateTable('oauth_signing_keys')
    .set({ retired_at: now })
    .where('api', '=', api)
    .where('retired_at', 'is', null)
    .execute();
  await trx.insertInto('oauth_signing_keys').values(key).execute();
  return key;
}

const lockKeys = (trx: Transaction, { api }: Pick<Profile, 'api'>) =>
  lockInTransaction(trx, `oauth_signing_keys:${api}`);

/** The keys of an API, newest first. */
export const listSigningKeys = (database: Database | Transaction, { api }: Profile): Promise<OauthSigningKeysTable[]> =>
  database
    .selectFrom('oauth_signing_keys')
    .selectAll()
    .where('api', '=', api)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();

/** Deletes a key at once: nothing that it signed can be verified any more. False when there is none. */
export async function deleteSigningKey(database: Database, { api }: Profile, id: string): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom('oauth_signing_keys')
    .where('api', '=', api)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The newest key that is in use and that this server can read: after `SECRET_KEY` was replaced it cannot. */
function findUsable(
  keys: readonly OauthSigningKeysTable[],
  profile: Profile,
  context: Pick<Context, 'config'>,
): OauthSigningKeysTable | undefined {
  const sealingKey = sealingKeyOf(profile, context);
  return keys.find(
    ({ private_key: sealed, retired_at: retiredAt }) => retiredAt === null && canUnseal(sealingKey, sealed),
  );
}

function canUnseal(sealingKey: string, sealed: string): boolean {
  try {
    unseal(sealingKey, sealed);
    return true;
  } catch {
    return false;
  }
}

function sealingKeyOf({ api }: Profile, { config: { secretKey } }: Pick<Context, 'config'>): string {
  if (secretKey === undefined) throw new ConfigError('SECRET_KEY is not set: it encrypts the keys that sign ID tokens');
  return `signing-keys:${api}:${secretKey}`;
}

const generateKeys = promisify(generateKeyPair);
