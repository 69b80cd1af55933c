import { notify, notifyGroup, sendGroup, sendPeer, sendRoom, sendSystem } from '../model/messages.ts';
import type { Operation } from '../wire/operation.ts';
import { done } from '../wire/views.ts';

export const sendPeerMessage: Operation<'sendPeerMessage'> = async ({ body, actor }, context) => {
  await sendPeer(context, actor.appid, body);
  return done;
};

export const sendGroupMessage: Operation<'sendGroupMessage'> = async ({ body, actor }, context) => {
  await sendGroup(context, actor.appid, body);
  return done;
};

export const sendSystemMessage: Operation<'sendSystemMessage'> = async ({ body, actor }, context) => {
  await sendSystem(context, actor.appid, body);
  return done;
};

export const sendNotification: Operation<'sendNotification'> = ({ body, actor }, context) => {
  notify(context, actor.appid, body);
  return done;
};

export const sendGroupNotification: Operation<'sendGroupNotification'> = async ({ body, actor }, context) => {
  await notifyGroup(context, actor.appid, body);
  return done;
};

export const sendRoomMessage: Operation<'sendRoomMessage'> = ({ body, actor }, context) => {
  sendRoom(context, actor.appid, body);
  return done;
};
