import type { Context } from '../../context.ts';
import type { Profile } from '../profile.ts';
import { findByAccessToken } from './find-token.ts';

/** The caller of an API, found by an access token. */
export interface TokenActor {
  tokenId: string;
  clientId: string;
  /** Null when the client acts for itself. */
  userId: string | null;
  /** Separated by spaces. */
  scope: string;
}

/** Why an access token is invalid (`invalid_token` of RFC 6750 §3.1). */
export type InvalidTokenReason = 'unknown' | 'revoked' | 'expired';

/** The actor that an access token stands for, or why it is invalid. Records the token's first use. */
export async function findActor(
  { clock, database }: Pick<Context, 'clock' | 'database'>,
  profile: Profile,
  accessToken: string,
): Promise<TokenActor | InvalidTokenReason> {
  const token = await findByAccessToken(database, profile, accessToken);
  if (token === undefined) return 'unknown';
  if (token.revoked_at !== null) return 'revoked';
  if (token.access_expires_at <= clock.now()) return 'expired';
  if (token.first_used_at === null) {
    await database.updateTable('oauth_tokens').set({ first_used_at: clock.now() }).where('id', '=', token.id).execute();
  }
  return { tokenId: token.id, clientId: token.client_id, userId: token.user_id, scope: token.scope };
}
