import { randomInt } from 'node:crypto';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { sha256 } from '../../secrets.ts';
import type { Operation } from '../wire/operation.ts';
import { answer } from '../wire/views.ts';
import { saveUser } from './users.ts';

export const grantToken: Operation<'grantToken'> = async ({ body, actor }, { database }) => {
  const { uid, user_name: name, platform_id: platformId, device_id: deviceId } = body;
  const { appid } = actor;
  const token = await transact(database, async (trx) => {
    await refuseCustomer(trx, appid, uid);
    await saveUser(trx, appid, uid, name === undefined ? {} : { name });
    return createToken(trx, { appid, uid, platformId, deviceId });
  });
  return answer({ token });
};

/** The token of a user, for ever: earlier ones stay valid. Facts, section 2, rule 2. */
export async function createToken(
  database: Database | Transaction,
  owner: {
    appid: number;
    uid: number;
    platformId?: number | undefined;
    deviceId?: string | undefined;
    /** Only the sandbox knows it beforehand. */
    token?: string;
  },
): Promise<string> {
  const { appid, uid, platformId = null, deviceId = null, token = randomToken() } = owner;
  await database
    .insertInto('gobelieve_tokens')
    .values({
      token_hash: sha256(token),
      app_id: appid,
      uid,
      platform_id: platformId,
      device_id: deviceId,
      created_at: Date.now(),
    })
    .execute();
  return token;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 30 letters and digits, as the original has them: the socket protocol tells the length in one byte. */
const randomToken = () => Array.from({ length: 30 }, () => letters[randomInt(letters.length)]).join('');

/** Customers get their tokens with their `customer_id`; as an ordinary user's number theirs cannot be used. */
async function refuseCustomer(database: Transaction, appid: number, uid: number): Promise<void> {
  const customer = await database
    .selectFrom('gobelieve_customers')
    .select('client_id')
    .where('app_id', '=', appid)
    .where('client_id', '=', uid)
    .executeTakeFirst();
  if (customer !== undefined) throw new HttpError('invalid_request', `uid ${uid} is the client_id of a customer`);
}
