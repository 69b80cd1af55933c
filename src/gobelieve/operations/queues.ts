import { setUnread } from '../model/devices.ts';
import { acknowledge, countOffline, requireQueueOwner } from '../model/offline-messages.ts';
import { readHistory, readStoreHistory } from '../model/queues.ts';
import type { Operation } from '../wire/operation.ts';
import { answer, done, toMessage } from '../wire/views.ts';

export const listMessages: Operation<'listMessages'> = async ({ query, actor }, { database }) => {
  const { appid, uid } = actor;
  const messages =
    query.store === undefined
      ? await readHistory(database, appid, uid)
      : await readStoreHistory(database, appid, uid, query.store);
  return answer(messages.map((message) => toMessage(message, appid)));
};

export const getOfflineFlag: Operation<'getOfflineFlag'> = async ({ query, actor }, { database }) => {
  const { customer_id: customerKey, uid } = query;
  const owner = await requireQueueOwner(database, actor, { customerKey, uid });
  const count = await countOffline(database, actor.appid, owner);
  return answer({ new: count > 0 ? 1 : 0, count });
};

export const dequeueMessages: Operation<'dequeueMessages'> = async ({ query, actor }, { database }) => {
  await acknowledge(database, actor.appid, actor.uid, query.last_id);
  await setUnread(database, actor, 0);
  return done;
};
