import type { Context } from '../../context.ts';
import { prepare } from '../../database/prepare.ts';
import { sha256 } from '../../secrets.ts';
import type { OauthTokensTable } from '../database/tables.ts';
import type { Profile } from '../profile.ts';

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

/** The columns of a token that `toActor` needs. */
export const actorColumns = [
  'oauth_tokens.id',
  'oauth_tokens.client_id',
  'oauth_tokens.user_id',
  'oauth_tokens.scope',
  'oauth_tokens.access_expires_at',
  'oauth_tokens.first_used_at',
  'oauth_tokens.revoked_at',
] as const;

type ActorToken = Pick<
  OauthTokensTable,
  'id' | 'client_id' | 'user_id' | 'scope' | 'access_expires_at' | 'first_used_at' | 'revoked_at'
>;

/** Most requests need nothing but this of the authorization server. */
const findToken = prepare((database, { hash, api }: { hash: string; api: string }) =>
  database.selectFrom('oauth_tokens').select(actorColumns).where('access_hash', '=', hash).where('api', '=', api),
);

/** The actor that an access token stands for, or why it is invalid. */
export async function findActor(
  context: Pick<Context, 'clock' | 'database'>,
  { api }: Profile,
  accessToken: string,
): Promise<TokenActor | InvalidTokenReason> {
  const [token] = await findToken(context.database, { hash: sha256(accessToken), api });
  return toActor(token, context);
}

/** Like `findActor`, for a token that was read together with other things. Records the first use of a refreshed token. */
export async function toActor(
  token: ActorToken | undefined,
  { clock, database }: Pick<Context, 'clock' | 'database'>,
): Promise<TokenActor | InvalidTokenReason> {
  if (token === undefined) return 'unknown';
  if (token.revoked_at !== null) return 'revoked';
  if (token.access_expires_at <= clock.now()) return 'expired';
  if (token.first_used_at === null) {
    await database.updateTable('oauth_tokens').set({ first_used_at: clock.now() }).where('id', '=', token.id).execute();
  }
  return { tokenId: token.id, clientId: token.client_id, userId: token.user_id, scope: token.scope };
}
