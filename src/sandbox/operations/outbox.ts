import { recipientOf } from '../model/recipients.ts';
import { readWait } from '../model/waits.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';

/** Newest first. With `wait` the answer comes with the first message, or when the time is over. */
export const listOutbox: Operation<'listOutbox'> = async ({ query, request }, { messages, closing }) => {
  const filter = { to: recipientOf(query.to), limit: query.limit };
  const stop = AbortSignal.any([request.disconnected, closing]);
  return { status: 200, headers: noStore, body: await messages.waitForOutbox(filter, readWait(query.wait), stop) };
};

/** Deletes all messages, or those of one recipient. */
export const clearOutbox: Operation<'clearOutbox'> = async ({ query }, { messages }) => {
  await messages.clearOutbox(recipientOf(query.to));
  return { status: 204, headers: noStore };
};
