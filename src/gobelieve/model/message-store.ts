import { sql } from 'kysely';
import { readManyRows } from '../../database/many-rows.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { engineOf } from '../../database/transact.ts';
import type { MessageType } from '../database/tables.ts';
import { batches } from './batches.ts';
import { type ErrorName, GobelieveError } from './errors.ts';

/** Storing and reading messages, and their ids. Each message is stored once; queues refer to it (`queues.ts`). */

/** The numbers of the socket protocol, which the contract calls `command`. */
export const messageTypes = {
  peer: 4,
  groupNotification: 7,
  group: 8,
  system: 21,
  customer: 64,
} as const satisfies Record<string, MessageType>;

/** What a message keeps of the device that sent it over a socket. Servers send without one. */
export interface SendingDevice {
  /** Digest of the device id; null for a device without one. */
  device: string | null;
  localId: number;
  flags: number;
}

export interface NewMessage {
  type: MessageType;
  /** Null for system messages and group notifications. */
  sender: number | null;
  /** A uid, or the id of a group. */
  receiver: number;
  content: string;
  from?: SendingDevice | undefined;
  /** Of a customer message between two apps: the app of the sender, where the message is not in that app. */
  senderAppid?: number | undefined;
  /** The app of the receiver, where the message is not in that app. */
  receiverAppid?: number | undefined;
}

/** Whether a message in an app was sent by this user of the app. Another app's users may have the same uids. */
export const isSentBy = ({ sender, senderAppid }: Pick<NewMessage, 'sender' | 'senderAppid'>, uid: number): boolean =>
  sender === uid && senderAppid === undefined;

export interface StoredMessage extends NewMessage {
  id: number;
  /** In seconds. */
  timestamp: number;
}

/** Consecutive message ids. */
export interface IdRange {
  first: number;
  last: number;
}

/**
 * Takes ids for `count` messages. Call it first in a transaction, and in the order of the apps if there are several.
 *
 * The app's row stays locked until the commit, so the messages and group changes of an app happen one after the other.
 * A reader that sees an id therefore sees every smaller one too and can resume from it without missing any. Because
 * every transaction takes this lock first, two of them cannot deadlock.
 *
 * @param gone the error when the app was deleted in the meantime: its credentials went with it
 */
export async function takeIds(
  transaction: Transaction,
  appid: number,
  count = 1,
  gone: ErrorName = 'invalidToken',
): Promise<IdRange> {
  const { last_message_id: last } = await transaction
    .updateTable('gobelieve_apps')
    .set(({ eb }) => ({ last_message_id: eb('last_message_id', '+', count) }))
    .where('id', '=', appid)
    .returning('last_message_id')
    .executeTakeFirstOrThrow(() => new GobelieveError(gone));
  return { first: last - count + 1, last };
}

/** The newest id of the app. Everything up to it can be read. */
export async function newestId(database: Database, appid: number): Promise<number> {
  const app = await database
    .selectFrom('gobelieve_apps')
    .select('last_message_id')
    .where('id', '=', appid)
    .executeTakeFirst();
  return app?.last_message_id ?? 0;
}

/**
 * Inserts messages under ids that were taken before.
 *
 * @param now in milliseconds, read after `takeIds` so that ids and times have the same order
 */
export async function insertMessages(
  transaction: Transaction,
  appid: number,
  messages: readonly (NewMessage & { id: number; owner: number })[],
  now: number,
): Promise<void> {
  const rows = messages.map(({ id, type, sender, receiver, content, from, owner, senderAppid, receiverAppid }) => ({
    app_id: appid,
    id,
    type,
    sender,
    receiver,
    content: JSON.stringify(content),
    created_at: now,
    device: from?.device ?? null,
    local_id: from?.localId ?? null,
    flags: from?.flags ?? null,
    owner,
    sender_app_id: senderAppid ?? null,
    receiver_app_id: receiverAppid ?? null,
  }));
  for (const batch of batches(rows)) await transaction.insertInto('gobelieve_messages').values(batch).execute();
}

/** Messages by id, oldest first. Deleted messages are skipped. */
export async function readMessages(
  database: Database,
  appid: number,
  ids: readonly number[],
): Promise<StoredMessage[]> {
  if (ids.length === 0) return [];
  // The ids are one parameter: a list of a thousand would be prepared and planned each time.
  const isWanted =
    engineOf(database) === 'sqlite'
      ? sql`id in (select value from json_each(${JSON.stringify(ids)}))`
      : sql`id = any(${ids}::bigint[])`;
  const columns = [...messageColumns, ...deviceColumns];
  const query = sql`select ${sql.join(columns.map(({ name }) => sql.ref(name)))}
    from gobelieve_messages where app_id = ${appid} and ${isWanted} order by id`;
  const rows = await readManyRows<[...MessageValues, ...DeviceValues]>(database, query, columns);
  return rows.map((row) => ({ ...toStoredMessage(row), from: toSendingDevice(row) }));
}

export const messageColumns = [
  { name: 'id' },
  { name: 'type' },
  { name: 'sender' },
  { name: 'receiver' },
  { name: 'content', isJson: true },
  { name: 'created_at' },
  { name: 'sender_app_id' },
  { name: 'receiver_app_id' },
] as const;

/** The values of `messageColumns`. */
export type MessageValues = [
  id: number,
  type: MessageType,
  sender: number | null,
  receiver: number,
  content: string,
  createdAt: number,
  senderAppid: number | null,
  receiverAppid: number | null,
];

/** @param row further columns may follow */
export const toStoredMessage = (row: readonly [...MessageValues, ...unknown[]]): StoredMessage => {
  const [id, type, sender, receiver, content, createdAt, senderAppid, receiverAppid] = row;
  return {
    id,
    type,
    sender,
    receiver,
    content,
    timestamp: Math.floor(createdAt / 1000),
    ...(senderAppid !== null && { senderAppid }),
    ...(receiverAppid !== null && { receiverAppid }),
  };
};

/** Columns of the device that a message comes from; they follow `messageColumns`. */
export const deviceColumns = [{ name: 'device' }, { name: 'local_id' }, { name: 'flags' }] as const;

/** The values of `deviceColumns`. */
export type DeviceValues = [device: string | null, localId: number | null, flags: number | null];

/** @param row further columns may follow */
export const toSendingDevice = (
  row: readonly [...MessageValues, ...DeviceValues, ...unknown[]],
): SendingDevice | undefined => {
  const [device, localId, flags] = row.slice(messageColumns.length) as DeviceValues;
  return localId === null || flags === null ? undefined : { device, localId, flags };
};
