import { type RawBuilder, sql } from 'kysely';
import { readManyRows } from '../../database/many-rows.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { engineOf } from '../../database/transact.ts';
import { GROUP_QUEUES, groupQueue, superGroupQueue } from '../database/queue-owners.ts';
import type { MessageType } from '../database/tables.ts';
import { batches } from './batches.ts';
import type { Membership } from './memberships.ts';
import {
  type DeviceValues,
  deviceColumns,
  type IdRange,
  isSentBy,
  type MessageValues,
  messageColumns,
  messageTypes,
  type NewMessage,
  readMessages,
  type StoredMessage,
  toSendingDevice,
  toStoredMessage,
} from './message-store.ts';
import { listServing } from './supporters.ts';

/**
 * Queues. Stored queues are append-only, and their entries refer to messages. A user's queue (G-27) consists of a stored
 * one and, for each membership, a part of the group's. So a message to a group is stored once, however many members
 * there are.
 */

/** An entry of a queue: it stands for the messages `first` to `last`. */
export interface QueueEntry extends IdRange {
  /** A uid, `groupQueue` or `superGroupQueue`. */
  owner: number;
  message: Pick<NewMessage, 'type' | 'sender' | 'senderAppid'>;
}

/** Appends entries to the queues of their owners. */
export async function appendToQueues(
  transaction: Transaction,
  appid: number,
  entries: readonly QueueEntry[],
): Promise<void> {
  const rows = entries.map(({ owner, first, last, message: { type, sender, senderAppid } }) => ({
    app_id: appid,
    owner,
    id: last,
    first_id: first,
    type,
    sender: senderAppid === undefined ? sender : null,
  }));
  for (const batch of batches(rows)) await transaction.insertInto('gobelieve_queue_entries').values(batch).execute();
}

/** A part of a stored queue: the entries with ids after `after` and up to `upTo`. */
export interface QueuePart {
  owner: number;
  after: number;
  upTo: number;
}

interface StoredEntry {
  owner: number;
  id: number;
  first_id: number;
  type: MessageType;
  sender: number | null;
}

interface EntrySelection {
  /** Oldest or newest first. */
  order: 'asc' | 'desc';
  limit: number;
  /** Entries of this type are left out. */
  except?: MessageType;
}

/**
 * Selects the first entries of several parts, merged by id.
 *
 * @param parts selects a row `owner, after_id, up_to_id` for each
 */
function selectEntries(
  database: Database,
  appid: number,
  parts: RawBuilder<unknown>,
  { order, limit, except }: EntrySelection,
): RawBuilder<StoredEntry> {
  const direction = sql.raw(order);
  const wanted = sql`from gobelieve_queue_entries
    where app_id = ${appid} and owner = part.owner and id > part.after_id and id <= part.up_to_id and type <> ${except ?? 0}
    order by id ${direction} limit ${limit}`;
  return engineOf(database) === 'sqlite'
    ? sql`select entry.owner, entry.id, entry.first_id, entry.type, entry.sender
        from (${parts}) part cross join gobelieve_queue_entries entry
        where entry.app_id = ${appid} and entry.owner = part.owner and entry.id in (select id ${wanted})
        order by entry.id ${direction} limit ${limit}`
    : sql`select entry.owner, entry.id, entry.first_id, entry.type, entry.sender
        from (${parts}) part
        cross join lateral (select owner, id, first_id, type, sender ${wanted}) entry
        order by entry.id ${direction} limit ${limit}`;
}

/** Selects given parts. The text of the statement is the same for any number of them. */
function selectParts(database: Database, parts: readonly QueuePart[]): RawBuilder<unknown> {
  const list = JSON.stringify(parts.map(({ owner, after, upTo }) => [owner, after, upTo]));
  return engineOf(database) === 'sqlite'
    ? sql`select value ->> 0 as owner, value ->> 1 as after_id, value ->> 2 as up_to_id from json_each(${list})`
    : sql`select (value ->> 0)::bigint as owner, (value ->> 1)::bigint as after_id, (value ->> 2)::bigint as up_to_id
        from jsonb_array_elements(${list}::jsonb)`;
}

/** Selects the parts of groups' queues that belong to a user, up to an id. */
const selectGroupParts = (appid: number, uid: number, upTo: number): RawBuilder<unknown> =>
  sql`select -group_id - ${sql.lit(GROUP_QUEUES)} as owner, after_id,
      case when up_to_id < ${upTo} then up_to_id else ${upTo} end as up_to_id
    from gobelieve_memberships where app_id = ${appid} and uid = ${uid}`;

/** The parts of stored queues that together are the queue of a user. */
export const partsOf = (uid: number, memberships: readonly Membership[]): QueuePart[] => [
  { owner: uid, after: 0, upTo: Number.MAX_SAFE_INTEGER },
  ...memberships.map(({ gid, after, upTo }) => ({ owner: groupQueue(gid), after, upTo })),
];

/** Selects entries of a user's queue. */
function selectQueue(
  database: Database,
  appid: number,
  uid: number,
  { upTo = Number.MAX_SAFE_INTEGER, ...selection }: EntrySelection & { upTo?: number },
): RawBuilder<StoredEntry> {
  const { order, limit, except = 0 } = selection;
  const first = sql`order by id ${sql.raw(order)} limit ${limit}`;
  // Most users have nearly everything in the stored queue of their own, which is read four times as fast alone.
  const own = sql`select owner, id, first_id, type, sender from gobelieve_queue_entries
    where app_id = ${appid} and owner = ${uid} and id <= ${upTo} and type <> ${except} ${first}`;
  const ofGroups = selectEntries(database, appid, selectGroupParts(appid, uid, upTo), selection);
  return sql`select owner, id, first_id, type, sender
    from (select * from (${own}) own union all select * from (${ofGroups}) of_groups) entry ${first}`;
}

/** How many of the newest messages the history looks at (G-34). */
const HISTORY_MESSAGES = 1024;

/**
 * A user's history (G-34): the peer and group messages among the newest 1024 of the user's queue, oldest first. System
 * messages do not count, group notifications count and are left out.
 */
export async function readHistory(database: Database, appid: number, uid: number): Promise<StoredMessage[]> {
  const newest = { order: 'desc', limit: HISTORY_MESSAGES, except: messageTypes.system } as const;
  const entries = selectQueue(database, appid, uid, newest);
  const query = sql`
    select ${sql.join(messageColumns.map(({ name }) => sql.ref(`message.${name}`)))}, entry.first_id
    from (${entries}) entry cross join ${messageOfEntry(database, appid)}`;
  const history: StoredMessage[] = [];
  let count = 0;
  const columns = [...messageColumns, { name: 'first_id' }];
  const rows = await readManyRows<[...MessageValues, firstId: number]>(database, query, columns);
  // They come in this order already, but no database promises it.
  rows.sort(([one], [other]) => other - one);
  for (const row of rows) {
    const message = toStoredMessage(row);
    if (message.type !== messageTypes.groupNotification) history.push(message);
    count += message.id - (row.at(-1) as number) + 1;
    if (count >= HISTORY_MESSAGES) break;
  }
  return history.reverse();
}

/** Reads messages by their keys. PostgreSQL would read the whole table to find a thousand, if it could choose. */
const messageOfEntry = (database: Database, appid: number) =>
  engineOf(database) === 'sqlite'
    ? sql`gobelieve_messages message on message.app_id = ${appid} and message.id = entry.id`
    : sql`lateral (select * from gobelieve_messages where app_id = ${appid} and id = entry.id limit 1) message`;

/** How many messages of others a user has not acknowledged, among the newest `limit` entries of the user's queue. */
export async function countUnacknowledged(
  database: Database,
  appid: number,
  uid: number,
  limit: number,
): Promise<number> {
  const newest = selectQueue(database, appid, uid, { order: 'desc', limit });
  const { rows } = await sql<{ count: number }>`select cast(coalesce(sum(id - first_id + 1), 0) as bigint) as count
    from (${newest}) entry where (sender is null or sender <> ${uid})
      and id > coalesce((select acknowledged_id from gobelieve_users where app_id = ${appid} and uid = ${uid}), 0)`.execute(
    database,
  );
  return rows[0]?.count ?? 0;
}

/** The newest id in a user's queue that is not larger than `upTo`. */
export async function newestQueuedId(
  database: Database,
  appid: number,
  uid: number,
  upTo: number,
): Promise<number | undefined> {
  const newest = selectQueue(database, appid, uid, { order: 'desc', limit: 1, upTo });
  const { rows } = await newest.execute(database);
  return rows[0]?.id;
}

/** The part of a user's history that was exchanged with the supporters of a store (G-35). */
export async function readStoreHistory(
  database: Database,
  appid: number,
  uid: number,
  storeId: number,
): Promise<StoredMessage[]> {
  const [messages, supporters] = await together(database, (view) => [
    readHistory(view, appid, uid),
    listServing(view, appid, storeId),
  ]);
  return messages.filter((message) => {
    if (message.type === messageTypes.group) return false;
    const { sender, senderAppid = appid, receiver, receiverAppid = appid } = message;
    const other = isSentBy(message, uid)
      ? { appid: receiverAppid, uid: receiver }
      : { appid: senderAppid, uid: sender as number };
    return supporters.some((supporter) => supporter.uid === other.uid && supporter.appid === other.appid);
  });
}

/** A message with the owner of the queue that it was read from. */
export interface QueuedMessage extends StoredMessage {
  owner: number;
}

export const queuedColumns = [...messageColumns, ...deviceColumns, { name: 'owner' }] as const;

/** The values of `queuedColumns`. Messages from before the column `owner` have none: only the queues tell whose they are. */
export type QueuedValues = [...MessageValues, ...DeviceValues, owner: number | null];

/** @returns undefined for a message without an owner */
export function toQueuedMessage(row: QueuedValues): QueuedMessage | undefined {
  const owner = row[queuedColumns.length - 1] as number | null;
  return owner === null ? undefined : { ...toStoredMessage(row), from: toSendingDevice(row), owner };
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
): Promise<{ messages: QueuedMessage[]; last: number | undefined }> {
  // The reader may have stopped within an entry.
  const reached = Math.min(...parts.map(({ after }) => after));
  const owners = new Map<number, number>();
  const { rows } = await selectEntries(database, appid, selectParts(database, parts), { order: 'asc', limit }).execute(
    database,
  );
  for (const { owner, id, first_id } of rows)
    for (let one = Math.max(first_id, reached + 1); one <= id; one++) owners.set(one, owner);
  const first = [...owners.keys()].sort((one, other) => one - other).slice(0, limit);
  const messages = await readMessages(database, appid, first);
  return {
    messages: messages.map((message) => ({ ...message, owner: owners.get(message.id) as number })),
    last: first[limit - 1],
  };
}

/** Reads the newest `limit` messages of a part of a queue, oldest first. */
export async function readNewest(
  database: Database,
  appid: number,
  part: QueuePart,
  limit: number,
): Promise<QueuedMessage[]> {
  const { rows } = await selectEntries(database, appid, selectParts(database, [part]), {
    order: 'desc',
    limit,
  }).execute(database);
  const messages = await readMessages(
    database,
    appid,
    rows.map(({ id }) => id),
  );
  return messages.map((message) => ({ ...message, owner: part.owner }));
}

/** Whether a message was read from the queue of a super group. */
export const isInSuperGroup = ({ owner, receiver }: QueuedMessage): boolean => owner === superGroupQueue(receiver);

/** The newest id in the queue of a super group that is not larger than `upTo`; 0 for none. */
export async function newestIdInGroup(database: Database, appid: number, gid: number, upTo: number): Promise<number> {
  const entry = await database
    .selectFrom('gobelieve_queue_entries')
    .select('id')
    .where('app_id', '=', appid)
    .where('owner', '=', superGroupQueue(gid))
    .where('id', '<=', upTo)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return entry?.id ?? 0;
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
