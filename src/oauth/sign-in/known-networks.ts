import type { Database, Transaction } from '../../database/open.ts';
import { sha256 } from '../../secrets.ts';
import type { Profile } from '../profile.ts';

/** Networks from which users have signed in. Wrong guesses of strangers elsewhere do not lock a user out of these. */

/** Records that a user has signed in from a network. */
export async function rememberNetwork(
  database: Database | Transaction,
  { api }: Profile,
  userId: string,
  network: string,
  now: number,
): Promise<void> {
  await database
    .insertInto('oauth_known_networks')
    .values({ api, user_id: userId, network_hash: hashNetwork(userId, network), used_at: now })
    .onConflict((conflict) => conflict.columns(['api', 'user_id', 'network_hash']).doUpdateSet({ used_at: now }))
    .execute();
}

/** Whether a user has signed in from a network in the last 180 days. */
export async function isKnownNetwork(
  database: Database | Transaction,
  { api }: Profile,
  userId: string,
  network: string,
): Promise<boolean> {
  const known = await database
    .selectFrom('oauth_known_networks')
    .select('used_at')
    .where('api', '=', api)
    .where('user_id', '=', userId)
    .where('network_hash', '=', hashNetwork(userId, network))
    .executeTakeFirst();
  return known !== undefined;
}

/** The table does not show where users are. */
const hashNetwork = (userId: string, network: string) => sha256(`${userId} ${network}`);
