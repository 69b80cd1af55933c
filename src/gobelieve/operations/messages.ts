import * as messages from '../model/messages.ts';
import type { Operation } from '../wire/operation.ts';
import { done } from '../wire/views.ts';

export const sendPeerMessage: Operation<'sendPeerMessage'> = async ({ body, actor }, context) => {
  await messages.sendPeerMessage(context, actor.appid, body);
  return done;
};

export const sendCustomerMessage: Operation<'sendCustomerMessage'> = async ({ body, actor }, context) => {
  const { receiver_appid: receiverAppid, ...message } = body;
  await messages.sendCustomerMessage(context, actor.appid, { ...message, receiverAppid });
  return done;
};

export const sendGroupMessage: Operation<'sendGroupMessage'> = async ({ body, actor }, context) => {
  await messages.sendGroupMessage(context, actor.appid, body);
  return done;
};

export const sendSystemMessage: Operation<'sendSystemMessage'> = async ({ body, actor }, context) => {
  await messages.sendSystemMessage(context, actor.appid, body);
  return done;
};

export const sendNotification: Operation<'sendNotification'> = ({ body, actor }, context) => {
  messages.sendNotification(context, actor.appid, body);
  return done;
};

export const sendGroupNotification: Operation<'sendGroupNotification'> = async ({ body, actor }, context) => {
  const { group_id, content } = body;
  await messages.sendGroupNotification(context, actor.appid, group_id, content);
  return done;
};

export const sendRoomMessage: Operation<'sendRoomMessage'> = ({ body, actor }, context) => {
  messages.sendRoomMessage(context, actor.appid, body);
  return done;
};
