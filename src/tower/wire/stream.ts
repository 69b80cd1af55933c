import type { StreamedEvent } from '../../live/event-stream.ts';
import type { StreamItem, StreamPosition } from '../model/stream.ts';
import { toDocument } from './document.ts';
import { toEvent } from './events.ts';
import { toMemberSummary } from './members.ts';
import { toNotification, toProgress } from './notifications.ts';

/** The id of a position in the stream of a team (T-62). */
export const toStreamId = ({ event, progress }: StreamPosition): string => `${event}-${progress}`;

/** An item as a JSON:API document. */
export function toStreamedEvent(item: StreamItem, position: StreamPosition): StreamedEvent {
  const id = toStreamId(position);
  if (item.kind === 'notification') {
    const { notification } = item;
    return { id, event: 'notification', data: toDocument(toNotification(notification), [toProgress(notification)]) };
  }
  const { event, creator } = item;
  return {
    id,
    event: 'event',
    data: toDocument(toEvent(event), creator === undefined ? [] : [toMemberSummary(creator)]),
  };
}
