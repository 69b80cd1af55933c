import type { Context } from '../../context.ts';
import type { UserRow } from '../database/tables.ts';
import { type DeliveredMessage, readPushes, topicOf } from './pushes.ts';

/** Messages read at once, and kept in memory while a slow reader takes them. */
const BATCH_SIZE = 20;

/** The pause before the next attempt when the database fails. */
const RETRY_PAUSE_MS = 1000;

/**
 * Sends a user's messages after a position, and further ones as they come, until the returned function is called. The bus
 * only wakes the stream; it reads the messages from the push records, in order and from where it was. So no message is
 * lost or sent twice when the bus fails.
 *
 * @param send resolves when the reader takes more
 */
export function followPushes(
  user: Pick<UserRow, 'app_uuid' | 'uuid'>,
  position: number,
  send: (message: DeliveredMessage) => Promise<void>,
  context: Context,
): () => void {
  let at = position;
  let hasMore = false;
  let isReading = false;
  let isOver = false;

  /** Runs at most once at a time. */
  const read = async () => {
    isReading = true;
    try {
      while (hasMore && !isOver) {
        hasMore = false;
        const messages = await readPushes(at, BATCH_SIZE, user, context);
        hasMore ||= messages.length === BATCH_SIZE;
        for (const message of messages) {
          if (isOver) return;
          await send(message);
          at = message.seq;
        }
      }
    } catch (error) {
      context.log.warn({ err: error }, 'a stream could not read its messages; trying again');
      setTimeout(wake, RETRY_PAUSE_MS).unref();
    } finally {
      isReading = false;
    }
  };
  const wake = () => {
    hasMore = true;
    if (!isReading && !isOver) void read();
  };

  const unsubscribe = context.bus.subscribe([topicOf(user.app_uuid, user.uuid)], wake, wake);
  wake();
  return () => {
    isOver = true;
    unsubscribe();
  };
}
