import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import { eventStream, type Send } from '../../live/event-stream.ts';
import { requireDevice, requireSubject } from '../model/callers.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { Operation } from '../wire/operation.ts';
import { topicOf } from '../model/messages.ts';
import { findCaller } from '../security.ts';
import { toSender, toWire } from '../wire/views.ts';

/** In ms: how often a stream makes sure that its reader may still have it. */
const RECHECK = 60_000;

export const streamEvents: Operation<'streamEvents'> = async ({ query, headers, actor, request }, context) => {
  const { user_uuid: userUuid = actor.userUuid, device_uuid: deviceUuid } = query;
  const user = await requireSubject(userUuid, actor, context);
  if (deviceUuid !== undefined) await requireDevice(deviceUuid, user.uuid, actor, context);
  const last = headers['last-event-id'];
  if (last !== undefined && !/^\d{1,15}$/.test(last))
    throw new HttpError('invalid_request', 'Last-Event-ID is not the id of an event');
  // Before the answer begins: what is sent from then on belongs to the stream.
  const newest = await currentPosition(user.app_uuid, context);
  // An id from before the database was restored may be ahead of everything.
  const position = Math.min(Number(last ?? newest), newest);
  return {
    status: 200,
    type: 'text/event-stream',
    headers: { 'Cache-Control': 'no-store' },
    body: eventStream(context, async (send, end) => {
      void send({ id: String(position), event: 'connected', data: {} });
      const goOffline = deviceUuid === undefined ? undefined : await comeOnline(deviceUuid, user, context);
      const stop = follow(user, position, send, context);
      const recheck = setInterval(async () => {
        try {
          await requireSubject(user.uuid, await findCaller({ headers, request }, context), context);
        } catch (error) {
          if (error instanceof PpmessageError) end();
          else context.log.warn({ err: error }, 'the token of a stream could not be checked');
        }
      }, RECHECK).unref();
      return () => {
        clearInterval(recheck);
        stop();
        goOffline?.();
      };
    }),
  };
};

interface Recipient {
  app_uuid: string;
  uuid: string;
}

/**
 * Sends a user's messages after a position, and further ones as they come, until the returned function is called. The
 * bus only says that there is something; what it is stands in the push records and is read from there, in order and from
 * where the reader was, so that nothing is lost or told twice, whatever happens to the bus.
 */
function follow(user: Recipient, position: number, send: Send, context: Context): () => void {
  let at = position;
  let isMore = false;
  let isReading = false;
  let isOver = false;

  // Never twice at once.
  const read = async () => {
    isReading = true;
    try {
      while (isMore && !isOver) {
        isMore = false;
        const messages = await readAfter(at, user, context);
        isMore ||= messages.length === BATCH;
        for (const message of messages) {
          if (isOver) return;
          await send({ id: String(message.seq), event: 'message', data: message.data });
          at = message.seq;
        }
      }
    } catch (error) {
      context.log.warn({ err: error }, 'a stream could not read its messages; trying again');
      setTimeout(wake, PAUSE).unref();
    } finally {
      isReading = false;
    }
  };
  const wake = () => {
    isMore = true;
    if (!isReading && !isOver) void read();
  };

  const unsubscribe = context.bus.subscribe([topicOf(user.app_uuid, user.uuid)], wake, wake);
  wake();
  return () => {
    isOver = true;
    unsubscribe();
  };
}

async function currentPosition(appUuid: string, { database }: Context): Promise<number> {
  const { last_seq } = await database
    .selectFrom('ppmessage_apps')
    .select('last_seq')
    .where('uuid', '=', appUuid)
    .executeTakeFirstOrThrow(() => new PpmessageError(13));
  return last_seq;
}

/** Messages read at once, and kept while a slow reader takes them; each may be long. */
const BATCH = 20;

/** In ms: how long to wait when the database fails. */
const PAUSE = 1000;

/** The first messages after a position. */
async function readAfter(position: number, user: Recipient, { database }: Context) {
  const rows = await database
    .selectFrom('ppmessage_pushes as push')
    .innerJoin('ppmessage_messages as message', (join) =>
      join.onRef('message.app_uuid', '=', 'push.app_uuid').onRef('message.uuid', '=', 'push.message_uuid'),
    )
    .leftJoin('ppmessage_users as sender', (join) =>
      join.onRef('sender.app_uuid', '=', 'message.app_uuid').onRef('sender.uuid', '=', 'message.from_uuid'),
    )
    .selectAll('message')
    .select(['push.uuid as push_uuid', 'sender.user_fullname', 'sender.user_icon', 'sender.user_email'])
    .where('push.app_uuid', '=', user.app_uuid)
    .where('push.user_uuid', '=', user.uuid)
    .where('push.seq', '>', position)
    .orderBy('push.seq')
    .limit(BATCH)
    .execute();
  return rows.map(({ push_uuid: pid, user_fullname, user_icon, user_email, ...message }) => {
    const sender = user_fullname === null ? null : { uuid: message.from_uuid, user_fullname, user_icon, user_email };
    return { seq: message.seq, data: { ...toWire(message), pid, from_user: sender && toSender(sender) } };
  });
}

/** In ms: how long a device is online without being renewed, should this node die. */
const LEASE = 150_000;

/**
 * Keeps a user's device online until the returned function is called. A request that takes it offline ends that too, and
 * so does one by which it becomes somebody else's.
 */
async function comeOnline(deviceUuid: string, user: Recipient, { database, log }: Context): Promise<() => void> {
  const stream = randomUUID();
  const now = Date.now();
  const device = () =>
    database.updateTable('ppmessage_devices').where('uuid', '=', deviceUuid).where('user_uuid', '=', user.uuid);
  await device()
    .set({
      online_until: now + LEASE,
      online_since: sql`case when online_until > ${now} then online_since else ${now} end`,
      online_stream: stream,
    })
    .execute();
  const failed = (error: unknown) => log.error({ err: error }, 'a device could not be kept online or taken offline');
  const renew = () =>
    void device()
      .set({ online_until: Date.now() + LEASE, online_stream: stream })
      .where('online_stream', 'is not', null)
      .execute()
      .catch(failed);
  const renewal = setInterval(renew, LEASE / 3).unref();
  return () => {
    clearInterval(renewal);
    // A newer stream of the device goes on; an older one brings it back when it renews.
    void device().set({ online_until: 0 }).where('online_stream', '=', stream).execute().catch(failed);
  };
}
