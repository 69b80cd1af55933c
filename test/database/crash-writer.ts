import { openDatabase } from '../../src/database/open.ts';
import { newSortableId } from '../../src/database/sortable-id.ts';
import { transact } from '../../src/database/transact.ts';

/** Writes until crash.test.ts kills it, and prints the id of each team after its transaction commits. */
const database = await openDatabase(process.argv[2] ?? '');
const times = { created_at: 0, updated_at: 0 };

async function write(): Promise<never> {
  for (;;) {
    const id = newSortableId(Date.now());
    await transact(database, async (transaction) => {
      await transaction
        .insertInto('tower_teams')
        .values({ id, name: 'name', ...times })
        .execute();
      await transaction
        .insertInto('tower_subgroups')
        .values({ id, team_id: id, name: 'name', ...times })
        .execute();
    });
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: 4 }, write));
