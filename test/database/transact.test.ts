import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Database, Transaction } from '../../src/database/open.ts';
import { afterCommit, engineOf, lockInTransaction, transact } from '../../src/database/transact.ts';
import { describeEachDatabase } from '../support/databases.ts';

describeEachDatabase('transact', (databases) => {
  it('commits the work and returns its result', async () => {
    const database = await databases.open();
    expect(await transact(database, (transaction) => insertTeam(transaction, 'a'))).toBe('a');
    expect(await teams(database)).toEqual(['a']);
    expect(engineOf(database)).toBe(databases.engine);
  });

  it('rolls back when the work throws', async () => {
    const database = await databases.open();
    const work = transact(database, async (transaction) => {
      await insertTeam(transaction, 'a');
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await teams(database)).toEqual([]);
  });

  it('joins the transaction around it', async () => {
    const database = await databases.open();
    const work = transact(database, async (transaction) => {
      await transact(transaction, (inner) => insertTeam(inner, 'a'));
      throw new Error('outer');
    });
    await expect(work).rejects.toThrow('outer');
    expect(await teams(database)).toEqual([]);
  });

  it('calls afterCommit after the commit, and not after a failure', async () => {
    const database = await databases.open();
    const heard: string[] = [];
    await transact(database, async (transaction) => {
      afterCommit(transaction, () => heard.push('committed'));
      await insertTeam(transaction, 'a');
      heard.push('worked');
    });
    await transact(database, async (transaction) => {
      afterCommit(transaction, () => heard.push('never'));
      throw new Error('no');
    }).catch(() => heard.push('failed'));
    afterCommit(database, () => heard.push('at once'));
    expect(heard).toEqual(['worked', 'committed', 'failed', 'at once']);
  });

  it('runs transactions with the same lock one after the other, across processes', async () => {
    const url = await databases.createUrl();
    const nodes = await Promise.all([databases.open(url), databases.open(url)]);
    let inside = 0;
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        transact(nodes[index % 2] as Database, async (transaction) => {
          await lockInTransaction(transaction, 'the key');
          inside += 1;
          expect(inside).toBe(1);
          await sleep(5);
          inside -= 1;
        }),
      ),
    );
    expect(inside).toBe(0);
  });

  it('runs the work again when PostgreSQL aborts it to break a deadlock', async () => {
    const database = await databases.open();
    for (const id of ['a', 'b']) await insertTeam(database, id);
    let attempts = 0;
    let bothHoldOne = () => {};
    const met = new Promise<void>((resolve) => {
      bothHoldOne = resolve;
    });
    const raise = (order: [string, string]) =>
      transact(database, async (transaction) => {
        attempts += 1;
        await count(transaction, order[0]);
        if (attempts === 2) bothHoldOne();
        // SQLite runs the second after the first, so they cannot meet there.
        if (databases.engine === 'postgres') await met;
        await count(transaction, order[1]);
      });
    await Promise.all([raise(['a', 'b']), raise(['b', 'a'])]);
    expect(attempts).toBe(databases.engine === 'postgres' ? 3 : 2);
    const rows = await database.selectFrom('tower_teams').select('created_at').execute();
    expect(rows).toEqual([{ created_at: 2 }, { created_at: 2 }]);
  });
});

async function insertTeam(database: Database | Transaction, id: string): Promise<string> {
  await database.insertInto('tower_teams').values({ id, name: id, created_at: 0, updated_at: 0 }).execute();
  return id;
}

async function count(transaction: Transaction, id: string): Promise<void> {
  await transaction
    .updateTable('tower_teams')
    .set(({ eb }) => ({ created_at: eb('created_at', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

async function teams(database: Database | Transaction): Promise<string[]> {
  const rows = await database.selectFrom('tower_teams').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}
