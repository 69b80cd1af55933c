import type { Transaction } from '../../database/open.ts';
import { prepareClient } from '../../oauth/clients.ts';
import type { OauthClientsTable } from '../../oauth/database/tables.ts';
import { randomHex } from '../../secrets.ts';
import { profile } from '../profile.ts';

/** The role of whoever made the app. It cannot be changed, given or taken. */
export const DEVELOPER = 'developer';

/** The role that people get in the default app when they register. */
export const COMMON = 'common';

export interface NewApp {
  /** Made like upstream's when absent: `UC` and 13 hex digits. */
  id?: string | undefined;
  secret?: string | undefined;
  name: string;
  redirectUris: readonly string[];
}

/** The row of a new app. Apart from the insert because hashing the secret is slow and has no place in a transaction. */
export const prepareApp = ({ id = `UC${randomHex(7).slice(1)}`, ...app }: NewApp) =>
  prepareClient(profile, { id, scopes: Object.keys(profile.scopes), ...app }, Date.now());

/** Creates an app with the roles that every app has. Returns their ids by name. */
export async function createApp(
  trx: Transaction,
  row: OauthClientsTable,
): Promise<Record<typeof DEVELOPER | typeof COMMON, number>> {
  await trx.insertInto('oauth_clients').values(row).execute();
  const create = async (name: string, title: string) => {
    const role = { client_id: row.id, name, title };
    return (await trx.insertInto('ucenter_roles').values(role).returning('id').executeTakeFirstOrThrow()).id;
  };
  return { [DEVELOPER]: await create(DEVELOPER, '开发者'), [COMMON]: await create(COMMON, '普通用户') };
}

/** Gives a new user the role `common` of the oldest app, which is the default one, as upstream's app 1. Facts, section 5.2. */
export async function enterDefaultApp(trx: Transaction, userId: number): Promise<void> {
  await trx
    .insertInto('ucenter_user_roles')
    .columns(['user_id', 'role_id'])
    .expression(({ selectFrom, val }) =>
      selectFrom('ucenter_roles')
        .select([val(userId).as('user_id'), 'id'])
        .where('name', '=', COMMON)
        .where('client_id', '=', ({ selectFrom }) =>
          selectFrom('oauth_clients')
            .select('oauth_clients.id')
            .where('api', '=', profile.api)
            .orderBy('created_at')
            .orderBy('oauth_clients.id')
            .limit(1),
        ),
    )
    .execute();
}
