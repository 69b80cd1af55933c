import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { migrateDatabase, pendingMigrations } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open.ts';
import { engineOf } from '../../src/database/transact.ts';
import { describeEachDatabase } from '../support/databases.ts';

const all = ['oauth-0001', 'tower-0001', 'messages-0001'];

describeEachDatabase('migrations', (databases) => {
  it('run once, in order', async () => {
    const database = await openDatabase(await databases.createEmptyUrl());
    expect(await pendingMigrations(database, tableOwners)).toEqual(expect.arrayContaining(all));
    expect(await migrateDatabase(database, tableOwners)).toEqual(expect.arrayContaining(all));
    expect(await pendingMigrations(database, tableOwners)).toEqual([]);
    expect(await migrateDatabase(database, tableOwners)).toEqual([]);
    await database.destroy();
  });

  it('run once when several processes start at the same time', async () => {
    const url = await databases.createEmptyUrl();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(url)));
    const ran = await Promise.all(opened.map((database) => migrateDatabase(database, tableOwners)));
    expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
    for (const database of opened) expect(await pendingMigrations(database, tableOwners)).toEqual([]);
    await Promise.all(opened.map((database) => database.destroy()));
  });

  it('make an index on the user for the OAuth tables', async () => {
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
    const database = await openDatabase(await databases.createEmptyUrl());
    await sql`create table messages_outbox (id text)`.execute(database);
    await expect(migrateDatabase(database, tableOwners)).rejects.toThrow(/cannot be migrated in messages-0001: /);
    expect(await pendingMigrations(database, tableOwners)).toEqual(expect.arrayContaining(all));
    await expect(database.selectFrom('tower_teams').selectAll().execute()).rejects.toThrow();
    await database.destroy();
  });

  it('fail on a database that a newer version has migrated', async () => {
    const database = await databases.open();
    const newer = { name: 'future-0001', timestamp: new Date().toISOString() };
    await sql`insert into database_migrations values (${newer.name}, ${newer.timestamp})`.execute(database);
    await expect(migrateDatabase(database, tableOwners)).rejects.toThrow(/newer version .*\(future-0001\)/);
  });
});
