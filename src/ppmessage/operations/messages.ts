import { togetherIn } from '../../database/together.ts';
import { keyIn } from '../model/callers.ts';
import { requireMember } from '../model/conversation-members.ts';
import { requireConversation } from '../model/conversations.ts';
import { requireDevice } from '../model/devices.ts';
import { PpmessageError, renameError } from '../model/errors.ts';
import { findMessage, pageMessages, requirePushedMessage } from '../model/messages.ts';
import { pageOlderHistory, pagePeerHistory } from '../model/older-histories.ts';
import type { Page } from '../model/pages.ts';
import { ackPushes, listUnackedPushes, pageUnackedPushes } from '../model/pushes.ts';
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
  const { page_offset, page_size = 20, max_id, since_id } = body;
  const page = {
    offset: Math.max(-1, page_offset),
    size: page_size < 1 ? 20 : Math.min(page_size, 100),
    max: max_id ? { uuid: max_id, isIncluded: body.ignore_max !== true } : undefined,
    sinceUuid: since_id || undefined,
  };
  const [conversation, { list, total }] = await togetherIn(context, (view) => [
    requireConversation(body.conversation_uuid, actor, view),
    pageOlderHistory(body.conversation_uuid, page, view),
  ]);
  return {
    list: list.map(toMessage),
    total_count: total,
    count: list.length,
    page_size: page.size,
    page_offset: page.offset,
    max_id: conversation.latest_task,
  };
};

export const getMessageHistory: ApiOperation<'getMessageHistory'> = async ({ body, actor }, context) => {
  const peer = { uuid: body.peer_uuid, isUser: body.peer_type === 'DU' || body.peer_type === 'AU' };
  const page = toPage(body, actor);
  const [, { list, total }] = await togetherIn(context, (view) => [
    requireSubject(body.from_uuid, actor, view),
    pagePeerHistory(keyIn(actor, body.from_uuid), peer, page, actor, view),
  ]);
  return {
    list: list.map(toMessage),
    total_count: total,
    count: list.length,
    page_size: page.size,
    page_offset: page.offset,
  };
};

export const pageHistoryMessages: ApiOperation<'pageHistoryMessages'> = async ({ body, actor }, context) => {
  const page = toPage(body, actor);
  const [, { list, total }] = await togetherIn(context, (view) => [
    requireConversation(body.conversation_uuid, actor, view),
    pageMessages(body.conversation_uuid, page, view),
  ]);
  return {
    list: list.map(toMessage),
    ...toPageInfo(list, total, page),
    ...toCursorInfo(page),
  };
};

export const pageUnackedMessages: ApiOperation<'pageUnackedMessages'> = async ({ body, actor }, context) => {
  const page: Page = { ...toPage(body, actor), oldestFirst: actor.isOwnProgram ? 'always' : undefined };
  const [, { list, total }] = await togetherIn(context, (view) => [
    requireSubject(body.user_uuid, actor, view),
    pageUnackedPushes(keyIn(actor, body.user_uuid), page, view),
  ]);
  return { ...toUnackedMessages(list), ...toPageInfo(list, total, page), ...toCursorInfo(page) };
};

export const listUnackedMessages: ApiOperation<'listUnackedMessages'> = async ({ body, actor }, context) => {
  const user = keyIn(actor, body.from_uuid);
  const [, , rows] = await togetherIn(context, (view) => [
    requireSubject(body.from_uuid, actor, view),
    requireDevice(body.device_uuid, user, view),
    listUnackedPushes(user, view),
  ]);
  return { size: rows.length, ...toUnackedMessages(rows) };
};

export const getUnackedMessage: ApiOperation<'getUnackedMessage'> = async ({ body, actor }, context) => {
  return { message: toWire(await requirePushedMessage(body.uuid, actor, context)) };
};

export const ackMessages: ApiOperation<'ackMessages'> = async ({ body, actor }, context) => {
  await ackPushes(body.list, actor, context);
};
