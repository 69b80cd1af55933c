import type { components } from '../../../generated/tower.ts';
import type { StreamedEvent } from '../../live/event-stream.ts';
import type { StreamItem, StreamPosition } from '../model/stream.ts';
import { toDocument } from './document.ts';
import { toEvent } from './events.ts';
import { toMemberSummary } from './members.ts';
import { toNotification, toProgress } from './notifications.ts';

type Schemas = components['schemas'];
type ItemOf<Kind extends StreamItem['kind']> = StreamItem & { kind: Kind };

/** The id of a position in the stream of a team (T-62). */
export const toStreamId = ({ event, progress }: StreamPosition): string => `${event}-${progress}`;

/** An item as a JSON:API document. */
export const toStreamedEvent = (item: StreamItem, position: StreamPosition): StreamedEvent => ({
  id: toStreamId(position),
  event: item.kind,
  data: item.kind === 'event' ? toEventDocument(item) : toNotificationDocument(item),
});

export const toEventDocument = ({ event, creator }: ItemOf<'event'>): Schemas['EventDocument'] =>
  toDocument(toEvent(event), creator === undefined ? [] : [toMemberSummary(creator)]);

export const toNotificationDocument = ({ notification }: ItemOf<'notification'>): Schemas['NotificationDocument'] =>
  toDocument(toNotification(notification), [toProgress(notification)]);
