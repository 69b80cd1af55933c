import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Context } from '../context.ts';
import { HttpError } from '../errors.ts';
import { eventStream, type StreamedEvent } from '../http/event-stream.ts';
import { requireDevice, requireSubject } from './access.ts';
import type { Operation } from './operation.ts';
import { topicOf } from './posting.ts';
import { toSender, toWire } from './views.ts';

export const streamEvents: Operation<'streamEvents'> = async ({ query, headers, actor }, context) => {
  const { user_uuid: userUuid = actor.userUuid, device_uuid: deviceUuid } = query;
  const user = await requireSubject(userUuid, actor, context);
  if (deviceUuid !== undefined) await requireDevice(deviceUuid, user.uuid, actor, context);
  const last = (headers as Record<string, string | undefined>)['last-event-id'];
  if (last !== undefined && !/^\d{1,15}$/.test(last))
    throw new HttpError('invalid_request', 'Last-Event-ID is not the id of an event');
  return {
    status: 200,
    type: 'text/event-stream',
    headers: { 'Cache-Control': 'no-store' },
    body: eventStream(context, async (send) => {
      const goOffline = deviceUuid === undefined ? undefined : await comeOnline(deviceUuid, context);
      const stop = await follow(user, last === undefined ? undefined : Number(last), send, context);
      return () => {
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

type Send = (event: StreamedEvent) => void;

/**
 * Sends a user's messages as they come, until the returned function is called. The bus only says that there is
 * something; what it is stands in the push records and is read from there, in order and from where the reader was, so
 * that nothing is lost or told twice, whatever happens to the bus.
 *
 * @param position of the last message that the reader has; without one it begins with what comes from now on
 */
async function follow(
  user: Recipient,
  position: number | undefined,
  send: Send,
  context: Context,
): Promise<() => void> {
  let at = position ?? 0;
  // Until it is known where to begin, nothing is read; and never twice at once.
  let reading = true;
  let isMore = true;
  let isOver = false;

  const read = async () => {
    reading = true;
    try {
      while (isMore && !isOver) {
        isMore = false;
        at = await sendAfter(at, user, send, context);
      }
    } catch (error) {
      // The next message, or the next connection, brings what is missing now.
      context.log.error({ err: error }, 'a stream could not read its messages');
    }
    reading = false;
  };
  const wake = () => {
    isMore = true;
    if (!reading) void read();
  };

  const unsubscribe = context.live.subscribe([topicOf(user.app_uuid, user.uuid)], wake, wake);
  try {
    at = position ?? (await currentPosition(user.app_uuid, context));
  } catch (error) {
    unsubscribe();
    throw error;
  }
  void read();
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
    .executeTakeFirstOrThrow();
  return last_seq;
}

const BATCH = 100;

/** Sends all messages after a position and returns that of the last. */
async function sendAfter(position: number, user: Recipient, send: Send, { database }: Context): Promise<number> {
  let at = position;
  for (;;) {
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
      .where('push.seq', '>', at)
      .orderBy('push.seq')
      .limit(BATCH)
      .execute();
    for (const { push_uuid: pid, user_fullname, user_icon, user_email, ...message } of rows) {
      const sender = user_fullname === null ? null : { uuid: message.from_uuid, user_fullname, user_icon, user_email };
      const data = { ...toWire(message), pid, from_user: sender && toSender(sender) };
      send({ id: String(message.seq), event: 'message', data });
      at = message.seq;
    }
    if (rows.length < BATCH) return at;
  }
}

/** In ms: how long a device is online without being renewed, should this node die. */
const LEASE = 150_000;

/** Keeps a device online until the returned function is called, or until another stream or a request takes it over. */
async function comeOnline(deviceUuid: string, { database, log }: Context): Promise<() => void> {
  const stream = randomUUID();
  const update = () => database.updateTable('ppmessage_devices').where('uuid', '=', deviceUuid);
  const now = Date.now();
  await update()
    .set({
      online_until: now + LEASE,
      online_since: sql`case when online_until > ${now} then online_since else ${now} end`,
      online_stream: stream,
    })
    .execute();
  const failed = (error: unknown) => log.error({ err: error }, 'a device could not be kept online or taken offline');
  const setUntil = (online_until: number) =>
    void update().set({ online_until }).where('online_stream', '=', stream).execute().catch(failed);
  const renewal = setInterval(() => setUntil(Date.now() + LEASE), LEASE / 3).unref();
  return () => {
    clearInterval(renewal);
    setUntil(0);
  };
}
