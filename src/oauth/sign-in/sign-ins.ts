import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import type { OauthTokensTable } from '../database/tables.ts';
import type { Profile } from '../profile.ts';

/** A user's sign-ins are all sessions, codes and tokens of the user. */

/**
 * One transaction at a time adds or removes sign-ins of a user. Take this lock before checking the credential (password,
 * code, refresh token or session), and before removing sign-ins: PostgreSQL does not see rows that are not committed.
 */
export const lockSignIns = (trx: Transaction, { api }: Pick<Profile, 'api'>, userId: string | null) =>
  lockInTransaction(trx, `oauth_users:${api}:${userId}`);

/** Revokes all tokens that come from one authorization or sign-in. */
export async function revokeGrant(
  { clock, database }: Pick<Context, 'clock' | 'database'>,
  { api, grant_id, user_id }: Pick<OauthTokensTable, 'api' | 'grant_id' | 'user_id'>,
): Promise<void> {
  await transact(database, async (trx) => {
    await lockSignIns(trx, { api }, user_id);
    await trx
      .updateTable('oauth_tokens')
      .set({ revoked_at: clock.now() })
      .where('grant_id', '=', grant_id)
      .where('revoked_at', 'is', null)
      .execute();
  });
}

/** Ends all sign-ins of a user, in browsers and through applications, except one token. */
export async function endSignIns(
  trx: Transaction,
  { api }: Profile,
  userId: string,
  now: number,
  exceptTokenId?: string,
): Promise<void> {
  await lockSignIns(trx, { api }, userId);
  await trx.deleteFrom('oauth_sessions').where('api', '=', api).where('user_id', '=', userId).execute();
  await trx.deleteFrom('oauth_codes').where('api', '=', api).where('user_id', '=', userId).execute();
  await trx
    .updateTable('oauth_tokens')
    .set({ revoked_at: now })
    .where('api', '=', api)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .$if(exceptTokenId !== undefined, (query) => query.where('id', '!=', exceptTokenId as string))
    .execute();
}

/** Deletes all sign-ins of a user who is being deleted. */
export async function deleteSignIns(trx: Transaction, { api }: Profile, userId: string): Promise<void> {
  await lockSignIns(trx, { api }, userId);
  for (const table of [
    'oauth_tokens',
    'oauth_codes',
    'oauth_sessions',
    'oauth_second_steps',
    'oauth_known_networks',
  ] as const)
    await trx.deleteFrom(table).where('api', '=', api).where('user_id', '=', userId).execute();
}
