import type { Transaction } from '../../database/open.ts';
import { PpmessageError } from './errors.ts';

/**
 * Takes the next position in an app's order of events. The app's row stays locked until the transaction ends, so that
 * readers see positions in their order. Transactions that change members, users or devices of an app also take one: it
 * makes them run one after the other.
 *
 * @param count.messages how many messages the app gets with it
 * @throws PpmessageError noSuchApp when the app was removed a moment ago
 */
export async function nextPosition(trx: Transaction, appUuid: string, { messages = 0 } = {}) {
  const app = await trx
    .updateTable('ppmessage_apps')
    .set(({ eb }) => ({
      last_seq: eb('last_seq', '+', 1),
      ...(messages > 0 && { message_count: eb('message_count', '+', messages) }),
    }))
    .where('uuid', '=', appUuid)
    .where('removed_at', 'is', null)
    .returningAll()
    .executeTakeFirstOrThrow(() => new PpmessageError('noSuchApp'));
  return { seq: app.last_seq, app };
}
