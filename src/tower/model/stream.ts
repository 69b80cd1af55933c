import type { Context } from '../../context.ts';
import { createResumableReader } from '../../live/resumable-reader.ts';
import { createTurnstile } from '../../turns.ts';
import { type ListedEvent, listEventsBetween, newestEventId } from './events.ts';
import { feedTopic } from './feed.ts';
import { type Caller, listMembersById, type Member } from './members.ts';
import { type ListedNotification, listNotificationsAfter, newestProgressId } from './notifications.ts';

/** What a stream delivers (T-62). */
export type StreamItem =
  | { kind: 'event'; event: ListedEvent; creator: Member | undefined }
  | { kind: 'notification'; notification: ListedNotification };

/** How far a stream has come: the id of an event, and that of the act of a notification. */
export interface StreamPosition {
  event: number;
  progress: number;
}

/** All streams of this API on this node. */
const inTurn = createTurnstile();

const PAGE_ITEMS = 50;

/** The position behind everything that is stored now. */
export const newestPosition = async (database: Context['database'], caller: Caller): Promise<StreamPosition> => ({
  event: await newestEventId(database, caller.team_id),
  progress: await newestProgressId(database, caller.id),
});

/**
 * Follows the events of a team that a member can see, and the member's notifications, each in the order of their ids. They
 * are read from the database; the bus only says that there is something to read.
 *
 * @param getCaller the member with the role that counts now
 * @param deliver gets an item with the position behind it
 * @returns stops following
 */
export function followTeam(
  { bus, database, log }: Pick<Context, 'bus' | 'database' | 'log'>,
  getCaller: () => Caller,
  start: StreamPosition,
  deliver: (item: StreamItem, position: StreamPosition) => Promise<void>,
): () => void {
  const position = { ...start };

  const events = createResumableReader<StreamItem & { kind: 'event' }>(log, {
    position: start.event,
    inTurn,
    async readAfter(after) {
      const caller = getCaller();
      const upTo = await newestEventId(database, caller.team_id);
      const found = await listEventsBetween(database, caller, { after, upTo, limit: PAGE_ITEMS });
      const ids = new Set(found.map(({ creator_id }) => creator_id));
      const creators = new Map((await listMembersById(database, [...ids])).map((member) => [member.id, member]));
      const items = found.map((event) => ({ kind: 'event' as const, event, creator: creators.get(event.creator_id) }));
      // Behind the last one there may be events that the member cannot see.
      const isFull = found.length === PAGE_ITEMS;
      return { items, position: (isFull ? found.at(-1)?.id : undefined) ?? Math.max(after, upTo), more: isFull };
    },
    deliver(item) {
      position.event = item.event.id;
      return deliver(item, { ...position });
    },
  });

  const notifications = createResumableReader<StreamItem & { kind: 'notification' }>(log, {
    position: start.progress,
    inTurn,
    async readAfter(after) {
      const found = await listNotificationsAfter(database, getCaller().id, { after, limit: PAGE_ITEMS });
      const items = found.map((notification) => ({ kind: 'notification' as const, notification }));
      return { items, position: found.at(-1)?.progress_id ?? after, more: found.length === PAGE_ITEMS };
    },
    deliver(item) {
      position.progress = item.notification.progress_id;
      return deliver(item, { ...position });
    },
  });

  const wake = () => {
    events.wake();
    notifications.wake();
  };
  const leave = bus.subscribe([feedTopic(getCaller().team_id)], wake, wake);
  wake();
  return () => {
    leave();
    events.stop();
    notifications.stop();
  };
}
