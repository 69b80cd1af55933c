import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { insertWithId } from '../../src/database/given-id.ts';
import type { Database, Transaction } from '../../src/database/open.ts';
import { transact } from '../../src/database/transact.ts';
import { describeEachDatabase } from '../support/databases.ts';

describeEachDatabase('given ids', (databases) => {
  let database: Database;
  beforeAll(async () => {
    database = await databases.open();
  });

  async function insert(on: Database | Transaction, id?: number): Promise<number> {
    const row = { ...(id !== undefined && { id }), name: 'a', secret_hash: 'x', created_at: 0 };
    return (await on.insertInto('gobelieve_apps').values(row).returning('id').executeTakeFirstOrThrow()).id;
  }
  const give = (id: number) =>
    transact(database, (trx) => insertWithId(trx, 'gobelieve_apps', id, () => insert(trx, id)));

  it('are followed by the ids that the database makes, also when the given id is the first', async () => {
    expect(await give(3)).toBe(3);
    expect(await insert(database)).toBe(4);
    expect(await give(5)).toBe(5);
    expect(await insert(database)).toBe(6);
    expect(await give(100)).toBe(100);
    expect(await give(50)).toBe(50);
    expect(await insert(database)).toBe(101);
  });

  it('do not make the database use an earlier id again', async () => {
    const last = await insert(database);
    await database.deleteFrom('gobelieve_apps').where('id', '=', last).execute();
    await give(7);
    expect(await insert(database)).toBe(last + 1);
  });

  it('do not conflict with a concurrent insert', async () => {
    const given = (await insert(database)) + 1;
    let other: Promise<number> | undefined;
    await transact(database, (trx) =>
      insertWithId(trx, 'gobelieve_apps', given, async () => {
        await insert(trx, given);
        other = insert(database);
        other.catch(() => {});
        await sleep(200);
      }),
    );
    expect(await other).toBe(given + 1);
  });

  it('change nothing when they are already used', async () => {
    const last = await insert(database);
    await expect(give(last)).rejects.toThrow();
    const failing = transact(database, (trx) =>
      insertWithId(trx, 'gobelieve_apps', last + 1000, async () => {
        await insert(trx, last + 1000);
        throw new Error('no');
      }),
    );
    await expect(failing).rejects.toThrow('no');
    expect(await insert(database)).toBe(last + 1);
  });
});
