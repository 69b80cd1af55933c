import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { membersKey } from '../../src/ppmessage/model/members-key.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { storedOrders } from './stored-orders.ts';

describeEachDatabase('ppmessage: the migration 0005', (databases) => {
  it('stores what it counts of the rows that are there', async () => {
    const database = await openDatabase(await databases.createEmptyUrl());
    const { '0005': growth, ...former } = ppmessage.migrations as Record<string, never>;
    expect(growth).toBeDefined();
    const before = tableOwners.map((owner) => (owner.name === 'ppmessage' ? { ...owner, migrations: former } : owner));
    await migrateDatabase(database, before);
    const insert = (text: string) => sql.raw(`insert into ppmessage_${text}`).execute(database);
    const [one, two] = ['0c5d1f9e-7a53-4a0e-9d2b-8c1f00ffa9b3', 'ffffffff-ffff-4fff-bfff-ffffffffffff'];
    await insert(`apps (uuid, app_name, user_uuid, app_key, last_seq, created_at, updated_at)
      values ('app', '', '', '', 9, 0, 0), ('empty', '', '', '', 0, 0, 0)`);
    await insert(`conversations (uuid, app_uuid, user_uuid, conversation_type, seq, created_at, updated_at)
      values ('left', 'app', 'a', 'P2S', 4, 0, 0), ('long', 'app', 'a', 'P2S', 9, 0, 0), ('short', 'app', 'b', 'P2S', 5, 0, 0)`);
    await insert(`conversation_members
      (uuid, conversation_uuid, user_uuid, app_uuid, conversation_status, created_at, updated_at)
      values ('1', 'long', '${one}', 'app', 'OPEN', 0, 0), ('2', 'long', '${two}', 'app', 'CLOSE', 0, 0), ('3', 'short', 'b', 'app', 'OPEN', 0, 0)`);
    for (const [seq, conversation] of Object.entries({ 3: 'long', 5: 'short', 9: 'long' }))
      await insert(`messages (app_uuid, uuid, conversation_uuid, conversation_type, from_uuid, from_type, to_uuid, to_type,
        message_subtype, body, seq, created_at)
        values ('app', 'm${seq}', '${conversation}', 'P2S', 'a', 'DU', 'app', 'AP', 'TEXT', '', ${seq}, 0)`);
    await migrateDatabase(database, tableOwners);

    const { stored, counted } = await storedOrders(database);
    expect(stored).toEqual(counted);
    expect(stored).toEqual({
      apps: { app: 3, empty: 0 },
      conversations: { left: [0, 0], long: [2, membersKey([one, two])], short: [1, membersKey(['b'])] },
      members: { 1: 9, 2: 9, 3: 5 },
    });
    await database.destroy();
  });
});
