import { randomUUID } from 'node:crypto';
import { type OperandExpression, sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { together, togetherIn } from '../../database/together.ts';
import { afterCommit } from '../../database/transact.ts';
import type { ConversationRow, MessageRow, PpmessageMessagesTable } from '../database/tables.ts';
import { type Caller, mayActForColumn } from './callers.ts';
import { whereOnline } from './devices.ts';
import { PpmessageError } from './errors.ts';
import { fileOf } from './message-content.ts';
import { type Page, type Slice, toSlice } from './pages.ts';
import { queuePushes } from './phone-pushes.ts';
import { nextPosition } from './positions.ts';
import { topicOf } from './pushes.ts';

/** Messages: checking, storing and reading them. */

export type NewMessage = Omit<PpmessageMessagesTable, 'seq' | 'created_at'>;

/**
 * Checks that a message is addressed to something of the app. The address does not choose the recipients (P-41).
 *
 * @throws PpmessageError noSuchObject
 */
export async function requireTarget(
  { app_uuid: appUuid, to_uuid: uuid }: NewMessage,
  conversation: ConversationRow,
  { database }: Context,
): Promise<void> {
  if ([appUuid, conversation.uuid, conversation.user_uuid, conversation.group_uuid].includes(uuid)) return;
  for (const table of ['ppmessage_users', 'ppmessage_groups', 'ppmessage_conversations'] as const) {
    const found = await database
      .selectFrom(table)
      .select('uuid')
      .where('app_uuid', '=', appUuid)
      .where('uuid', '=', uuid)
      .executeTakeFirst();
    if (found !== undefined) return;
  }
  throw new PpmessageError('noSuchObject', 'to_uuid names nothing in this app');
}

/**
 * Stores a message with a push record for every member of the conversation (P-43), opens the conversation for all members,
 * wakes the members' streams after the commit, and queues pushes to phones. While no agent is online, the app answers a customer (P-47).
 *
 * @returns false, and changes nothing, when the app has a message with this uuid
 */
export async function storeMessage(
  trx: Transaction,
  message: NewMessage,
  context: Pick<Context, 'bus' | 'clock' | 'messages'>,
): Promise<boolean> {
  const { app_uuid: appUuid, conversation_uuid: conversation } = message;
  const { seq, app } = await nextPosition(trx, appUuid, { messages: 1 });
  const now = context.clock.now();
  const stored = await trx
    .insertInto('ppmessage_messages')
    .values({ ...message, seq, created_at: now })
    .onConflict((conflict) => conflict.columns(['app_uuid', 'uuid']).doNothing())
    .returning('seq')
    .executeTakeFirst();
  if (stored === undefined) {
    await trx
      .updateTable('ppmessage_apps')
      .set(({ eb }) => ({ message_count: eb('message_count', '-', 1) }))
      .where('uuid', '=', appUuid)
      .execute();
    return false;
  }
  await trx
    .updateTable('ppmessage_conversations')
    .set(({ eb }) => ({
      latest_task: message.uuid,
      seq,
      message_count: eb('message_count', '+', 1),
      updated_at: now,
    }))
    .where('uuid', '=', conversation)
    .execute();
  await trx
    .updateTable('ppmessage_conversation_members')
    .set({
      conversation_status: 'OPEN',
      seq,
      updated_at: sql`case when conversation_status = 'OPEN' then updated_at else cast(${now} as bigint) end`,
    })
    .where('conversation_uuid', '=', conversation)
    .execute();
  const members = await trx
    .insertInto('ppmessage_pushes')
    .columns(['uuid', 'app_uuid', 'user_uuid', 'message_uuid', 'seq', 'acked_at'])
    .expression((from) =>
      from
        .selectFrom('ppmessage_conversation_members as member')
        .select([
          // The database makes these uuids, so the members need not be read first.
          sql<string>`member.uuid || '.' || ${String(seq)}`.as('uuid'),
          'member.app_uuid',
          'member.user_uuid',
          sql<string>`cast(${message.uuid} as text)`.as('message_uuid'),
          sql<number>`cast(${seq} as bigint)`.as('seq'),
          sql<number | null>`case when member.user_uuid = ${message.from_uuid} then cast(${now} as bigint) end`.as(
            'acked_at',
          ),
        ])
        .where('member.conversation_uuid', '=', conversation),
    )
    .returning('user_uuid')
    .execute();
  const topics = members.map(({ user_uuid }) => topicOf(appUuid, user_uuid));
  if (topics.length > 0) afterCommit(trx, () => context.bus.publish(topics, null));
  const uuids = members.map(({ user_uuid }) => user_uuid);
  await queuePushes(trx, message, { title: app.app_name, members: uuids }, context);

  const { return_offline_message, offline_message: text } = app;
  if (message.conversation_type === 'P2S' && return_offline_message === 1 && text) {
    if (!(await hasOnlineAgent(trx, conversation, now)))
      await storeMessage(trx, toOfflineMessage(message, text), context);
  }
  return true;
}

/** The message that the app sends to a customer while no agent is online. */
const toOfflineMessage = (question: NewMessage, text: string): NewMessage => ({
  app_uuid: question.app_uuid,
  uuid: randomUUID(),
  conversation_uuid: question.conversation_uuid,
  conversation_type: 'S2P',
  from_uuid: question.app_uuid,
  from_type: 'AP',
  from_device_uuid: null,
  to_uuid: question.from_uuid,
  to_type: 'DU',
  message_subtype: 'TEXT',
  body: text,
});

async function hasOnlineAgent(trx: Transaction, conversation: string, now: number): Promise<boolean> {
  const online = await trx
    .selectFrom('ppmessage_conversation_members as member')
    .innerJoin('ppmessage_users as user', (join) =>
      join.onRef('user.app_uuid', '=', 'member.app_uuid').onRef('user.uuid', '=', 'member.user_uuid'),
    )
    .innerJoin('ppmessage_devices as device', (join) =>
      join.onRef('device.app_uuid', '=', 'member.app_uuid').onRef('device.user_uuid', '=', 'member.user_uuid'),
    )
    .select('device.uuid')
    .where('member.conversation_uuid', '=', conversation)
    .where('user.is_service_user', '=', 1)
    .where(whereOnline('device.online_until', now))
    .limit(1)
    .executeTakeFirst();
  return online !== undefined;
}

/**
 * Whether the same message is stored already. Its sender repeats it when the response was lost (P-42).
 *
 * @param body as it was sent
 */
export async function isRepetition(message: NewMessage, body: string, { database }: Context): Promise<boolean> {
  const stored = await database
    .selectFrom('ppmessage_messages')
    .select(['message_subtype', 'body'])
    .where('app_uuid', '=', message.app_uuid)
    .where('uuid', '=', message.uuid)
    .where('conversation_uuid', '=', message.conversation_uuid)
    .where('from_uuid', '=', message.from_uuid)
    .where('message_subtype', '=', message.message_subtype)
    .executeTakeFirst();
  if (stored === undefined) return false;
  const file = fileOf(stored);
  return file === undefined ? stored.body === body : JSON.parse(body).fid === file;
}

export const findMessage = (
  appUuid: string,
  uuid: string | OperandExpression<string>,
  { database }: Context,
): Promise<MessageRow | undefined> =>
  database
    .selectFrom('ppmessage_messages')
    .selectAll()
    .where('app_uuid', '=', appUuid)
    .where('uuid', '=', uuid)
    .executeTakeFirst();

/**
 * Reads the message of a push record, which has to be of a user that the token may act for.
 *
 * @throws PpmessageError noSuchPush, noSuchMessage
 */
export async function requirePushedMessage(uuid: string, caller: Caller, context: Context): Promise<MessageRow> {
  const [push, message] = await togetherIn(context, (view) => {
    const found = view.database
      .selectFrom('ppmessage_pushes')
      .select('message_uuid')
      .where('uuid', '=', uuid)
      .where('app_uuid', '=', caller.appUuid)
      .where(mayActForColumn(caller, 'ppmessage_pushes.user_uuid'));
    return [found.executeTakeFirst(), findMessage(caller.appUuid, found, view)];
  });
  if (push === undefined) throw new PpmessageError('noSuchPush');
  if (message === undefined) throw new PpmessageError('noSuchMessage');
  return message;
}

/** Reads a page of a conversation's messages with their senders, and how many there are. */
export async function pageMessages(conversationUuid: string, page: Page, { database }: Context) {
  const [total, list] = await together(database, (view) => {
    const all = messagesOf(conversationUuid, view);
    const slice = toSlice(page, (uuid) => all.select('message.seq').where('message.uuid', '=', uuid));
    return [
      countMessagesOf(conversationUuid, view),
      withSenders(all.where('message.seq', 'in', positionsIn(slice, all)))
        .orderBy('message.seq', slice.shown)
        .execute(),
    ];
  });
  return { list, total };
}

/** The positions of a slice, which the index alone knows: what the slice skips is not read. */
const positionsIn = (slice: Slice, messages: ReturnType<typeof messagesOf>) =>
  messages
    .select('message.seq')
    .where('message.seq', '>', slice.above)
    .where('message.seq', '<', slice.below)
    .orderBy('message.seq', slice.order)
    .limit(slice.limit)
    .offset(slice.offset);

/** How many messages a conversation has. */
export const countMessagesOf = (conversationUuid: string, database: Database): Promise<number> =>
  database
    .selectFrom('ppmessage_conversations')
    .select('message_count')
    .where('uuid', '=', conversationUuid)
    .executeTakeFirst()
    .then((conversation) => conversation?.message_count ?? 0);

/** A query for the messages of a conversation. The alias of the table is `message`. */
export const messagesOf = (conversationUuid: string, database: Database) =>
  database.selectFrom('ppmessage_messages as message').where('message.conversation_uuid', '=', conversationUuid);

/** Selects messages, and of their senders what is shown of them: null where the app is the sender. */
export const withSenders = (messages: ReturnType<typeof messagesOf>) =>
  messages
    .leftJoin('ppmessage_users as sender', (join) =>
      join.onRef('sender.app_uuid', '=', 'message.app_uuid').onRef('sender.uuid', '=', 'message.from_uuid'),
    )
    .selectAll('message')
    .select(['sender.user_fullname', 'sender.user_icon', 'sender.user_email']);

export type MessageWithSender = Awaited<ReturnType<ReturnType<typeof withSenders>['execute']>>[number];
