import { requireConversation } from '../model/conversations.ts';
import { requireDevice } from '../model/devices.ts';
import { PpmessageError } from '../model/errors.ts';
import { findMessage, pageMessages } from '../model/messages.ts';
import type { Page } from '../model/pages.ts';
import { ackPushes, listUnackedPushes, pageUnackedPushes, requirePush } from '../model/pushes.ts';
import { sendMessage as send } from '../model/send-message.ts';
import { requireSubject } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toCursorInfo, toPage, toPageInfo } from '../wire/paging.ts';
import { toMessage, toUnackedMessages, toWire } from '../wire/views.ts';

export const sendMessage: ApiOperation<'sendMessage'> = async ({ body, actor }, context) => {
  await send(body, actor, context);
};

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
