import type { Database, Transaction } from '../../database/open.ts';
import { batches } from './batches.ts';
import { type IdRange, messageTypes, type NewMessage, readMessages, type StoredMessage } from './message-store.ts';
import { listSupporterUids } from './supporters.ts';

/**
 * Queues. Each user has one append-only queue, and so has each super group. Its entries refer to messages (G-27).
 */

/** The owner of a super group's queue: the negative id of the group. */
export const superGroupQueue = (gid: number): number => -gid;

/** An entry of a queue: it stands for the messages `first` to `last`. */
export interface QueueEntry extends IdRange {
  /** A uid, or `superGroupQueue`. */
  owner: number;
  message: Pick<NewMessage, 'type' | 'sender'>;
}

/** Appends entries to the queues of their owners. */
export async function appendToQueues(
  transaction: Transaction,
  appid: number,
  entries: readonly QueueEntry[],
): Promise<void> {
  const rows = entries.map(({ owner, first, last, message: { type, sender } }) => ({
    app_id: appid,
    owner,
    id: last,
    first_id: first,
    type,
    own: sender === owner ? (1 as const) : (0 as const),
  }));
  for (const batch of batches(rows)) await transaction.insertInto('gobelieve_queue_entries').values(batch).execute();
}

/**
 * Appends one entry to the queue of every member of a group, in one statement.
 *
 * @returns the number of members
 */
export async function appendToMemberQueues(
  transaction: Transaction,
  gid: number,
  { first, last }: IdRange,
  { type, sender }: Pick<NewMessage, 'type' | 'sender'>,
): Promise<number> {
  const { numInsertedOrUpdatedRows = 0n } = await transaction
    .insertInto('gobelieve_queue_entries')
    .columns(['app_id', 'owner', 'id', 'first_id', 'type', 'own'])
    .expression(({ selectFrom }) =>
      selectFrom('gobelieve_members')
        .select(({ ref, lit, val, case: when }) => [
          'app_id',
          'uid',
          val(last).as('id'),
          val(first).as('first_id'),
          val(type).as('type'),
          when()
            .when(ref('uid'), '=', sender ?? 0)
            .then(lit(1))
            .else(lit(0))
            .end()
            .as('own'),
        ])
        .where('group_id', '=', gid),
    )
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows);
}

/** Deletes a super group's queue and the messages in it. */
export async function deleteSuperGroupQueue(transaction: Transaction, appid: number, gid: number): Promise<void> {
  const owner = superGroupQueue(gid);
  const entries = transaction
    .selectFrom('gobelieve_queue_entries')
    .select('id')
    .where('app_id', '=', appid)
    .where('owner', '=', owner);
  await transaction.deleteFrom('gobelieve_messages').where('app_id', '=', appid).where('id', 'in', entries).execute();
  await transaction
    .deleteFrom('gobelieve_queue_entries')
    .where('app_id', '=', appid)
    .where('owner', '=', owner)
    .execute();
}

/** How many of the newest messages the history looks at (G-34). */
const HISTORY_MESSAGES = 1024;

/**
 * A user's history (G-34): the peer and group messages among the newest 1024 of the user's queue, oldest first. System
 * messages do not count, group notifications count and are left out.
 */
export async function readHistory(database: Database, appid: number, uid: number): Promise<StoredMessage[]> {
  const entries = await database
    .selectFrom('gobelieve_queue_entries')
    .select(['id', 'first_id', 'type'])
    .where('app_id', '=', appid)
    .where('owner', '=', uid)
    .where('type', '!=', messageTypes.system)
    .orderBy('id', 'desc')
    .limit(HISTORY_MESSAGES)
    .execute();
  const ids: number[] = [];
  let count = 0;
  for (const { id, first_id, type } of entries) {
    if (type !== messageTypes.groupNotification) ids.push(id);
    count += id - first_id + 1;
    if (count >= HISTORY_MESSAGES) break;
  }
  return readMessages(database, appid, ids);
}

/** The part of a user's history that was exchanged with the supporters of a store (G-35). */
export async function readStoreHistory(
  database: Database,
  appid: number,
  uid: number,
  storeId: number,
): Promise<StoredMessage[]> {
  const messages = await readHistory(database, appid, uid);
  const supporters = new Set(await listSupporterUids(database, appid, storeId));
  return messages.filter(
    ({ type, sender, receiver }) =>
      type === messageTypes.peer && supporters.has(sender === uid ? receiver : (sender as number)),
  );
}

/** The part of a queue after one id and up to another. */
export interface QueuePart {
  owner: number;
  after: number;
  upTo: number;
}

/**
 * Reads the first `limit` messages of several parts of queues, merged by id. Messages that were deleted with their super
 * group are missing, so there may be fewer.
 *
 * @returns `last`: everything up to this id has been read; undefined when the parts have no more messages
 */
export async function readQueueParts(
  database: Database,
  appid: number,
  parts: readonly QueuePart[],
  limit: number,
): Promise<{ messages: StoredMessage[]; last: number | undefined }> {
  const ids: number[] = [];
  for (const { owner, after, upTo } of parts) {
    const entries = await database
      .selectFrom('gobelieve_queue_entries')
      .select(['id', 'first_id'])
      .where('app_id', '=', appid)
      .where('owner', '=', owner)
      .where('id', '>', after)
      .where('id', '<=', upTo)
      .orderBy('id')
      .limit(limit)
      .execute();
    // The reader may have stopped within an entry.
    for (const { id, first_id } of entries)
      for (let one = Math.max(first_id, after + 1); one <= id; one++) ids.push(one);
  }
  const first = ids.sort((one, other) => one - other).slice(0, limit);
  return { messages: await readMessages(database, appid, first), last: first[limit - 1] };
}

/** The id before the newest `count` entries of a queue; 0 when the queue has no more entries than that. */
export async function idBeforeNewest(database: Database, appid: number, owner: number, count: number): Promise<number> {
  const entry = await database
    .selectFrom('gobelieve_queue_entries')
    .select('id')
    .where('app_id', '=', appid)
    .where('owner', '=', owner)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(count)
    .executeTakeFirst();
  return entry?.id ?? 0;
}
