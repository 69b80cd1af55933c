import type { Context } from '../context.ts';
import type { Database, Transaction } from '../database/open.ts';
import { newSortableId } from '../database/sortable-id.ts';
import { lockInTransaction, transact } from '../database/transact.ts';
import { seal, sha256, unseal } from '../secrets.ts';
import type { Client } from './clients.ts';
import type { OauthTokensTable } from './database/tables.ts';
import type { Profile } from './profile.ts';

/** A token as its client gets it. Times in milliseconds. */
export interface IssuedToken {
  id: string;
  accessToken: string;
  refreshToken: string | undefined;
  accessExpiresAt: number;
  createdAt: number;
  scope: string;
  userId: string | null;
}

/** Who calls an API, found by an access token. */
export interface TokenActor {
  tokenId: string;
  clientId: string;
  /** Null when the application acts for itself. */
  userId: string | null;
  scope: string;
}

interface Grant {
  client: Client;
  userId: string | null;
  scope: string;
  /** Shared by all tokens that come from one sign-in. */
  grantId: string;
  withRefreshToken: boolean;
}

/**
 * Issues a token in the caller's transaction. Where the profile says so, the previous tokens of the same client and
 * user become invalid with it; two that are issued at once wait for each other, so that one of them remains.
 */
export async function issueToken(trx: Transaction, profile: Profile, grant: Grant): Promise<IssuedToken> {
  const { client, userId, scope, grantId } = grant;
  const now = Date.now();
  const token: IssuedToken = {
    id: newSortableId(now),
    accessToken: profile.newToken(),
    refreshToken: grant.withRefreshToken ? profile.newToken() : undefined,
    accessExpiresAt: now + profile.lifetimes.accessToken * 1000,
    createdAt: now,
    scope,
    userId,
  };
  const { refreshToken: refreshLifetime } = profile.lifetimes;
  if (profile.singleToken) {
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
  await trx
    .insertInto('oauth_tokens')
    .values({
      id: token.id,
      api: profile.api,
      client_id: client.id,
      user_id: userId,
      scope,
      access_hash: sha256(token.accessToken),
      refresh_hash: token.refreshToken === undefined ? null : sha256(token.refreshToken),
      access_expires_at: token.accessExpiresAt,
      refresh_expires_at:
        token.refreshToken === undefined || refreshLifetime === undefined ? null : now + refreshLifetime * 1000,
      grant_id: grantId,
      created_at: now,
    })
    .execute();
  return token;
}

/**
 * Lets one transaction at a time give or take what somebody is signed in by. Whoever gives takes it before looking at
 * what it is given for (a password, code, refresh token or session), and whoever takes before taking: PostgreSQL would
 * not see a row that is not committed yet.
 */
export const lockSignIns = (trx: Transaction, { api }: Pick<Profile, 'api'>, userId: string | null) =>
  lockInTransaction(trx, `oauth_users:${api}:${userId}`);

/** Why an access token is refused. */
export type TokenRefusal = 'unknown' | 'revoked' | 'expired';

/** Whoever an access token stands for, or why it stands for nobody. Its first use is noted. */
export async function findActor(
  { clock, database }: Pick<Context, 'clock' | 'database'>,
  profile: Profile,
  accessToken: string,
): Promise<TokenActor | TokenRefusal> {
  const row = await findByAccessToken(database, profile, accessToken);
  if (row === undefined) return 'unknown';
  if (row.revoked_at !== null) return 'revoked';
  if (row.access_expires_at <= clock.now()) return 'expired';
  if (row.first_used_at === null) {
    await database.updateTable('oauth_tokens').set({ first_used_at: clock.now() }).where('id', '=', row.id).execute();
  }
  return { tokenId: row.id, clientId: row.client_id, userId: row.user_id, scope: row.scope };
}

export const findByAccessToken = (database: Database | Transaction, { api }: Profile, token: string) =>
  database
    .selectFrom('oauth_tokens')
    .selectAll()
    .where('access_hash', '=', sha256(token))
    .where('api', '=', api)
    .executeTakeFirst();

export const findByRefreshToken = (database: Database | Transaction, { api }: Profile, token: string) =>
  database
    .selectFrom('oauth_tokens')
    .selectAll()
    .where('refresh_hash', '=', sha256(token))
    .where('api', '=', api)
    .executeTakeFirst();

/** Revokes everything that came from one sign-in. */
export async function revokeGrant(
  database: Database,
  { api, grant_id, user_id }: Pick<OauthTokensTable, 'api' | 'grant_id' | 'user_id'>,
): Promise<void> {
  await transact(database, async (trx) => {
    await lockSignIns(trx, { api }, user_id);
    await trx
      .updateTable('oauth_tokens')
      .set({ revoked_at: Date.now() })
      .where('grant_id', '=', grant_id)
      .where('revoked_at', 'is', null)
      .execute();
  });
}

/** Ends everything that somebody is signed in by, in browsers and through applications, save one token. */
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

/** Deletes everything that somebody was signed in by: for a person who is deleted. */
export async function deleteSignIns(trx: Transaction, { api }: Profile, userId: string): Promise<void> {
  await lockSignIns(trx, { api }, userId);
  for (const table of ['oauth_tokens', 'oauth_codes', 'oauth_sessions', 'oauth_second_steps'] as const)
    await trx.deleteFrom(table).where('api', '=', api).where('user_id', '=', userId).execute();
}

/** How long a client that lost the answer to a refresh may ask for it again. */
const REPEAT_SECONDS = 10;

/** Marks a refresh token as used, unless somebody was faster. */
export async function rotate(trx: Transaction, token: OauthTokensTable): Promise<boolean> {
  const now = Date.now();
  const { numUpdatedRows } = await trx
    .updateTable('oauth_tokens')
    .set({ rotated_at: now, revoked_at: now })
    .where('id', '=', token.id)
    .where('rotated_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Keeps the answer to a rotation beside the used token. It is sealed with the used refresh token itself, which is
 * nowhere in the database: only who repeats the request can open it.
 */
export async function keepAnswer(
  trx: Transaction,
  used: OauthTokensTable,
  refreshToken: string,
  answer: IssuedToken,
): Promise<void> {
  await trx
    .updateTable('oauth_tokens')
    .set({ rotation_answer: seal(rotationKey(refreshToken), JSON.stringify(answer)) })
    .where('id', '=', used.id)
    .execute();
}

/** The answer to a rotation that may be given again, or `undefined`: it is too late, or the new token was used already. */
export async function repeatAnswer(
  trx: Transaction,
  used: OauthTokensTable,
  refreshToken: string,
): Promise<IssuedToken | undefined> {
  if (used.rotated_at === null || used.rotation_answer === null || Date.now() - used.rotated_at > REPEAT_SECONDS * 1000)
    return undefined;
  const answer = JSON.parse(unseal(rotationKey(refreshToken), used.rotation_answer)) as IssuedToken;
  const issued = await trx
    .selectFrom('oauth_tokens')
    .select(['first_used_at', 'revoked_at'])
    .where('id', '=', answer.id)
    .executeTakeFirst();
  return issued?.first_used_at === null && issued.revoked_at === null ? answer : undefined;
}

const rotationKey = (refreshToken: string) => `rotation:${refreshToken}`;
