import { eventStream, eventStreamHeaders } from '../../live/event-stream.ts';
import { controlOf } from '../model/control.ts';
import { worldOf } from '../model/here.ts';
import { News, type Watched } from '../model/news.ts';
import { worldsOf } from '../model/worlds.ts';
import { toEvent } from '../wire/events.ts';
import type { Operation } from '../wire/operation.ts';

const LOOK_MS = 200;

/** What happens in the world of the request, from now on or after the last request that the caller has seen (S-13). */
export const streamEvents: Operation<'streamEvents'> = async ({ headers, request }, context) => {
  const world = worldOf(request);
  const control = controlOf(request, context.parts.controls);
  const worlds = world.id === undefined ? worldsOf(world) : undefined;
  const watched: Watched = { context, control, worlds };
  const { newest } = control.requests;
  const after = Math.min(Number(headers['last-event-id']?.slice(1) ?? newest), newest);
  const news = await News.since(watched, after);
  const body = eventStream(context, (send) => {
    send({ id: `r${after}`, event: 'connected', data: {} });
    let isLooking = false;
    const look = async () => {
      if (isLooking) return;
      isLooking = true;
      for (const change of await news.look()) await send(await toEvent(change, watched, request));
      isLooking = false;
    };
    // A look that fails is the last one; the reader connects again when the stream ends.
    const timer = setInterval(() => look().catch(() => body.destroy()), LOOK_MS).unref();
    return () => clearInterval(timer);
  });
  return { status: 200, headers: eventStreamHeaders, body };
};
