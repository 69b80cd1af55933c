import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open.ts';
import { prepareApp } from '../../src/gobelieve/model/apps.ts';
import { createPasswords } from '../../src/passwords.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer } from '../support/server.ts';
import { App } from './apps.ts';

describeEachDatabase('the migration to group queues', (databases) => {
  it('keeps histories, offline messages and memberships of a database that 0001 made', async () => {
    const url = await databases.createEmptyUrl();
    const database = await openDatabase(url);
    const first = tableOwners.map((owner) =>
      owner.name === 'gobelieve' ? { ...owner, migrations: { '0001': owner.migrations?.['0001'] as never } } : owner,
    );
    await migrateDatabase(database, first);
    const { row, secret } = await prepareApp(
      { id: 77, name: 'old' },
      { clock: { now: () => Date.now() }, passwords: createPasswords({ sandbox: true } as never) },
    );
    await database.insertInto('gobelieve_apps').values(row).execute();
    // User 1 and 2 are members of group 5; 1 said something in it and to 2.
    await sql`insert into gobelieve_groups (id, app_id, master, name, super, created_at) values (5, 77, 1, 'g', 0, 0)`.execute(
      database,
    );
    await sql`insert into gobelieve_members (group_id, uid, app_id, joined_id) values (5, 1, 77, 0), (5, 2, 77, 0)`.execute(
      database,
    );
    await sql`insert into gobelieve_messages (app_id, id, type, sender, receiver, content, created_at)
      values (77, 1, 8, 1, 5, '"group"', 0), (77, 2, 4, 1, 2, '"peer"', 0), (77, 3, 4, 1, 2, '"peer"', 0)`.execute(
      database,
    );
    await sql`insert into gobelieve_queue_entries (app_id, owner, id, first_id, type, own)
      values (77, 1, 1, 1, 8, 1), (77, 2, 1, 1, 8, 0), (77, 2, 2, 2, 4, 0), (77, 1, 3, 3, 4, 1)`.execute(database);
    await sql`update gobelieve_apps set last_message_id = 3 where id = 77`.execute(database);
    await database.destroy();

    const server = await startServer({ DATABASE_URL: url });
    const app = new App(`${server.url}/gobelieve`, { appid: 77, appsecret: secret });
    const [one, two] = [await app.user(1), await app.user(2)];
    expect([await one.contents(), await two.contents()]).toEqual([
      ['group', 'peer'],
      ['group', 'peer'],
    ]);
    expect([(await app.offline(1)).count, (await app.offline(2)).count]).toEqual([0, 2]);
    await app.say(2, 5, 'new');
    await app.do('DELETE', '/groups/5/members/2');
    await app.say(1, 5, 'after 2 has left');
    expect(await one.contents()).toEqual(['group', 'peer', 'new', 'after 2 has left']);
    expect(await two.contents()).toEqual(['group', 'peer', 'new']);
    await server.close();
  });
});
