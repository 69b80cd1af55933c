import { togetherIn } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import { eventStream, eventStreamHeaders } from '../../live/event-stream.ts';
import { getOwnApp, removalTopicOf } from '../model/apps.ts';
import { assignWaitingCustomers } from '../model/assignment.ts';
import { keyIn } from '../model/callers.ts';
import { requireDevice } from '../model/devices.ts';
import { PpmessageError } from '../model/errors.ts';
import { comeOnline } from '../model/presence.ts';
import { followPushes } from '../model/push-stream.ts';
import { requireSubject } from '../model/users.ts';
import { findCaller } from '../security.ts';
import type { Operation } from '../wire/operation.ts';
import { toDeliveredMessage } from '../wire/views.ts';

/** How often a stream checks that its reader still has access. */
const RECHECK_MS = 60_000;

export const streamEvents: Operation<'streamEvents'> = async ({ query, headers, actor, request }, context) => {
  const { user_uuid: userUuid = actor.userUuid, device_uuid: deviceUuid } = query;
  if (userUuid === null) throw new PpmessageError('missingField', 'user_uuid is required for a token without a user');
  // The app is read before the response begins: the stream has every message from then on.
  const [user, device, { last_seq: newest }] = await togetherIn(context, (view) => [
    requireSubject(userUuid, actor, view),
    deviceUuid === undefined ? Promise.resolve(undefined) : requireDevice(deviceUuid, keyIn(actor, userUuid), view),
    getOwnApp(actor, view),
  ]);
  const last = headers['last-event-id'];
  if (last !== undefined && !/^\d{1,15}$/.test(last))
    throw new HttpError('invalid_request', 'Last-Event-ID is not the id of an event');
  // After a database was restored from a backup, an older id can be ahead of the newest.
  const position = Math.min(Number(last ?? newest), newest);
  const open = async () =>
    eventStream(context, async (send, end) => {
      void send({ id: String(position), event: 'connected', data: {} });
      const goOffline = device && (await comeOnline(device, user, context));
      if (device && user.is_service_user === 1) await assignWaitingCustomers(user.app_uuid, context);
      const stop = followPushes(
        { user, deviceUuid },
        position,
        (message) => send({ id: String(message.seq), event: 'message', data: toDeliveredMessage(message) }),
        context,
      );
      const recheck = setInterval(async () => {
        try {
          await requireSubject(user.uuid, await findCaller({ headers, request }, context), context);
        } catch (error) {
          if (error instanceof PpmessageError) end();
          else context.log.warn({ err: error }, 'the token of a stream could not be checked');
        }
      }, RECHECK_MS).unref();
      const ignoreRemoval = context.bus.subscribe([removalTopicOf(user.app_uuid)], end);
      return () => {
        ignoreRemoval();
        clearInterval(recheck);
        stop();
        goOffline?.();
      };
    });
  return {
    status: 200,
    type: 'text/event-stream',
    headers: eventStreamHeaders,
    body: await context.streams.open(`ppmessage:${user.app_uuid}:${user.uuid}`, open),
  };
};
