import type { Context } from '../../context.ts';
import { createResumableReader } from '../../live/resumable-reader.ts';
import { createTurnstile } from '../../turns.ts';
import type { UserRow } from '../database/tables.ts';
import { type DeliveredMessage, readPushes, topicOf } from './pushes.ts';

/** All streams of this API on this node. */
const inTurn = createTurnstile();

/** Messages read at once, and kept in memory while a slow reader takes them. */
const BATCH_SIZE = 20;

/**
 * Sends a user's messages after a position, and further ones as they come. The bus only wakes the reader, which reads the
 * push records in order, from the last message that it sent. So no message is lost or sent twice when the bus fails.
 *
 * @param reader the user, and the device at the other end: it gets what the user sends from other devices (P-97)
 * @param send resolves when the client can take more
 * @returns ends the stream
 */
export function followPushes(
  { user, deviceUuid }: { user: Pick<UserRow, 'app_uuid' | 'uuid'>; deviceUuid: string | undefined },
  position: number,
  send: (message: DeliveredMessage) => Promise<void>,
  context: Context,
): () => void {
  // Of a message without a device it is not known which of the user's devices has sent it.
  const isOfThisDevice = ({ from_uuid, from_device_uuid }: DeliveredMessage) =>
    from_uuid === user.uuid &&
    (deviceUuid === undefined || from_device_uuid === null || from_device_uuid === deviceUuid);
  const reader = createResumableReader<DeliveredMessage>(context.log, {
    position,
    async readAfter(position) {
      const items = await readPushes(position, BATCH_SIZE, user, context);
      return { items, position: items.at(-1)?.seq ?? position, more: items.length === BATCH_SIZE };
    },
    inTurn,
    async deliver(message) {
      if (!isOfThisDevice(message)) await send(message);
    },
  });
  const unsubscribe = context.bus.subscribe([topicOf(user.app_uuid, user.uuid)], reader.wake, reader.wake);
  reader.wake();
  return () => {
    reader.stop();
    unsubscribe();
  };
}
