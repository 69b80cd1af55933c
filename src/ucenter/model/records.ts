import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { TokenActor } from '../../oauth/tokens.ts';
import type { UcenterTables } from '../database/tables.ts';
import { toTimestamp } from '../wire/views.ts';
import { requireAdmin } from './access.ts';

type RecordTable = 'ucenter_sms_messages' | 'ucenter_emails' | 'ucenter_files' | 'ucenter_logs';

/** What a record has of whoever caused it. */
export const causedBy = ({ clientId, userId }: TokenActor) => ({
  client_id: clientId,
  user_id: userId === null ? null : Number(userId),
  created_at: Date.now(),
});

/**
 * One page of the token's app's own records, newest first.
 *
 * @throws HttpError forbidden for who does not administer the app
 */
export async function recordsOf<Table extends RecordTable>(
  table: Table,
  { query, actor }: { query: { page?: number; page_size?: number }; actor: TokenActor },
  context: Context,
) {
  await requireAdmin(actor, context);
  const { page = 1, page_size: size = 20 } = query;
  // One type for the four tables: what is queried here they have in common.
  const records = context.database.selectFrom(table as 'ucenter_logs').where('client_id', '=', actor.clientId);
  const { total } = await records.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await records
    .selectAll()
    .orderBy('id', 'desc')
    .limit(size)
    .offset((page - 1) * size)
    .execute();
  return {
    page: { total, page, page_size: size },
    rows: rows as unknown as Selectable<UcenterTables[Table]>[],
  };
}

/** What all records show. */
export const toRecord = ({ id, user_id, created_at }: { id: number; user_id: number | null; created_at: number }) => ({
  id,
  user_id: user_id ?? 0,
  created_at: toTimestamp(created_at),
});

/** When messages were handed over, for as long as the delivery remembers; '' for those that were not. */
export async function sentAtOf(rows: readonly { message_id: string }[], { database }: Context) {
  const ids = rows.map(({ message_id }) => message_id);
  const sent =
    ids.length === 0
      ? []
      : await database.selectFrom('messages_outbox').select(['id', 'sent_at']).where('id', 'in', ids).execute();
  const times = new Map(sent.map(({ id, sent_at }) => [id, sent_at]));
  return ({ message_id }: { message_id: string }): string => {
    const time = times.get(message_id);
    return time ? toTimestamp(time) : '';
  };
}
