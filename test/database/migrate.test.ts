import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { migrateDatabase, pendingMigrations } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open.ts';
import { engineOf } from '../../src/database/transact.ts';
import { describeEachDatabase } from '../support/databases.ts';

const all = ['0001-oauth', '0002-tower', '0003-delivery'];

describeEachDatabase('migrations', (databases) => {
  it('run once, in order', async () => {
    const database = await openDatabase(await databases.createUrl());
    expect(await pendingMigrations(database)).toEqual(expect.arrayContaining(all));
    expect(await migrateDatabase(database)).toEqual(expect.arrayContaining(all));
    expect(await pendingMigrations(database)).toEqual([]);
    expect(await migrateDatabase(database)).toEqual([]);
    await database.destroy();
  });

  it('run once when several processes start at the same time', async () => {
    const url = await databases.createUrl();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(url)));
    const ran = await Promise.all(opened.map(migrateDatabase));
    expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
    for (const database of opened) expect(await pendingMigrations(database)).toEqual([]);
    await Promise.all(opened.map((database) => database.destroy()));
  });

  it('leave an index by which everything of one user is found', async () => {
    const database = await databases.open();
    const source = engineOf(database) === 'sqlite' ? 'sqlite_master' : 'pg_indexes';
    const column = source === 'sqlite_master' ? 'name' : 'indexname';
    const { rows } = await sql<{ name: string }>`select ${sql.ref(column)} as name from ${sql.table(source)}`.execute(
      database,
    );
    const names = rows.map(({ name }) => name);
    for (const table of ['oauth_sessions', 'oauth_codes', 'oauth_tokens']) expect(names).toContain(`${table}_user`);
  });

  it('leave nothing behind when one fails', async () => {
    const database = await openDatabase(await databases.createUrl());
    await sql`create table delivery_messages (id text)`.execute(database);
    await expect(migrateDatabase(database)).rejects.toThrow(/cannot be migrated in 0003-delivery: /);
    expect(await pendingMigrations(database)).toEqual(expect.arrayContaining(all));
    await expect(database.selectFrom('tower_teams').selectAll().execute()).rejects.toThrow();
    await database.destroy();
  });

  it('refuse a database that a newer version has migrated', async () => {
    const database = await databases.open();
    const newer = { name: '9999-future', timestamp: new Date().toISOString() };
    await sql`insert into database_migrations values (${newer.name}, ${newer.timestamp})`.execute(database);
    await expect(migrateDatabase(database)).rejects.toThrow(/9999-future is missing/);
  });
});
