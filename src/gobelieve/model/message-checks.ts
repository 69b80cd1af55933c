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
  /** Why it is refused (G-71, G-79). */
  refusal: ErrorName | undefined;
}

/**
 * Applies the options of an app to its messages. What servers send passes unchanged, except that customer messages only
 * go between an app and its support app.
 */
export async function checkMessages(
  database: Database,
  appid: number,
  messages: readonly NewMessage[],
): Promise<CheckedMessage[]> {
  const isServed = await findServedApps(database, appid, messages);
  const checked = await checkDeviceMessages(database, appid, messages);
  return checked.map(({ message, refusal }) => ({ message, refusal: isServed(message) ? refusal : 'notSupportApp' }));
}

/** @returns whether the apps of a message may exchange customer messages: one of them is the support app of the other */
async function findServedApps(database: Database, appid: number, messages: readonly NewMessage[]) {
  const ofCustomers = messages.filter(({ type }) => type === messageTypes.customer);
  if (ofCustomers.length === 0) return () => true;
  const appids = new Set([appid, ...ofCustomers.map(({ receiverAppid = appid }) => receiverAppid)]);
  const apps = await database
    .selectFrom('gobelieve_apps')
    .select(['id', 'kefu_appid'])
    .where('id', 'in', [...appids])
    .execute();
  const supportAppOf = new Map(apps.map(({ id, kefu_appid }) => [id, kefu_appid ?? id]));
  return ({ type, receiverAppid = appid }: NewMessage) =>
    type !== messageTypes.customer ||
    supportAppOf.get(appid) === receiverAppid ||
    supportAppOf.get(receiverAppid) === appid;
}

async function checkDeviceMessages(
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
