import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { randomAlphanumeric, sha256 } from '../../secrets.ts';
import type { ClientActor } from './access.ts';
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
 * @throws GobelieveError uidOfCustomer: customers get their tokens with their `customer_id`
 */
export const grantToken = (
  { database, clock }: Pick<Context, 'database' | 'clock'>,
  owner: TokenOwner,
  name: string | undefined,
): Promise<string> =>
  transact(database, async (trx) => {
    const { appid, uid } = owner;
    await requireOrdinaryUser(trx, appid, uid);
    await saveUser(trx, appid, uid, name === undefined ? {} : { name });
    return createToken(trx, owner, clock.now());
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
      token_hash: sha256(token),
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
  const owner = await database
    .selectFrom('gobelieve_tokens')
    .select(['app_id', 'uid'])
    .where('token_hash', '=', sha256(token))
    .$if(days > 0, (query) => query.where('created_at', '>', clock.now() - days * DAY_MS))
    .executeTakeFirst();
  return owner && { appid: owner.app_id, uid: owner.uid };
}

const DAY_MS = 24 * 60 * 60 * 1000;

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
