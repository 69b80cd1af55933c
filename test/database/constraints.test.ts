import { expect, it } from 'vitest';
import type { Database } from '../../src/database/open.ts';
import { isForeignKeyViolation, isUniqueViolation } from '../../src/database/transact.ts';
import { describeEachDatabase } from '../support/databases.ts';

const times = { created_at: 0, updated_at: 0 };

describeEachDatabase('constraints', (databases) => {
  it('distinguish a duplicate value and a reference to a missing row from other failures', async () => {
    const database = await databases.open();
    await insertMember(database);
    const failures = await Promise.all(
      [
        database
          .insertInto('tower_teams')
          .values({ id: 'team', name: 'again', ...times })
          .execute(),
        insertUser(database, 'other', 'ann'),
        database
          .insertInto('tower_subgroups')
          .values({ id: 's', team_id: 'nowhere', name: 's', ...times })
          .execute(),
        database
          .insertInto('tower_teams')
          .values({ id: 'x', name: null as unknown as string, ...times })
          .execute(),
      ].map((query) =>
        (query as Promise<unknown>).catch((error: unknown) => [isUniqueViolation(error), isForeignKeyViolation(error)]),
      ),
    );
    expect(failures).toEqual([
      [true, false],
      [true, false],
      [false, true],
      [false, false],
    ]);
    expect([isUniqueViolation(undefined), isForeignKeyViolation(undefined)]).toEqual([false, false]);
  });

  it('delete the rows of a team with the team', async () => {
    const database = await databases.open();
    await insertMember(database);
    await database
      .insertInto('tower_subgroups')
      .values({ id: 's', team_id: 'team', name: 's', ...times })
      .execute();
    await database.insertInto('tower_subgroup_members').values({ subgroup_id: 's', member_id: 'member' }).execute();
    await database.deleteFrom('tower_teams').execute();
    for (const table of ['tower_members', 'tower_subgroups', 'tower_subgroup_members'] as const) {
      expect(await database.selectFrom(table).selectAll().execute()).toEqual([]);
    }
    expect(await database.selectFrom('tower_users').select('id').execute()).toEqual([{ id: 'user' }]);
  });

  it("delete an application's codes and tokens with it, and not those of the same id in another API", async () => {
    const database = await databases.open();
    for (const api of ['tower', 'ucenter']) {
      await insertClient(database, api);
      const owner = { api, client_id: 'app', user_id: 'user', scope: '' };
      const token = { ...owner, access_expires_at: 0, grant_id: 'g', created_at: 0 };
      await database
        .insertInto('oauth_tokens')
        .values({ ...token, id: api, access_hash: `${api} access` })
        .execute();
      await database
        .insertInto('oauth_codes')
        .values({ ...owner, code_hash: api, redirect_uri: '', grant_id: 'g', created_at: 0, expires_at: 0 })
        .execute();
    }
    await database.deleteFrom('oauth_clients').where('api', '=', 'tower').execute();
    for (const table of ['oauth_tokens', 'oauth_codes'] as const) {
      expect(await database.selectFrom(table).select('api').execute()).toEqual([{ api: 'ucenter' }]);
    }
  });

  it('let an update of one row win once', async () => {
    const database = await databases.open();
    await insertClient(database, 'tower');
    const code = { api: 'tower', client_id: 'app', user_id: 'user', redirect_uri: '', scope: '', grant_id: 'g' };
    await database
      .insertInto('oauth_codes')
      .values({ ...code, code_hash: 'code', created_at: 0, expires_at: 0 })
      .execute();
    const tries = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        database
          .updateTable('oauth_codes')
          .set({ consumed_at: index })
          .where('code_hash', '=', 'code')
          .where('consumed_at', 'is', null)
          .executeTakeFirst(),
      ),
    );
    expect(tries.filter(({ numUpdatedRows }) => numUpdatedRows === 1n)).toHaveLength(1);
  });
});

async function insertUser(database: Database, id: string, username: string): Promise<void> {
  const user = { id, username, email: '', nickname: '', gavatar: '', password_hash: '', ...times };
  await database.insertInto('tower_users').values(user).execute();
}

async function insertMember(database: Database): Promise<void> {
  await insertUser(database, 'user', 'ann');
  await database
    .insertInto('tower_teams')
    .values({ id: 'team', name: 'team', ...times })
    .execute();
  await database
    .insertInto('tower_members')
    .values({ id: 'member', team_id: 'team', user_id: 'user', nickname: '', gavatar: '', role: 'owner', ...times })
    .execute();
}

async function insertClient(database: Database, api: string): Promise<void> {
  await database
    .insertInto('oauth_clients')
    .values({ api, id: 'app', name: 'app', redirect_uris: '[]', scopes: '', grants: '[]', ...times })
    .execute();
}
