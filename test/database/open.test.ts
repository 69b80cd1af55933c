import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { describeEachDatabase, describePostgres } from '../support/databases.ts';

describe('openDatabase', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qiyue-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('makes the folder of an SQLite file, for its owner only', async () => {
    const database = await openDatabase(`sqlite:${folder}/a/b/qiyue.db`);
    await database.destroy();
    expect((await stat(`${folder}/a/b/qiyue.db`)).isFile()).toBe(true);
    expect((await stat(`${folder}/a/b`)).mode & 0o077).toBe(0);
  });

  it('makes the files of an SQLite database readable for their owner only', async () => {
    const path = `${folder}/private.db`;
    const database = await openDatabase(`sqlite:${path}`);
    await sql`create table one (id integer)`.execute(database);
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      expect([file, ((await stat(file)).mode & 0o777).toString(8)]).toEqual([file, '600']);
    await database.destroy();
  });

  it('reads sqlite:///path as an absolute path', async () => {
    const database = await openDatabase(`sqlite://${folder}/slashes.db`);
    await database.destroy();
    expect((await stat(`${folder}/slashes.db`)).isFile()).toBe(true);
  });

  it('opens a database in memory', async () => {
    const database = await openDatabase('sqlite::memory:');
    const { rows } = await sql<{ one: number }>`select 1 as one`.execute(database);
    expect(rows).toEqual([{ one: 1 }]);
    await database.destroy();
  });

  it('uses full sync, write-ahead log and foreign keys in an SQLite file', async () => {
    const database = await openDatabase(`sqlite:${folder}/pragmas.db`);
    const read = async (name: string) => (await sql<object>`pragma ${sql.raw(name)}`.execute(database)).rows[0];
    expect(await read('journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(await read('synchronous')).toEqual({ synchronous: 2 });
    expect(await read('foreign_keys')).toEqual({ foreign_keys: 1 });
    await database.destroy();
  });

  it('leaves turns of the event loop to others while many queries wait', async () => {
    const database = await openDatabase('sqlite::memory:');
    const numbers = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) select i from n`;
    let finished = 0;
    const queries = Array.from({ length: 500 }, async () => {
      await numbers.execute(database);
      finished += 1;
    });
    await new Promise((resolve) => setTimeout(resolve));
    expect(finished).toBeLessThan(500);
    await Promise.all(queries);
    await database.destroy();
  });

  it.each([
    ['mysql://root:hunter2@localhost/qiyue', /sqlite:<path> or postgres:.*scheme is "mysql:"/],
    ['qiyue.db', /it has no scheme/],
    ['', /it has no scheme/],
    ['sqlite:', /names no file/],
    ['postgres://user:hun ter2@[bad/qiyue', /percent-encode/],
  ])('explains what is wrong with the URL %j', async (url, message) => {
    const error = await openDatabase(url).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain('DATABASE_URL');
    expect((error as Error).message).not.toContain('ter2');
  });

  it('explains that a file is not a database', async () => {
    await writeFile(`${folder}/letter.txt`, 'Dear reader, this is a letter and not a database at all. '.repeat(50));
    await expect(openDatabase(`sqlite:${folder}/letter.txt`)).rejects.toThrow(
      /letter\.txt cannot be used: file is not/,
    );
  });

  it('asks for a file when the URL names a folder', async () => {
    await expect(openDatabase(`sqlite:${folder}`)).rejects.toThrow(`such as sqlite:${folder}/qiyue.db`);
  });

  // Node's own recursive mkdir never returns there.
  it.runIf(process.platform === 'linux')('explains that no folder can be made below /proc', async () => {
    await expect(openDatabase('sqlite:/proc/qiyue/a/qiyue.db')).rejects.toThrow(/^DATABASE_URL: .*\/proc\/qiyue/);
  });

  it('explains that the folder cannot be made', async () => {
    await writeFile(`${folder}/file`, '');
    await expect(openDatabase(`sqlite:${folder}/file/qiyue.db`)).rejects.toThrow(/cannot be used: /);
  });

  it('names a PostgreSQL server that cannot be reached, without the password', async () => {
    const { port, close } = await closedPort();
    close();
    const error = await openDatabase(`postgres://user:hunter2@localhost:${port}/qiyue`).catch(
      (thrown: Error) => thrown,
    );
    expect((error as Error).message).toMatch(
      `DATABASE_URL: the PostgreSQL database localhost:${port}/qiyue cannot be used: connect ECONNREFUSED`,
    );
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2');
  });
});

describePostgres('a database whose connections are all in use', ({ createUrl }) => {
  it('is named, with what to do', async () => {
    const url = new URL(await createUrl());
    const administrator = new pg.Client({ connectionString: url.href });
    await administrator.connect();
    const role = `qiyue_test_${randomBytes(8).toString('hex')}`;
    await administrator.query(`create role ${role} login password 'hunter2' connection limit 0`);
    url.username = role;
    url.password = 'hunter2';
    const error = await openDatabase(url.href).catch((thrown: Error) => thrown);
    await administrator.query(`drop role ${role}`);
    await administrator.end();
    expect((error as Error).message).toMatch(/^DATABASE_URL: .*too many connections for role .*; raise the limit/);
  });
});

describeEachDatabase('values', (databases) => {
  it('cannot be read after destroy, also without an earlier query', async () => {
    const database = await openDatabase(await databases.createUrl());
    await database.destroy();
    await expect(sql`select 1`.execute(database)).rejects.toThrow(/destroyed/);
  });

  it('are read as they were stored', async () => {
    const database = await databases.open();
    const team = { id: 'a', name: '契约 🎈 "quoted"', created_at: 1_800_000_000_123, updated_at: 2 ** 53 - 1 };
    await database.insertInto('tower_teams').values(team).execute();
    expect(await database.selectFrom('tower_teams').selectAll().execute()).toMatchObject([team]);
    const { count } = await database
      .selectFrom('tower_teams')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(count).toBe(1);
  });

  it('that cannot be stored throw, and the connection stays usable', async () => {
    const database = await databases.open();
    const team = { id: 'a', name: 'name', created_at: 0, updated_at: 0 };
    await expect(
      database
        .insertInto('tower_teams')
        .values({ ...team, name: 'a\0b' })
        .execute(),
    ).rejects.toThrow();
    await expect(
      database
        .insertInto('tower_teams')
        .values({ ...team, created_at: NaN })
        .execute(),
    ).rejects.toThrow();
    const yes = true as unknown as number;
    await expect(
      database
        .insertInto('tower_teams')
        .values({ ...team, created_at: yes })
        .execute(),
    ).rejects.toThrow();
    await database.insertInto('tower_teams').values(team).execute();
    expect(await database.selectFrom('tower_teams').selectAll().execute()).toMatchObject([team]);
  });
});

/** A port that was free a moment ago. */
async function closedPort() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}
