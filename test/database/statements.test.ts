import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';

const row = { name: 'name', created_at: 0, updated_at: 0 };

describeEachDatabase('a repeated statement', (databases) => {
  it('returns the current rows each time', async () => {
    const database = await databases.open();
    const read = (id: string) =>
      database.selectFrom('tower_teams').select('id').where('id', '=', id).executeTakeFirst();
    expect(await read('a')).toBeUndefined();
    await database
      .insertInto('tower_teams')
      .values({ id: 'a', ...row })
      .execute();
    expect(await read('a')).toEqual({ id: 'a' });
    expect(await read('b')).toBeUndefined();
    await database.deleteFrom('tower_teams').execute();
    expect(await read('a')).toBeUndefined();
  });

  it('works after it failed', async () => {
    const database = await databases.open();
    const insert = (id: string) =>
      database
        .insertInto('tower_teams')
        .values({ id, ...row })
        .returning('id')
        .executeTakeFirst();
    await insert('a');
    await expect(insert('a')).rejects.toThrow();
    expect(await insert('b')).toEqual({ id: 'b' });
  });

  it('sees a table that was changed in between', async () => {
    const database = await databases.open();
    await database
      .insertInto('tower_teams')
      .values({ id: 'a', ...row })
      .execute();
    const read = () => database.selectFrom('tower_teams').selectAll().execute();
    await read();
    await sql`alter table tower_teams add column motto text default 'none'`.execute(database);
    expect(await read()).toMatchObject([{ id: 'a', ...row, motto: 'none' }]);
  });

  it('works with more statements than the cache holds', async () => {
    const database = await databases.open();
    for (let round = 0; round < 2; round += 1) {
      for (let number = 0; number < 700; number += 1) {
        const { rows } = await sql<{ n: number }>`select ${sql.lit(number)} as n`.execute(database);
        expect(rows).toEqual([{ n: number }]);
      }
    }
  });

  it('reads any number of rows', async () => {
    const database = await databases.open();
    for (const count of [0, 1, 99, 100, 101, 250]) {
      await database.deleteFrom('tower_teams').execute();
      const rows = Array.from({ length: count }, (_, index) => ({ id: `t${index}`, ...row }));
      if (count > 0) await database.insertInto('tower_teams').values(rows).execute();
      expect(await database.selectFrom('tower_teams').selectAll().execute()).toHaveLength(count);
    }
  });
});
