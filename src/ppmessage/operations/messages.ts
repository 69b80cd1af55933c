import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { mayActForColumn, requireDevice, requireSubject } from '../model/callers.ts';
import type { PpmessageConversationsTable, PpmessageUsersTable } from '../database/tables.ts';
import { findMembership, requireConversation, requireMembership } from '../model/conversations.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { inChunks, newestFirst, sliceOf, toCursorInfo, toPageInfo, UNPAGED_LIMIT } from '../wire/paging.ts';
import { type Post, postMessage } from '../model/messages.ts';
import { toMessage, toSender, toWire, toWireText } from '../wire/views.ts';

export const sendMessage: ApiOperation<'sendMessage'> = async ({ body, actor }, context) => {
  const { database } = context;
  const user = await requireSubject(body.from_uuid, actor, context);
  const { conversation } = await requireMembership(body.conversation_uuid, user, context);
  oneOf(['NOTI'], body.message_type);
  const post: Post = {
    app_uuid: actor.appUuid,
    uuid: body.uuid,
    conversation_uuid: conversation.uuid,
    conversation_type:
      body.conversation_type === undefined
        ? directionOf(user, conversation)
        : oneOf(['P2S', 'S2P', 'S2S'], body.conversation_type),
    from_uuid: user.uuid,
    from_type: oneOf(['DU'], body.from_type),
    from_device_uuid: body.device_uuid ?? null,
    to_uuid: body.to_uuid,
    to_type: oneOf(['DU', 'OG', 'AP', 'CV'], body.to_type),
    message_subtype: oneOf(['TEXT', 'TXT', 'IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'FILE'], body.message_subtype),
    body: body.message_body,
  };
  requireContent(post);
  if (body.to_uuid !== actor.apiUuid) await requireTarget(post, conversation, context);
  if (body.device_uuid !== undefined) await requireDevice(body.device_uuid, user.uuid, actor, context);

  const isNew = await transact(database, async (trx) => {
    if (!(await postMessage(trx, post, context))) return false;
    // Taken out a moment ago: nothing of it is stored then.
    if ((await findMembership(conversation.uuid, user, trx)) === undefined) throw new PpmessageError(26);
    await trx
      .updateTable('ppmessage_users')
      .set({ latest_send_message_time: Date.now() })
      .where('app_uuid', '=', user.app_uuid)
      .where('uuid', '=', user.uuid)
      .execute();
    return true;
  });
  if (isNew) return;
  // The same message again: its sender has not seen the answer.
  const known = await database
    .selectFrom('ppmessage_messages')
    .select('uuid')
    .where('app_uuid', '=', actor.appUuid)
    .where('uuid', '=', body.uuid)
    .where('conversation_uuid', '=', conversation.uuid)
    .where('from_uuid', '=', user.uuid)
    .where('message_subtype', '=', post.message_subtype)
    .where('body', '=', post.body)
    .executeTakeFirst();
  if (known === undefined) throw new PpmessageError(16, 'Another message has this uuid');
};

/** A word that was sent, in any case. Throws 16 for one that is not in the list. */
function oneOf<const Word extends string>(words: readonly Word[], sent: string): Word {
  const word = words.find((known) => known === sent.toUpperCase());
  if (word === undefined) throw new PpmessageError(16, `${sent} is not one of ${words.join(', ')}`);
  return word;
}

const directionOf = (
  { is_service_user }: Selectable<PpmessageUsersTable>,
  { conversation_type }: Selectable<PpmessageConversationsTable>,
) => (is_service_user === 0 ? 'P2S' : conversation_type === 'S2S' ? 'S2S' : 'S2P');

/** Plain text is not empty, everything else is a JSON object that names a file. Throws 16. */
function requireContent({ message_subtype: subtype, body }: Post): void {
  if (body === '') throw new PpmessageError(16, 'The message_body is empty');
  if (subtype === 'TEXT') return;
  let content: { fid?: unknown; dura?: unknown } | null;
  try {
    content = JSON.parse(body);
  } catch {
    content = null;
  }
  if (typeof content?.fid !== 'string' || content.fid === '')
    throw new PpmessageError(16, `The message_body of ${subtype} is a JSON object with fid`);
  if (subtype === 'AUDIO' && !isDuration(content.dura))
    throw new PpmessageError(16, 'The message_body of AUDIO has dura, a number of seconds');
}

const isDuration = (value: unknown) =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value));

/** What a message is addressed to does not choose its recipients, but has to be something of the app. Throws 18. */
async function requireTarget(
  { app_uuid: appUuid, to_uuid: uuid }: Post,
  conversation: Selectable<PpmessageConversationsTable>,
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
  throw new PpmessageError(18, 'to_uuid is nothing of this app');
}

export const pageHistoryMessages: ApiOperation<'pageHistoryMessages'> = async ({ body, actor }, context) => {
  const conversation = await requireConversation(body.conversation_uuid, actor, context);
  const all = context.database.selectFrom('ppmessage_messages').where('conversation_uuid', '=', conversation.uuid);
  const slice = await sliceOf(body, async (uuid) => {
    const message = await all.select('seq').where('uuid', '=', uuid).executeTakeFirst();
    return message?.seq;
  });
  const { total } = await all.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await all
    .selectAll()
    .where('seq', '>', slice.above)
    .where('seq', '<', slice.below)
    .orderBy('seq', slice.order)
    .limit(slice.limit)
    .offset(slice.offset)
    .execute();
  const senders = await inChunks(
    rows.map(({ from_uuid }) => from_uuid),
    (uuids) =>
      context.database
        .selectFrom('ppmessage_users')
        .select(['uuid', 'user_fullname', 'user_icon', 'user_email'])
        .where('app_uuid', '=', actor.appUuid)
        .where('uuid', 'in', uuids)
        .execute(),
  );
  const senderOf = new Map(senders.map((sender) => [sender.uuid, toSender(sender)]));
  const list = newestFirst(rows, slice).map((row) => toMessage(row, senderOf.get(row.from_uuid) ?? null));
  return { list, total_count: total, return_count: list.length, ...toPageInfo(body), ...toCursorInfo(body) };
};

export const pageUnackedMessages: ApiOperation<'pageUnackedMessages'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  // Also of one that was acknowledged since: who acknowledges page by page goes on where they were.
  const slice = await sliceOf(body, async (uuid) => {
    const push = await context.database
      .selectFrom('ppmessage_pushes')
      .select('seq')
      .where('uuid', '=', uuid)
      .where('app_uuid', '=', user.app_uuid)
      .where('user_uuid', '=', user.uuid)
      .executeTakeFirst();
    return push?.seq;
  });
  const unacked = unackedPushes(user, context);
  const { total } = await unacked.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await unacked
    .selectAll('message')
    .select('push.uuid as push_uuid')
    .where('push.seq', '>', slice.above)
    .where('push.seq', '<', slice.below)
    .orderBy('push.seq', slice.order)
    .limit(slice.limit)
    .offset(slice.offset)
    .execute();
  const pushes = toPushes(newestFirst(rows, slice));
  return { ...pushes, total_count: total, return_count: rows.length, ...toPageInfo(body), ...toCursorInfo(body) };
};

export const listUnackedMessages: ApiOperation<'listUnackedMessages'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.from_uuid, actor, context);
  await requireDevice(body.device_uuid, user.uuid, actor, context);
  const rows = await unackedPushes(user, context)
    .selectAll('message')
    .select('push.uuid as push_uuid')
    .orderBy('push.seq', 'desc')
    .limit(UNPAGED_LIMIT)
    .execute();
  return { size: rows.length, ...toPushes(rows) };
};

export const getUnackedMessage: ApiOperation<'getUnackedMessage'> = async ({ body, actor }, { database }) => {
  const push = await database
    .selectFrom('ppmessage_pushes')
    .select('message_uuid')
    .where('uuid', '=', body.uuid)
    .where('app_uuid', '=', actor.appUuid)
    .where(mayActForColumn(actor, 'ppmessage_pushes.user_uuid'))
    .executeTakeFirst();
  if (push === undefined) throw new PpmessageError(12);
  const message = await database
    .selectFrom('ppmessage_messages')
    .selectAll()
    .where('app_uuid', '=', actor.appUuid)
    .where('uuid', '=', push.message_uuid)
    .executeTakeFirst();
  if (message === undefined) throw new PpmessageError(11);
  return { message: toWire(message) };
};

export const ackMessages: ApiOperation<'ackMessages'> = async ({ body, actor }, { database }) => {
  if (body.list.length === 0) return;
  await database
    .updateTable('ppmessage_pushes')
    .set({ acked_at: Date.now() })
    .where('uuid', 'in', body.list)
    .where('app_uuid', '=', actor.appUuid)
    .where('acked_at', 'is', null)
    .where(mayActForColumn(actor, 'ppmessage_pushes.user_uuid'))
    .execute();
};

const unackedPushes = (user: Selectable<PpmessageUsersTable>, { database }: Context) =>
  database
    .selectFrom('ppmessage_pushes as push')
    .innerJoin('ppmessage_messages as message', (join) =>
      join.onRef('message.app_uuid', '=', 'push.app_uuid').onRef('message.uuid', '=', 'push.message_uuid'),
    )
    .where('push.app_uuid', '=', user.app_uuid)
    .where('push.user_uuid', '=', user.uuid)
    .where('push.acked_at', 'is', null);

/** Push records as the document lists them: their uuids in order, and what each carries. */
const toPushes = (rows: readonly (Parameters<typeof toWire>[0] & { push_uuid: string })[]) => ({
  list: rows.map(({ push_uuid }) => push_uuid),
  message: Object.fromEntries(rows.map((row) => [row.push_uuid, toWireText(row)])),
});
