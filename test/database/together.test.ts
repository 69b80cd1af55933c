import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Database, Transaction } from '../../src/database/open.ts';
import { together } from '../../src/database/together.ts';
import { transact } from '../../src/database/transact.ts';
import { describeEachDatabase, describePostgres } from '../support/databases.ts';
import { count } from '../support/statements.ts';

const addTeam = (database: Database | Transaction, id: string) =>
  database.insertInto('tower_teams').values({ id, name: 'team', created_at: 0, updated_at: 0 }).execute();

const listTeams = async (database: Database | Transaction) =>
  (await database.selectFrom('tower_teams').select('id').orderBy('id').execute()).map(({ id }) => id);

const echo = async (database: Database, value: number) =>
  (await sql<{ value: number }>`select ${sql.lit(value)} as value`.execute(database)).rows[0]?.value;

describeEachDatabase('together', (databases) => {
  it('returns the results in the order of the queries', async () => {
    const database = await databases.open();
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    expect(await together(database, (view) => numbers.map((number) => echo(view, number)))).toEqual(numbers);
  });

  it('sees the changes of the transaction around it', async () => {
    const database = await databases.open();
    await transact(database, async (trx) => {
      await addTeam(trx, 'a');
      expect(await together(trx, (view) => [listTeams(view), echo(view, 1)])).toEqual([['a'], 1]);
    });
  });

  it('rejects with the first error, and rolls the transaction around it back', async () => {
    const database = await databases.open();
    const work = transact(database, async (trx) => {
      await addTeam(trx, 'a');
      await together(trx, (view) => [addTeam(view, 'b'), addTeam(view, 'b'), listTeams(view)]);
    });
    await expect(work).rejects.toThrow(/unique/i);
    expect(await listTeams(database)).toEqual([]);
    const fails = async () => {
      throw new Error('no');
    };
    await expect(together(database, (view) => [fails(), listTeams(view)])).rejects.toThrow('no');
    expect(await listTeams(database)).toEqual([]);
  });
});

describePostgres('round trips', (databases) => {
  it('are one for queries together, and none for the beginning of a transaction', async () => {
    const database = await databases.open();
    expect((await count(() => together(database, (view) => [echo(view, 1), echo(view, 2)]))).roundTrips).toBe(1);
    const transaction = await count(() => transact(database, (trx) => addTeam(trx, 'a')));
    expect([transaction.texts.length, transaction.roundTrips]).toEqual([3, 2]);
  });

  it('end for all queries when the connection breaks', async () => {
    const database = await databases.open();
    const breaks = sql`select pg_terminate_backend(pg_backend_pid())`;
    const results = await together(database, (view) =>
      [breaks.execute(view), listTeams(view)].map((one) => one.then(() => 'answered').catch(() => 'failed')),
    );
    expect(results).toEqual(['failed', 'failed']);
    expect(await listTeams(database)).toEqual([]);
  });
});
