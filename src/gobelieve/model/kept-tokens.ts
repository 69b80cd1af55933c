import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import type { KeptToken, TokenKeeper } from '../../http/api.ts';
import { DAY_MS, revokeTokens } from './tokens.ts';

/** An id is the beginning of the hash, which is long enough to tell tokens apart. */
const ID_LENGTH = 16;

/** The tokens for the sandbox. They have no time of their own at which they expire (G-13). */
export const keptTokens: TokenKeeper = {
  async list(context, limit) {
    const days = limitOf(context.config, 'GOBELIEVE_TOKEN_DAYS');
    const rows = await select(context.database)
      .$if(days > 0, (query) => query.where('token.created_at', '>', context.clock.now() - days * DAY_MS))
      .orderBy('token.created_at', 'desc')
      .orderBy('token.token_hash')
      .limit(limit)
      .execute();
    return rows.map((row) => toToken(row, days));
  },
  async find(context, id) {
    const row = await findRow(context, id);
    return row && toToken(row, limitOf(context.config, 'GOBELIEVE_TOKEN_DAYS'));
  },
  async revoke(context, id) {
    const row = await findRow(context, id);
    if (row !== undefined) await revokeTokens(context, { appid: row.app_id, uid: row.uid, tokenHash: row.token_hash });
  },
};

const select = (database: Database) =>
  database
    .selectFrom('gobelieve_tokens as token')
    .leftJoin('gobelieve_apps as app', 'app.id', 'token.app_id')
    .leftJoin('gobelieve_users as user', (join) =>
      join.onRef('user.app_id', '=', 'token.app_id').onRef('user.uid', '=', 'token.uid'),
    )
    .select(['token.token_hash', 'token.app_id', 'token.uid', 'token.created_at'])
    .select(['app.name as app_name', 'user.name as user_name']);

type Row = NonNullable<Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirst']>>>;

const findRow = async ({ database }: Context, id: string): Promise<Row | undefined> =>
  /^[0-9a-f]+$/.test(id) && id.length === ID_LENGTH
    ? select(database).where('token.token_hash', 'like', `${id}%`).executeTakeFirst()
    : undefined;

function toToken({ token_hash, app_id, uid, created_at, app_name, user_name }: Row, days: number): KeptToken {
  return {
    id: token_hash.slice(0, ID_LENGTH),
    client: { id: String(app_id), name: app_name ?? String(app_id) },
    user: { id: String(uid), name: user_name || String(uid) },
    scope: '',
    createdAt: created_at,
    expiresAt: days > 0 ? created_at + days * DAY_MS : null,
    isRenewable: false,
  };
}
