import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { inSteps } from '../../database/steps.ts';
import { transact } from '../../database/transact.ts';
import { randomAlphanumeric, sha256 } from '../../secrets.ts';
import type { ClientActor } from './access.ts';
import { publishAfter, userTopic } from './bus-events.ts';
import { GobelieveError } from './errors.ts';
import { saveUser } from './users.ts';

/** The user of a token, and the device that the token was granted to. */
export interface TokenOwner {
  appid: number;
  uid: number;
  platformId?: number | undefined;
  deviceId?: string | undefined;
}

/**
 * Grants an ordinary user a token, and sets the user's name when one is given (G-14).
 *
 * @param token random by default
 * @throws GobelieveError uidOfCustomer: customers get their tokens with their `customer_id`
 */
export const grantToken = (
  { database, clock }: Pick<Context, 'database' | 'clock'>,
  owner: TokenOwner,
  name: string | undefined,
  token?: string,
): Promise<string> =>
  transact(database, async (trx) => {
    const { appid, uid } = owner;
    await requireOrdinaryUser(trx, appid, uid);
    await saveUser(trx, appid, uid, name === undefined ? {} : { name });
    return createToken(trx, owner, clock.now(), token);
  });

/**
 * Creates a permanent token (G-13). Earlier ones stay valid.
 *
 * @param token random by default; the demo data have known ones
 */
export async function createToken(
  database: Database | Transaction,
  { appid, uid, platformId, deviceId }: TokenOwner,
  now: number,
  token = randomToken(),
): Promise<string> {
  await database
    .insertInto('gobelieve_tokens')
    .values({
      token_hash: hashToken(token),
      app_id: appid,
      uid,
      platform_id: platformId ?? null,
      device_id: deviceId ?? null,
      created_at: now,
    })
    .execute();
  return token;
}

/** The user of a valid token. Tokens are permanent unless GOBELIEVE_TOKEN_DAYS limits their age. */
export async function findTokenOwner(
  { clock, config, database }: Context,
  token: string,
): Promise<ClientActor | undefined> {
  const days = limitOf(config, 'GOBELIEVE_TOKEN_DAYS');
  const since = days > 0 ? clock.now() - days * DAY_MS : Number.MIN_SAFE_INTEGER;
  const [owner] = await findOwner(database, { hash: hashToken(token), since });
  return owner && { appid: owner.app_id, uid: owner.uid, platformId: owner.platform_id };
}

const findOwner = prepare((database, { hash, since }: { hash: string; since: number }) =>
  database
    .selectFrom('gobelieve_tokens')
    .select(['app_id', 'uid', 'platform_id'])
    .where('token_hash', '=', hash)
    .where('created_at', '>', since),
);

/** Those of the given hashes whose tokens are valid. */
export async function findValidTokens(context: TokenContext, hashes: readonly string[]): Promise<Set<string>> {
  const tokens = await selectValidTokens(context, hashes).select('token_hash').execute();
  return new Set(tokens.map(({ token_hash }) => token_hash));
}

/** The tokens of a user, of one device of the user, or one of them. */
export interface TokenSelection {
  appid: number;
  uid: number;
  deviceId?: string | undefined;
  tokenHash?: string | undefined;
}

/**
 * Revokes tokens, ends their connections, and unbinds the push tokens of their devices (G-70). A user has a token for
 * each grant, so this goes in steps.
 *
 * @returns how many tokens there were
 */
export const revokeTokens = (context: Pick<Context, 'bus' | 'database'>, selection: TokenSelection): Promise<number> =>
  inSteps((limit) => revokeSome(context, selection, limit));

const revokeSome = (
  context: Pick<Context, 'bus' | 'database'>,
  { appid, uid, deviceId, tokenHash }: TokenSelection,
  limit: number,
): Promise<number> =>
  transact(context.database, async (trx) => {
    const found = trx
      .selectFrom('gobelieve_tokens')
      .select('token_hash')
      .where('app_id', '=', appid)
      .where('uid', '=', uid)
      .$if(deviceId !== undefined, (query) => query.where('device_id', '=', deviceId as string))
      .$if(tokenHash !== undefined, (query) => query.where('token_hash', '=', tokenHash as string))
      .limit(limit);
    const revoked = await trx
      .deleteFrom('gobelieve_tokens')
      .where('token_hash', 'in', found)
      .returning('token_hash')
      .execute();
    const hashes = revoked.map(({ token_hash }) => token_hash);
    await trx
      .deleteFrom('gobelieve_devices')
      .where('app_id', '=', appid)
      .where('uid', '=', uid)
      // For all tokens all bindings are meant, also those from before tokens were recorded.
      .$if(deviceId !== undefined || tokenHash !== undefined, (query) => query.where('token_hash', 'in', hashes))
      .execute();
    publishAfter(trx, context, [userTopic(appid, uid)], { kind: 'revoked' });
    return hashes.length;
  });

/** The tokens of a user, oldest first. */
export const listTokens = (database: Database, { appid, uid }: TokenSelection) =>
  database
    .selectFrom('gobelieve_tokens')
    .select(['platform_id', 'device_id', 'created_at'])
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .orderBy('created_at')
    .execute();

type TokenContext = Pick<Context, 'clock' | 'config' | 'database'>;

function selectValidTokens({ clock, config, database }: TokenContext, hashes: readonly string[]) {
  const days = limitOf(config, 'GOBELIEVE_TOKEN_DAYS');
  return database
    .selectFrom('gobelieve_tokens')
    .where('token_hash', 'in', hashes)
    .$if(days > 0, (query) => query.where('created_at', '>', clock.now() - days * DAY_MS));
}

/** The form in which tokens are stored. */
export const hashToken = sha256;

export const DAY_MS = 24 * 60 * 60 * 1000;

/** 30 letters and digits (G-13). */
const randomToken = () => randomAlphanumeric(30);

async function requireOrdinaryUser(trx: Transaction, appid: number, uid: number): Promise<void> {
  const customer = await trx
    .selectFrom('gobelieve_customers')
    .select('client_id')
    .where('app_id', '=', appid)
    .where('client_id', '=', uid)
    .executeTakeFirst();
  if (customer !== undefined) throw new GobelieveError('uidOfCustomer');
}
