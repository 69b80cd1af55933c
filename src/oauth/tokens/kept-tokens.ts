import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import type { KeptToken, TokenKeeper } from '../../http/api.ts';
import type { Profile } from '../profile.ts';
import { revokeGrant } from '../sign-in/sign-ins.ts';

/** The names of users by their ids; an unknown id has none. */
export type NamesOf = (database: Database, ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** The tokens of an API of this authorization server, for its sandbox. */
export function keepTokens({ api }: Profile, namesOf: NamesOf): TokenKeeper {
  const select = (database: Database) =>
    database
      .selectFrom('oauth_tokens as token')
      .leftJoin('oauth_clients as client', (join) =>
        join.onRef('client.id', '=', 'token.client_id').onRef('client.api', '=', 'token.api'),
      )
      .select(['token.id', 'token.client_id', 'token.user_id', 'token.scope', 'token.created_at', 'token.grant_id'])
      .select(['token.access_expires_at', 'token.refresh_hash', 'token.refresh_expires_at', 'token.rotated_at'])
      .select('client.name as client_name')
      .where('token.api', '=', api)
      .where('token.revoked_at', 'is', null);

  type Row = Awaited<ReturnType<ReturnType<typeof select>['execute']>>[number];

  async function toTokens({ clock, database }: Context, rows: readonly Row[]): Promise<KeptToken[]> {
    const ids = new Set(rows.flatMap(({ user_id }) => user_id ?? []));
    const names = ids.size === 0 ? new Map<string, string>() : await namesOf(database, [...ids]);
    return rows.map((row) => ({
      id: row.id,
      client: { id: row.client_id, name: row.client_name ?? row.client_id },
      user: row.user_id === null ? null : { id: row.user_id, name: names.get(row.user_id) ?? row.user_id },
      scope: row.scope,
      createdAt: row.created_at,
      expiresAt: row.access_expires_at,
      isRenewable:
        row.refresh_hash !== null &&
        row.rotated_at === null &&
        (row.refresh_expires_at === null || row.refresh_expires_at > clock.now()),
    }));
  }

  return {
    async list(context, limit) {
      const now = context.clock.now();
      const rows = await select(context.database)
        .where((eb) =>
          eb.or([
            eb('token.access_expires_at', '>', now),
            eb.and([
              eb('token.refresh_hash', 'is not', null),
              eb('token.rotated_at', 'is', null),
              eb.or([eb('token.refresh_expires_at', 'is', null), eb('token.refresh_expires_at', '>', now)]),
            ]),
          ]),
        )
        .orderBy('token.created_at', 'desc')
        .orderBy('token.id', 'desc')
        .limit(limit)
        .execute();
      return toTokens(context, rows);
    },
    async find(context, id) {
      const rows = await select(context.database).where('token.id', '=', id).execute();
      return (await toTokens(context, rows))[0];
    },
    async expire({ database }, id, expiresAt) {
      await database
        .updateTable('oauth_tokens')
        .set({ access_expires_at: expiresAt })
        .where('api', '=', api)
        .where('id', '=', id)
        .execute();
    },
    async revoke(context, id) {
      const row = await select(context.database).where('token.id', '=', id).executeTakeFirst();
      if (row !== undefined) await revokeGrant(context, { api, ...row });
    },
  };
}
