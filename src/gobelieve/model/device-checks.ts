import type { Database } from '../../database/open.ts';
import { readAppOptions } from './app-options.ts';
import type { ErrorName } from './errors.ts';
import { messageTypes, type NewMessage } from './message-store.ts';
import { findRefusals } from './relations.ts';
import { filterWords } from './word-filter.ts';

/** A message with what the options of the app make of it. */
export interface CheckedMessage {
  /** Its filtered words are masked (G-72). */
  message: NewMessage;
  /** Why it is refused (G-71). */
  refusal: ErrorName | undefined;
}

/** Applies the options of an app to what devices send. What servers send passes unchanged. */
export async function checkDeviceMessages(
  database: Database,
  appid: number,
  messages: readonly NewMessage[],
): Promise<CheckedMessage[]> {
  if (messages.every(({ from }) => from === undefined))
    return messages.map((message) => ({ message, refusal: undefined }));
  const options = await readAppOptions(database, appid);
  const toPeers = messages.flatMap(({ type, sender, receiver, from }) =>
    type === messageTypes.peer && from !== undefined ? [{ sender: sender as number, receiver }] : [],
  );
  const refusals = (await findRefusals(database, appid, options, toPeers)).values();
  const checked: CheckedMessage[] = [];
  for (const message of messages) {
    const { type, content, from } = message;
    const isToPeer = type === messageTypes.peer && from !== undefined;
    const filtered = from === undefined ? content : await filterWords(database, appid, options, content);
    checked.push({
      message: { ...message, content: filtered },
      refusal: isToPeer ? refusals.next().value : undefined,
    });
  }
  return checked;
}
