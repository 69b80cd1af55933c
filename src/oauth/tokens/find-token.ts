import type { Database, Transaction } from '../../database/open.ts';
import { sha256 } from '../../secrets.ts';
import type { Profile } from '../profile.ts';

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
