import type { Transaction } from '../../database/open.ts';
import { newSortableId } from '../../database/sortable-id.ts';
import { sha256 } from '../../secrets.ts';
import type { Client } from '../clients/clients.ts';
import type { Profile } from '../profile.ts';
import { lockSignIns } from '../sign-in/sign-ins.ts';

/** An access token response (RFC 6749 §5.1). Times in milliseconds. */
export interface IssuedToken {
  id: string;
  clientId: string;
  accessToken: string;
  refreshToken: string | undefined;
  accessExpiresAt: number;
  createdAt: number;
  /** Separated by spaces. */
  scope: string;
  /** Null when the client acts for itself. */
  userId: string | null;
  /** When the user signed in on the pages; null when the token comes from anything else. */
  authenticatedAt: number | null;
  /** That of the authorization request, in the first ID token only. */
  nonce?: string | undefined;
}

/** What a token is issued for. */
interface TokenSubject {
  client: Client;
  userId: string | null;
  /** Shared by all tokens that come from one authorization or sign-in. */
  grantId: string;
  scope: readonly string[];
  authenticatedAt?: number | null;
  withRefreshToken: boolean;
  /** Owner of the account in the API's own terms, where it is not the owner of the client. */
  ownerId?: string | undefined;
  /** Whether it comes from a refresh: until its first use is recorded, the same refresh returns it again. */
  isRefreshed?: boolean;
}

/** Issues a token. With `singleToken` in the profile it revokes the previous tokens of the same client and user. */
export async function issueToken(
  trx: Transaction,
  profile: Profile,
  now: number,
  {
    client,
    userId,
    grantId,
    scope,
    authenticatedAt = null,
    withRefreshToken,
    ownerId,
    isRefreshed = false,
  }: TokenSubject,
): Promise<IssuedToken> {
  const { lifetimes } = profile;
  const token: IssuedToken = {
    id: newSortableId(now),
    clientId: client.id,
    accessToken: profile.newToken(scope),
    refreshToken: withRefreshToken ? profile.newToken(scope) : undefined,
    accessExpiresAt: now + lifetimes.accessToken * 1000,
    createdAt: now,
    scope: scope.join(' '),
    userId,
    authenticatedAt,
  };
  if (profile.singleToken) await revokePreviousTokens(trx, profile, client, userId, now);
  const refreshExpires = withRefreshToken && lifetimes.refreshToken !== undefined;
  await trx
    .insertInto('oauth_tokens')
    .values({
      id: token.id,
      api: profile.api,
      client_id: client.id,
      user_id: userId,
      owner_id: ownerId ?? null,
      scope: token.scope,
      access_hash: sha256(token.accessToken),
      refresh_hash: token.refreshToken === undefined ? null : sha256(token.refreshToken),
      access_expires_at: token.accessExpiresAt,
      refresh_expires_at: refreshExpires ? now + Number(lifetimes.refreshToken) * 1000 : null,
      grant_id: grantId,
      authenticated_at: authenticatedAt,
      created_at: now,
      first_used_at: isRefreshed ? null : now,
    })
    .execute();
  return token;
}

/** Seconds that an access token has left, with their fraction; never more than its lifetime, even after the clock went back. */
export const secondsLeft = ({ lifetimes }: Profile, { accessExpiresAt }: IssuedToken, now: number): number =>
  Math.min(lifetimes.accessToken, Math.max(0, (accessExpiresAt - now) / 1000));

async function revokePreviousTokens(
  trx: Transaction,
  profile: Profile,
  client: Client,
  userId: string | null,
  now: number,
): Promise<void> {
  // Two tokens that are issued at once wait for each other, so that one of them is revoked.
  await lockSignIns(trx, profile, userId);
  await trx
    .updateTable('oauth_tokens')
    .set({ revoked_at: now })
    .where('api', '=', profile.api)
    .where('client_id', '=', client.id)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute();
}
