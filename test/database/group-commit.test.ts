import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { groupCommit, transactTogether } from '../../src/database/group-commit.ts';
import { transact } from '../../src/database/transact.ts';
import { describeEachDatabase } from '../support/databases.ts';

describeEachDatabase('group commit', (databases) => {
  /** Inserts texts into a table whose texts are unique and not empty; `refuse` is refused by an outcome. */
  async function notes() {
    const database = await databases.open();
    await sql`create table notes (id integer primary key, text text unique check (text <> ''))`.execute(database);
    const commits: string[][] = [];
    const insert = groupCommit<string, string, number>((_key, texts) =>
      transact(database, async (trx) => {
        commits.push([...texts]);
        const { rows } = await sql<{ last: number }>`select coalesce(max(id), 0) as last from notes`.execute(trx);
        let { last = 0 } = rows[0] ?? {};
        const outcomes: PromiseSettledResult<number>[] = [];
        for (const text of texts) {
          if (text === 'refuse') {
            outcomes.push({ status: 'rejected', reason: new Error('refused') });
            continue;
          }
          last += 1;
          await sql`insert into notes (id, text) values (${last}, ${text})`.execute(trx);
          outcomes.push({ status: 'fulfilled', value: last });
        }
        return outcomes;
      }),
    );
    const stored = async () =>
      (await sql<{ text: string }>`select text from notes order by id`.execute(database)).rows.map(({ text }) => text);
    return { insert, commits, stored };
  }

  it('commits what waits together, in the order of the calls', async () => {
    const { insert, commits, stored } = await notes();
    const texts = Array.from({ length: 50 }, (_, index) => `note ${index}`);
    const ids = await Promise.all(texts.map((text) => insert('a', text)));
    expect(ids).toEqual(texts.map((_, index) => index + 1));
    expect(await stored()).toEqual(texts);
    expect(commits).toEqual([texts]);
  });

  it('takes what arrives during a commit into the next one', async () => {
    const { insert, commits } = await notes();
    await Promise.all([insert('a', 'first').then(() => insert('a', 'third')), insert('a', 'second')]);
    expect(commits).toEqual([['first', 'second'], ['third']]);
  });

  it('lets one refused item fail alone', async () => {
    const { insert, commits, stored } = await notes();
    const outcomes = await Promise.allSettled(['one', 'refuse', 'two'].map((text) => insert('a', text)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await stored()).toEqual(['one', 'two']);
    expect(commits).toHaveLength(1);
  });

  it('commits each alone when one item breaks the transaction', async () => {
    const { insert, stored } = await notes();
    const outcomes = await Promise.allSettled(['one', '', 'two', 'two', 'three'].map((text) => insert('a', text)));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(await stored()).toEqual(['one', 'two', 'three']);
  });

  it('keeps keys apart', async () => {
    const { insert, commits } = await notes();
    await insert('a', 'one');
    await insert('b', 'two');
    expect(commits).toEqual([['one'], ['two']]);
  });

  it('runs transactions with one key together, and a failing one alone', async () => {
    const database = await databases.open();
    await sql`create table notes (text text)`.execute(database);
    const insert = (text: string) =>
      transactTogether(database, 'a', async (trx) => {
        await sql`insert into notes (text) values (${text})`.execute(trx);
        if (text === 'bad') throw new Error('refused');
        return text.length;
      });
    const outcomes = await Promise.allSettled(['one', 'bad', 'three'].map(insert));
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 3 },
      { status: 'rejected', reason: new Error('refused') },
      { status: 'fulfilled', value: 5 },
    ]);
    const { rows } = await sql`select text from notes`.execute(database);
    expect(rows).toEqual([{ text: 'one' }, { text: 'three' }]);
  });
});
