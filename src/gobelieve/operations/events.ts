import { eventStream, type StreamedEvent } from '../../live/event-stream.ts';
import { refuse } from '../model/actors.ts';
import { type FeedItem, followFeed } from '../model/events.ts';
import { appear } from '../model/presence.ts';
import { commands, newestId } from '../model/queues.ts';
import type { Operation } from '../wire/operation.ts';
import { toMessage, toQueuedContent } from '../wire/views.ts';

export const streamEvents: Operation<'streamEvents'> = async ({ query, headers, actor }, context) => {
  const last = headers['last-event-id'];
  if (last !== undefined && !/^\d{1,15}$/.test(last)) throw refuse('Last-Event-ID is not the id of an event');
  // Before the answer begins: who has seen its first bytes can rely on everything that happens from then on.
  const newest = await newestId(context.database, actor.appid);
  const disappear = await appear(context, actor);
  const after = Math.min(Number(last ?? newest), newest);
  const body = eventStream(context, (send) => {
    // Who breaks off before anything happens can come back to here.
    send({ id: String(after), event: 'connected', data: {} });
    const leave = followFeed(context, actor, { after, rooms: query.room ?? [] }, (item) => send(toEvent(item)));
    return () => {
      leave();
      disappear();
    };
  });
  return { status: 200, headers: { 'Cache-Control': 'no-store' }, body };
};

const names = {
  [commands.peer]: 'peer_message',
  [commands.group]: 'group_message',
  [commands.system]: 'system_message',
  [commands.groupNotification]: 'group_notification',
} as const;

function toEvent(item: FeedItem): StreamedEvent {
  if ('kind' in item) {
    const { kind, ...data } = item;
    return { event: kind, data };
  }
  const hasSender = item.command === commands.peer || item.command === commands.group;
  const data = hasSender ? toMessage(item) : toQueuedContent(item);
  return { id: String(item.id), event: names[item.command], data };
}
