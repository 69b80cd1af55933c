import type { Insertable } from 'kysely';
import { groupCommit } from '../../database/group-commit.ts';
import type { Database } from '../../database/open.ts';
import type { UcenterTables } from '../database/tables.ts';

type NewLog = Insertable<UcenterTables['ucenter_logs']>;

const inserts = new WeakMap<Database, (table: 'ucenter_logs', log: NewLog) => Promise<void>>();

/** Inserts a log. Logs that arrive during an insert are inserted together by the next one. */
export function insertLog(database: Database, log: NewLog): Promise<void> {
  let insert = inserts.get(database);
  if (insert === undefined) {
    insert = groupCommit(async (table, logs: readonly NewLog[]) => {
      await database.insertInto(table).values(logs).execute();
      return logs.map(() => ({ status: 'fulfilled', value: undefined }));
    });
    inserts.set(database, insert);
  }
  return insert('ucenter_logs', log);
}
