import { sql } from 'kysely';
import type { Database } from '../../src/database/open.ts';

/** Fills the queue of a GoBelieve user with `rows` messages of a peer. */
export async function growQueue(database: Database, { appid, uid }: { appid: number; uid: number }, rows: number) {
  const numbers = sql`with recursive numbers(id) as (select 1 union all select id + 1 from numbers where id < ${sql.lit(rows)})`;
  const now = sql.lit(Date.now());
  await sql`insert into gobelieve_messages (app_id, id, type, sender, receiver, content, created_at)
    ${numbers} select ${sql.lit(appid)}, id, 4, 1, ${sql.lit(uid)}, '"{\\"text\\":\\"hello\\"}"', ${now} from numbers`.execute(
    database,
  );
  await sql`insert into gobelieve_queue_entries (app_id, owner, id, first_id, type, sender)
    ${numbers} select ${sql.lit(appid)}, ${sql.lit(uid)}, id, id, 4, 1 from numbers`.execute(database);
  await database.updateTable('gobelieve_apps').set({ last_message_id: rows }).where('id', '=', appid).execute();
}
