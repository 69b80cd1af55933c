import { sql } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { engineOf } from '../../database/transact.ts';
import type { Command } from '../database/tables.ts';

/**
 * One append-only queue for each user, and one for each super group. A message stands once in the table of messages,
 * and every queue that it is in has an entry for it. Facts, section 2, rules 10 to 13.
 */

export const commands = { peer: 4, groupNotification: 7, group: 8, system: 21 } as const satisfies Record<
  string,
  Command
>;

export interface NewMessage {
  command: Command;
  sender: number | null;
  /** A uid, or the id of a group. */
  receiver: number;
  content: string;
}

export interface QueuedMessage extends NewMessage {
  id: number;
  /** In seconds. */
  timestamp: number;
}

/** As many messages as an entry stands for. */
export interface Ids {
  first: number;
  last: number;
}

/** A super group's queue stands under its negative id. */
export const superQueue = (gid: number): number => -gid;

/**
 * Takes ids for `count` messages. The app's row stays locked until the commit, so that the messages and group changes of
 * an app happen one after the other: whoever sees an id sees everything before it too, and can go on from there without
 * missing any. It comes first in its transaction, and therefore nothing can lock each other out.
 */
export async function takeIds(transaction: Transaction, appid: number, count = 1): Promise<Ids> {
  const { last_message_id: last } = await transaction
    .updateTable('gobelieve_apps')
    .set(({ eb }) => ({ last_message_id: eb('last_message_id', '+', count) }))
    .where('id', '=', appid)
    .returning('last_message_id')
    .executeTakeFirstOrThrow();
  return { first: last - count + 1, last };
}

/** The newest id that was given out, and everything up to it can be read. */
export async function newestId(database: Database, appid: number): Promise<number> {
  const app = await database
    .selectFrom('gobelieve_apps')
    .select('last_message_id')
    .where('id', '=', appid)
    .executeTakeFirst();
  return app?.last_message_id ?? 0;
}

/** Rows that fit into one statement: SQLite takes 32,766 values. */
export const BATCH = 4000;

export function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}

/** Stores messages under consecutive ids. */
export async function insertMessages(
  transaction: Transaction,
  appid: number,
  first: number,
  messages: readonly NewMessage[],
): Promise<void> {
  const now = Date.now();
  const rows = messages.map(({ content, ...message }, index) => ({
    app_id: appid,
    id: first + index,
    ...message,
    content: JSON.stringify(content),
    created_at: now,
  }));
  for (const batch of batches(rows)) await transaction.insertInto('gobelieve_messages').values(batch).execute();
}

export async function appendTo(
  transaction: Transaction,
  appid: number,
  owner: number,
  { first, last }: Ids,
  { command, sender }: Pick<NewMessage, 'command' | 'sender'>,
): Promise<void> {
  await transaction
    .insertInto('gobelieve_queue')
    .values({ app_id: appid, owner, id: last, first_id: first, command, own: sender === owner ? 1 : 0 })
    .execute();
}

/**
 * Appends to the queue of every member: one statement, whatever their number.
 *
 * @returns how many there are
 */
export async function appendToMembers(
  transaction: Transaction,
  gid: number,
  { first, last }: Ids,
  { command, sender }: Pick<NewMessage, 'command' | 'sender'>,
): Promise<number> {
  const { numInsertedOrUpdatedRows = 0n } = await transaction
    .insertInto('gobelieve_queue')
    .columns(['app_id', 'owner', 'id', 'first_id', 'command', 'own'])
    .expression(({ selectFrom }) =>
      selectFrom('gobelieve_members')
        .select(({ ref, lit, val, case: when }) => [
          'app_id',
          'uid',
          val(last).as('id'),
          val(first).as('first_id'),
          val(command).as('command'),
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

/** With the messages in it, which must be in no other queue. */
export async function deleteQueue(transaction: Transaction, appid: number, owner: number): Promise<void> {
  const queue = transaction.selectFrom('gobelieve_queue').where('app_id', '=', appid).where('owner', '=', owner);
  await transaction
    .deleteFrom('gobelieve_messages')
    .where('app_id', '=', appid)
    .where('id', 'in', queue.select('id'))
    .execute();
  await transaction.deleteFrom('gobelieve_queue').where('app_id', '=', appid).where('owner', '=', owner).execute();
}

/** `GET /messages` looks at this many entries, and so does the offline flag. */
const HISTORY = 1024;

/** The peer and group messages among the newest 1024 of a user's queue, system messages apart; oldest first. */
export async function readHistory(database: Database, appid: number, uid: number): Promise<QueuedMessage[]> {
  const entries = await database
    .selectFrom('gobelieve_queue')
    .select(['id', 'first_id', 'command'])
    .where('app_id', '=', appid)
    .where('owner', '=', uid)
    .where('command', '!=', commands.system)
    .orderBy('id', 'desc')
    .limit(HISTORY)
    .execute();
  const ids: number[] = [];
  let count = 0;
  for (const { id, first_id, command } of entries) {
    // Notifications are not shown, but they count.
    if (command !== commands.groupNotification) ids.push(id);
    count += id - first_id + 1;
    if (count >= HISTORY) break;
  }
  return readMessages(database, appid, ids);
}

/** Which part of a queue to read: after one id, up to another. */
export interface Part {
  owner: number;
  after: number;
  upTo: number;
}

/**
 * The first messages of several queues in their order, oldest first. Messages may have gone with their super group, so
 * that their number tells nothing.
 *
 * @returns with `last`, the id up to which this is everything, when there may be more
 */
export async function readParts(
  database: Database,
  appid: number,
  parts: readonly Part[],
  limit: number,
): Promise<{ messages: QueuedMessage[]; last?: number | undefined }> {
  const ids: number[] = [];
  for (const { owner, after, upTo } of parts) {
    const entries = await database
      .selectFrom('gobelieve_queue')
      .select(['id', 'first_id'])
      .where('app_id', '=', appid)
      .where('owner', '=', owner)
      .where('id', '>', after)
      .where('id', '<=', upTo)
      .orderBy('id')
      .limit(limit)
      .execute();
    // An entry may have been read in part.
    for (const { id, first_id } of entries)
      for (let one = Math.max(first_id, after + 1); one <= id; one++) ids.push(one);
  }
  const first = ids.sort((one, other) => one - other).slice(0, limit);
  return { messages: await readMessages(database, appid, first), last: first[limit - 1] };
}

/** Oldest first. */
async function readMessages(database: Database, appid: number, ids: readonly number[]): Promise<QueuedMessage[]> {
  if (ids.length === 0) return [];
  // As one value: a list of a thousand would be compiled and planned anew each time.
  const isWanted =
    engineOf(database) === 'sqlite'
      ? sql<boolean>`id in (select value from json_each(${JSON.stringify(ids)}))`
      : sql<boolean>`id = any(${ids}::bigint[])`;
  const rows = await database
    .selectFrom('gobelieve_messages')
    .selectAll()
    .where('app_id', '=', appid)
    .where(isWanted)
    .orderBy('id')
    .execute();
  return rows.map(toQueued);
}

/** Where a queue's newest `count` entries begin: the id before them, or 0 when there are no more. */
export async function idBeforeNewest(database: Database, appid: number, owner: number, count: number) {
  const entry = await database
    .selectFrom('gobelieve_queue')
    .select('id')
    .where('app_id', '=', appid)
    .where('owner', '=', owner)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(count)
    .executeTakeFirst();
  return entry?.id ?? 0;
}

/** Messages of others that the user has not acknowledged yet. Looks at the newest 1024 entries, whatever they are. */
export async function countOffline(database: Database, appid: number, uid: number): Promise<number> {
  const user = await database
    .selectFrom('gobelieve_users')
    .select('acknowledged_id')
    .where('app_id', '=', appid)
    .where('uid', '=', uid)
    .executeTakeFirst();
  const newest = await database
    .selectFrom('gobelieve_queue')
    .select(['first_id', 'id', 'own'])
    .where('app_id', '=', appid)
    .where('owner', '=', uid)
    .orderBy('id', 'desc')
    .limit(HISTORY)
    .execute();
  const waiting = newest.filter(({ id, own }) => own === 0 && id > (user?.acknowledged_id ?? 0));
  const count = waiting.reduce((sum, { first_id, id }) => sum + id - first_id + 1, 0);
  return Math.min(count, HISTORY);
}

/** Acknowledges everything up to `id`, at most the queue's newest entry. Never goes back. */
export async function acknowledge(database: Database, appid: number, uid: number, id = Number.MAX_SAFE_INTEGER) {
  const newest = await database
    .selectFrom('gobelieve_queue')
    .select('id')
    .where('app_id', '=', appid)
    .where('owner', '=', uid)
    .where('id', '<=', id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined) return;
  await database
    .insertInto('gobelieve_users')
    .values({ app_id: appid, uid, acknowledged_id: newest.id })
    .onConflict((conflict) =>
      conflict
        .columns(['app_id', 'uid'])
        .doUpdateSet({ acknowledged_id: newest.id })
        .where('gobelieve_users.acknowledged_id', '<', newest.id),
    )
    .execute();
}

const toQueued = ({ content, created_at, ...row }: NewMessage & { id: number; created_at: number }): QueuedMessage => ({
  id: row.id,
  command: row.command,
  sender: row.sender,
  receiver: row.receiver,
  content: JSON.parse(content),
  timestamp: Math.floor(created_at / 1000),
});
