import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { sha256 } from '../../secrets.ts';
import type { OauthTokensTable } from '../database/tables.ts';
import type { Profile } from '../profile.ts';

const byAccessHash = prepare((database, { hash, api }: { hash: string; api: string }) =>
  database.selectFrom('oauth_tokens').selectAll().where('access_hash', '=', hash).where('api', '=', api),
);

const byRefreshHash = prepare((database, { hash, api }: { hash: string; api: string }) =>
  database.selectFrom('oauth_tokens').selectAll().where('refresh_hash', '=', hash).where('api', '=', api),
);

/** The token with this access token or this refresh token, and which of the two it is. */
export async function findByEither(
  database: Database | Transaction,
  { api }: Profile,
  token: string,
): Promise<{ row: OauthTokensTable; isRefresh: boolean } | undefined> {
  const hash = sha256(token);
  const [row] = await byEitherHash(database, { hash, api });
  return row && { row, isRefresh: row.access_hash !== hash };
}

const byEitherHash = prepare((database, { hash, api }: { hash: string; api: string }) =>
  database
    .selectFrom('oauth_tokens')
    .selectAll()
    .where((eb) => eb.or([eb('access_hash', '=', hash), eb('refresh_hash', '=', hash)]))
    .where('api', '=', api),
);

export async function findByAccessToken(
  database: Database | Transaction,
  { api }: Profile,
  token: string,
): Promise<OauthTokensTable | undefined> {
  return (await byAccessHash(database, { hash: sha256(token), api }))[0];
}

export async function findByRefreshToken(
  database: Database | Transaction,
  { api }: Profile,
  token: string,
): Promise<OauthTokensTable | undefined> {
  return (await byRefreshHash(database, { hash: sha256(token), api }))[0];
}
