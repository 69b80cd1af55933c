import { requireMember } from '../model/conversation-members.ts';
import { requireConversation } from '../model/conversations.ts';
import { requireDevice } from '../model/devices.ts';
import { PpmessageError, renameError } from '../model/errors.ts';
import { findMessage, pageMessages } from '../model/messages.ts';
import { pageOlderHistory, pagePeerHistory } from '../model/older-histories.ts';
import type { Page } from '../model/pages.ts';
import { ackPushes, listUnackedPushes, pageUnackedPushes, requirePush } from '../model/pushes.ts';
import { forwardMessage as forward, sendMessage as send } from '../model/send-message.ts';
import { requireSubject } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toCursorInfo, toPage, toPageInfo } from '../wire/paging.ts';
import { toMessage, toUnackedMessages, toWire } from '../wire/views.ts';

export const sendMessage: ApiOperation<'sendMessage'> = async ({ body, actor }, context) => {
  await send(body, actor, context);
};

/** A new message with the type and the body of an old one. */
export const forwardMessage: ApiOperation<'forwardMessage'> = async ({ body, actor }, context) => {
  const from = body.from_uuid || actor.userUuid;
  if (!from) throw new PpmessageError('missingField', 'from_uuid is required');
  const user = await requireSubject(from, actor, context);
  const { conversation } = await requireMember(body.to_uuid, user, context);
  const original = await findMessage(actor.appUuid, body.task_uuid, context);
  if (original === undefined) throw new PpmessageError('noSuchMessage');
  await requireConversation(original.conversation_uuid, actor, context).catch(
    renameError('noSuchConversation', 'noSuchMessage'),
  );
  const task = await forward(original, user, conversation, body.conversation_type, context);
  return { task, ts: Math.floor(context.clock.now() / 1000) };
};

export const getHistoryMessages: ApiOperation<'getHistoryMessages'> = async ({ body, actor }, context) => {
  const conversation = await requireConversation(body.conversation_uuid, actor, context);
  const { page_offset, page_size = 20, max_id, since_id } = body;
  const page = {
    offset: Math.max(-1, page_offset),
    size: page_size < 1 ? 20 : Math.min(page_size, 100),
    max: max_id ? { uuid: max_id, isIncluded: body.ignore_max !== true } : undefined,
    sinceUuid: since_id || undefined,
  };
  const { list, total, newest } = await pageOlderHistory(conversation, page, context);
  return {
    list: list.map(({ message, sender }) => toMessage(message, sender)),
    total_count: total,
    count: list.length,
    page_size: page.size,
    page_offset: page.offset,
    max_id: newest,
  };
};

export const getMessageHistory: ApiOperation<'getMessageHistory'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.from_uuid, actor, context);
  const peer = { uuid: body.peer_uuid, isUser: body.peer_type === 'DU' || body.peer_type === 'AU' };
  const page = toPage(body, actor);
  const { list, total } = await pagePeerHistory(user, peer, page, actor, context);
  return {
    list: list.map(({ message, sender }) => toMessage(message, sender)),
    total_count: total,
    count: list.length,
    page_size: page.size,
    page_offset: page.offset,
  };
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
