import { HttpError } from '../../errors.ts';
import { eventStream, eventStreamHeaders } from '../../live/event-stream.ts';
import { type Caller, requireMember } from '../model/members.ts';
import { followTeam, newestPosition, type StreamPosition } from '../model/stream.ts';
import { requireToken } from '../security.ts';
import type { Operation } from '../wire/operation.ts';
import { addPictures } from '../wire/pictures.ts';
import { toStreamedEvent, toStreamId } from '../wire/stream.ts';

/** How often a stream checks that its reader still has access. */
const RECHECK_MS = 60_000;

export const streamTeam: Operation<'streamTeam'> = async ({ params, headers, actor, request }, context) => {
  let caller: Caller = await requireMember(params.team_id, actor.userId, context);
  // Read before the response begins: the stream has everything from then on.
  const newest = await newestPosition(context.database, caller);
  const start = startAt(headers['last-event-id'], newest);
  const body = eventStream(context, (send, end) => {
    void send({ id: toStreamId(start), event: 'connected', data: {} });
    const stop = followTeam(
      context,
      () => caller,
      start,
      (item, position) => {
        const event = toStreamedEvent(item, position);
        return send({ ...event, data: addPictures(event.data, context.config, request) });
      },
    );
    const recheck = setInterval(async () => {
      try {
        await requireToken(request.authorization, context);
        caller = await requireMember(params.team_id, actor.userId, context);
      } catch (error) {
        if (error instanceof HttpError) end();
        else context.log.warn({ err: error }, 'the token of a stream could not be checked');
      }
    }, RECHECK_MS).unref();
    return () => {
      clearInterval(recheck);
      stop();
    };
  });
  return { status: 200, type: 'text/event-stream', headers: eventStreamHeaders, body };
};

/** After a database was restored from a backup, an older position can be ahead of the newest. */
function startAt(lastId: string | undefined, newest: StreamPosition): StreamPosition {
  if (lastId === undefined) return newest;
  const [, event, progress] = /^(\d{1,15})-(\d{1,15})$/.exec(lastId) ?? [];
  if (event === undefined || progress === undefined)
    throw new HttpError('invalid_request', 'Last-Event-ID is not the id of an event', {
      details: [{ path: '/headers/last-event-id', message: 'is not the id of an event', keyword: 'value' }],
    });
  return { event: Math.min(Number(event), newest.event), progress: Math.min(Number(progress), newest.progress) };
}
