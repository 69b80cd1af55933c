import { transactTogether } from '../../database/group-commit.ts';
import { findMember, requireMember } from '../model/conversation-members.ts';
import { requireConversation } from '../model/conversations.ts';
import { requireDevice } from '../model/devices.ts';
import { PpmessageError } from '../model/errors.ts';
import {
  findMessage,
  isRepetition,
  type NewMessage,
  pageMessages,
  requireContent,
  requireTarget,
  storeMessage,
} from '../model/messages.ts';
import type { Page } from '../model/pages.ts';
import { ackPushes, listUnackedPushes, pageUnackedPushes, requirePush } from '../model/pushes.ts';
import { requireSubject } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toCursorInfo, toPage, toPageInfo } from '../wire/paging.ts';
import { toMessage, toUnackedMessages, toWire } from '../wire/views.ts';

export const sendMessage: ApiOperation<'sendMessage'> = async ({ body, actor }, context) => {
  const { clock, database } = context;
  const user = await requireSubject(body.from_uuid, actor, context);
  const { conversation } = await requireMember(body.conversation_uuid, user, context);
  oneOf(['NOTI'], body.message_type);
  const agentDirection = conversation.conversation_type === 'S2S' ? 'S2S' : 'S2P';
  const direction = user.is_service_user === 0 ? 'P2S' : agentDirection;
  const message: NewMessage = {
    app_uuid: actor.appUuid,
    uuid: body.uuid,
    conversation_uuid: conversation.uuid,
    conversation_type:
      body.conversation_type === undefined ? direction : oneOf(['P2S', 'S2P', 'S2S'], body.conversation_type),
    from_uuid: user.uuid,
    from_type: oneOf(['DU'], body.from_type),
    from_device_uuid: body.device_uuid ?? null,
    to_uuid: body.to_uuid,
    to_type: oneOf(['DU', 'OG', 'AP', 'CV'], body.to_type),
    message_subtype: oneOf(['TEXT', 'TXT', 'IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'FILE'], body.message_subtype),
    body: body.message_body,
  };
  requireContent(message);
  // P-14: `api_uuid` stands for the app.
  if (body.to_uuid !== actor.apiUuid) await requireTarget(message, conversation, context);
  if (body.device_uuid !== undefined) await requireDevice(body.device_uuid, user, context);

  const isNew = await transactTogether(database, `ppmessage:${actor.appUuid}`, async (trx) => {
    if (!(await storeMessage(trx, message, context))) return false;
    // The sender may have been removed from the conversation a moment ago.
    if ((await findMember(conversation.uuid, user, trx)) === undefined) throw new PpmessageError('noSuchConversation');
    await trx
      .updateTable('ppmessage_users')
      .set({ latest_send_message_time: clock.now() })
      .where('app_uuid', '=', user.app_uuid)
      .where('uuid', '=', user.uuid)
      .execute();
    return true;
  });
  if (!isNew && !(await isRepetition(message, context)))
    throw new PpmessageError('unacceptableMessage', 'Another message has this uuid');
};

/**
 * The word of the list that was sent, in any case.
 *
 * @throws PpmessageError unacceptableMessage
 */
function oneOf<const Word extends string>(words: readonly Word[], sent: string): Word {
  const word = words.find((known) => known === sent.toUpperCase());
  if (word === undefined) throw new PpmessageError('unacceptableMessage', `${sent} is not one of ${words.join(', ')}`);
  return word;
}

export const pageHistoryMessages: ApiOperation<'pageHistoryMessages'> = async ({ body, actor }, context) => {
  const conversation = await requireConversation(body.conversation_uuid, actor, context);
  const page = toPage(body, actor);
  const { list, total } = await pageMessages(conversation, page, context);
  return {
    list: list.map(({ message, sender }) => toMessage(message, sender)),
    ...toPageInfo(list, total, page),
    ...toCursorInfo(page),
  };
};

export const pageUnackedMessages: ApiOperation<'pageUnackedMessages'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const page: Page = { ...toPage(body, actor), oldestFirst: actor.isOwnProgram ? 'always' : undefined };
  const { list, total } = await pageUnackedPushes(user, page, context);
  return { ...toUnackedMessages(list), ...toPageInfo(list, total, page), ...toCursorInfo(page) };
};

export const listUnackedMessages: ApiOperation<'listUnackedMessages'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.from_uuid, actor, context);
  await requireDevice(body.device_uuid, user, context);
  const rows = await listUnackedPushes(user, context);
  return { size: rows.length, ...toUnackedMessages(rows) };
};

export const getUnackedMessage: ApiOperation<'getUnackedMessage'> = async ({ body, actor }, context) => {
  const push = await requirePush(body.uuid, actor, context);
  const message = await findMessage(actor.appUuid, push.message_uuid, context);
  if (message === undefined) throw new PpmessageError('noSuchMessage');
  return { message: toWire(message) };
};

export const ackMessages: ApiOperation<'ackMessages'> = async ({ body, actor }, context) => {
  await ackPushes(body.list, actor, context);
};
