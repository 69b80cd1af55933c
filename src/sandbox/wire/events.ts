import type { RequestInfo } from '../../http/request.ts';
import type { StreamedEvent } from '../../live/event-stream.ts';
import { movableClockOf } from '../model/clocks.ts';
import type { Change, Watched } from '../model/news.ts';
import { toClock } from './clocks.ts';
import { toExchangeSummary } from './exchanges.ts';
import { toWorld } from './worlds.ts';

/** A change as an event of the stream (S-13). */
export async function toEvent(change: Change, { context }: Watched, request: RequestInfo): Promise<StreamedEvent> {
  const { kind: event } = change;
  switch (change.kind) {
    case 'request': {
      const data = await toExchangeSummary(change.exchange);
      return { id: data.id, event, data };
    }
    case 'message':
      return { event, data: change.message };
    case 'faults':
      return { event, data: change.faults };
    case 'worlds':
      return { event, data: change.worlds.map((world) => toWorld(world, request)) };
    case 'clock':
      return { event, data: toClock(movableClockOf(context)) };
    case 'seed':
    case 'token':
      return { event, data: {} };
    case 'cleared':
      return { event, data: { what: change.what } };
  }
}
