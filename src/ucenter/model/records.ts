import type { Selectable } from 'kysely';
import type { Database } from '../../database/open.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import type { UcenterTables } from '../database/tables.ts';

/** The tables of records: SMS messages, e-mails, files and logs (U-41). */
type RecordTable = 'ucenter_sms_messages' | 'ucenter_emails' | 'ucenter_files' | 'ucenter_logs';

/**
 * The columns that every record has: application, user and time.
 *
 * @param now in milliseconds
 */
export const recordColumns = ({ clientId, userId }: TokenActor, now: number) => ({
  client_id: clientId,
  user_id: userId === null ? null : Number(userId),
  created_at: now,
});

export interface RecordPage<Row> {
  total: number;
  /** Counted from 1. */
  page: number;
  page_size: number;
  /** The `before` of the next page; undefined on the last one. */
  next: number | undefined;
  rows: Row[];
}

/** One page of an application's records, newest first. With `before`, only those with a smaller id count (U-41). */
export async function listRecords<Table extends RecordTable>(
  table: Table,
  clientId: string,
  { page = 1, page_size = 20, before }: { page?: number; page_size?: number; before?: number },
  database: Database,
): Promise<RecordPage<Selectable<UcenterTables[Table]>>> {
  // The four types differ, but this query uses only the columns that they share.
  const records = database.selectFrom(table as 'ucenter_logs').where('client_id', '=', clientId);
  const count = records.select(({ fn }) => fn.countAll<number>().as('total'));
  // One row more than the page has, to know whether there is a next page.
  const newest = records
    .selectAll()
    .$if(before !== undefined, (query) => query.where('id', '<', before as number))
    .orderBy('id', 'desc')
    .limit(page_size + 1)
    .offset((page - 1) * page_size);
  const [{ total }, found] = await Promise.all([count.executeTakeFirstOrThrow(), newest.execute()]);
  const rows = found.slice(0, page_size);
  const next = found.length > page_size ? rows.at(-1)?.id : undefined;
  return { total, page, page_size, next, rows: rows as unknown as Selectable<UcenterTables[Table]>[] };
}

/** When messages were sent, in milliseconds by message id. Messages that the outbox has deleted are missing. */
export async function listSentTimes(
  rows: readonly { message_id: string }[],
  database: Database,
): Promise<ReadonlyMap<string, number | null>> {
  if (rows.length === 0) return new Map();
  const ids = rows.map(({ message_id }) => message_id);
  const messages = await database
    .selectFrom('messages_outbox')
    .select(['id', 'sent_at'])
    .where('id', 'in', ids)
    .execute();
  return new Map(messages.map(({ id, sent_at }) => [id, sent_at]));
}
