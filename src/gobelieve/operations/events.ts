import { eventStream, eventStreamHeaders } from '../../live/event-stream.ts';
import { setUnread } from '../model/devices.ts';
import { GobelieveError } from '../model/errors.ts';
import { followEvents } from '../model/events.ts';
import { newestId } from '../model/message-store.ts';
import { keepOnline } from '../model/presence.ts';
import { watchToken } from '../model/token-watch.ts';
import { bearerOf } from '../security.ts';
import type { Operation } from '../wire/operation.ts';
import { toStreamedEvent } from '../wire/views.ts';

export const streamEvents: Operation<'streamEvents'> = async ({ query, headers, actor, request }, context) => {
  const lastId = headers['last-event-id'];
  if (lastId !== undefined && !/^\d{1,15}$/.test(lastId)) throw new GobelieveError('invalidEventId');
  // Read before the response begins: the stream has every message from then on.
  const newest = await newestId(context.database, actor.appid);
  const after = Math.min(Number(lastId ?? newest), newest);
  const body = await context.streams.open(`gobelieve:${actor.appid}:${actor.uid}`, async () => {
    await setUnread(context.database, actor, 0);
    const goOffline = await keepOnline(context, actor, actor.platformId);
    return eventStream(context, (send, end) => {
      // A client that disconnects before the first message can resume from here.
      send({ id: String(after), event: 'connected', data: {} });
      const options = { after, resumes: after < newest, rooms: query.room ?? [] };
      const stopFollowing = followEvents(context, actor, options, async (event) => {
        const streamed = toStreamedEvent(event, actor.appid);
        if (streamed !== undefined) await send(streamed);
      });
      const stopWatching = watchToken(context, actor, bearerOf(request), end);
      return () => {
        stopWatching();
        stopFollowing();
        goOffline();
      };
    });
  });
  return { status: 200, headers: eventStreamHeaders, body };
};
