import { expect, it } from 'vitest';
import { prepare } from '../../src/database/prepare.ts';
import { transact } from '../../src/database/transact.ts';
import { describeEachDatabase } from '../support/databases.ts';

const row = { created_at: 0, updated_at: 0 };

describeEachDatabase('a prepared statement', (databases) => {
  it('is built once, and used with other values and other databases', async () => {
    let built = 0;
    const findTeam = prepare((database, { id, name }: { id: string; name: string | null }) => {
      built += 1;
      return database
        .selectFrom('tower_teams')
        .select(['id', 'name'])
        .where('id', '=', id)
        .where('created_at', '=', 0)
        .where('name', '=', name);
    });
    const [one, other] = [await databases.open(), await databases.open()];
    const teams = ['a', 'b'].map((id) => ({ id, name: `team ${id}`, ...row }));
    await one.insertInto('tower_teams').values(teams).execute();
    expect(await findTeam(one, { id: 'a', name: 'team a' })).toEqual([{ id: 'a', name: 'team a' }]);
    expect(await findTeam(one, { id: 'b', name: 'team b' })).toEqual([{ id: 'b', name: 'team b' }]);
    expect(await findTeam(one, { id: 'a', name: null })).toEqual([]);
    expect(await findTeam(other, { id: 'a', name: 'team a' })).toEqual([]);
    expect(built).toBe(1);
  });

  it('takes part in a transaction', async () => {
    const addTeam = prepare((database, { id }: { id: string }) =>
      database.insertInto('tower_teams').values({ id, name: 'team', ...row }),
    );
    const database = await databases.open();
    const work = transact(database, async (trx) => {
      await addTeam(trx, { id: 'a' });
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await database.selectFrom('tower_teams').selectAll().execute()).toEqual([]);
  });
});
