import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { afterCommit } from '../../database/transact.ts';
import type { PpmessageMessagesTable } from '../database/tables.ts';
import { PpmessageError } from '../wire/errors.ts';

/** How a message is stored and reaches the other members of its conversation (facts, section 5.3). */

export type Post = Omit<PpmessageMessagesTable, 'seq' | 'created_at'>;

/** Where a user's streams hear that there is something to read. */
export const topicOf = (appUuid: string, userUuid: string) => `ppmessage:${appUuid}:user:${userUuid}`;

/**
 * The next position in an app's order of events, with the app. Until the transaction ends nobody else gets one, so what
 * happens in an app becomes visible in this order. Throws 13 when the app was removed a moment ago.
 */
export async function nextPosition(trx: Transaction, appUuid: string) {
  const app = await trx
    .updateTable('ppmessage_apps')
    .set(({ eb }) => ({ last_seq: eb('last_seq', '+', 1) }))
    .where('uuid', '=', appUuid)
    .returningAll()
    .executeTakeFirstOrThrow(() => new PpmessageError(13));
  return { seq: app.last_seq, app };
}

/**
 * Stores a message and gives every other member of the conversation a push record of it, whether they are online or
 * not; those who are get it at once, after the commit. It opens the conversation for all its members. When nobody is
 * there to answer a customer, the app does.
 *
 * @returns false when the app has a message with this uuid already; nothing happens then
 */
export async function postMessage(trx: Transaction, post: Post, context: Pick<Context, 'bus'>): Promise<boolean> {
  const { app_uuid: appUuid, conversation_uuid: conversation } = post;
  const { seq, app } = await nextPosition(trx, appUuid);
  const now = Date.now();
  const stored = await trx
    .insertInto('ppmessage_messages')
    .values({ ...post, seq, created_at: now })
    .onConflict((conflict) => conflict.columns(['app_uuid', 'uuid']).doNothing())
    .returning('seq')
    .executeTakeFirst();
  if (stored === undefined) return false;
  await trx
    .updateTable('ppmessage_conversations')
    .set({ latest_task: post.uuid, seq, updated_at: now })
    .where('uuid', '=', conversation)
    .execute();
  await trx
    .updateTable('ppmessage_conversation_members')
    .set({ conversation_status: 'OPEN', updated_at: now })
    .where('conversation_uuid', '=', conversation)
    .where('conversation_status', '!=', 'OPEN')
    .execute();
  const recipients = await trx
    .insertInto('ppmessage_pushes')
    .columns(['uuid', 'app_uuid', 'user_uuid', 'message_uuid', 'seq'])
    .expression((from) =>
      from
        .selectFrom('ppmessage_conversation_members as member')
        .select([
          // One for each membership and message; the database can say it without being told the members.
          sql<string>`member.uuid || '.' || ${String(seq)}`.as('uuid'),
          'member.app_uuid',
          'member.user_uuid',
          sql<string>`cast(${post.uuid} as text)`.as('message_uuid'),
          sql<number>`cast(${seq} as bigint)`.as('seq'),
        ])
        .where('member.conversation_uuid', '=', conversation)
        .where('member.user_uuid', '!=', post.from_uuid),
    )
    .returning('user_uuid')
    .execute();
  const topics = recipients.map(({ user_uuid }) => topicOf(appUuid, user_uuid));
  if (topics.length > 0) afterCommit(trx, () => context.bus.publish(topics, null));

  const { return_offline_message, offline_message: text } = app;
  if (post.conversation_type === 'P2S' && return_offline_message === 1 && text) {
    if (!(await hasAgentOnline(trx, conversation))) await postMessage(trx, offlineAnswer(post, text), context);
  }
  return true;
}

/** What the app itself answers. */
const offlineAnswer = (post: Post, text: string): Post => ({
  app_uuid: post.app_uuid,
  uuid: randomUUID(),
  conversation_uuid: post.conversation_uuid,
  conversation_type: 'S2P',
  from_uuid: post.app_uuid,
  from_type: 'AP',
  from_device_uuid: null,
  to_uuid: post.from_uuid,
  to_type: 'DU',
  message_subtype: 'TEXT',
  body: text,
});

async function hasAgentOnline(trx: Transaction, conversation: string): Promise<boolean> {
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
    .where('device.online_until', '>', Date.now())
    .limit(1)
    .executeTakeFirst();
  return online !== undefined;
}
