import type { Context } from '../../context.ts';
import { groupCommit, type Outcome } from '../../database/group-commit.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { groupTopic, publishAfter, userTopic } from './bus-events.ts';
import { type ErrorName, GobelieveError } from './errors.ts';
import { insertMessages, messageTypes, type NewMessage, takeIds } from './message-store.ts';
import { appendToMemberQueues, appendToQueues, type QueueEntry, superGroupQueue } from './queues.ts';
import { chooseSupporterOfMessage } from './supporters.ts';

/**
 * Storing what users and servers send. The messages of an app are stored one after the other. Those that wait for a
 * commit are stored together by the next one, in the order in which they came.
 */

const stores = new WeakMap<Context, (appid: number, message: NewMessage) => Promise<void>>();

/**
 * Stores a message, appends it to the queues of its receivers, and wakes their streams after the commit.
 *
 * @throws GobelieveError unknownGroup; emptyGroup for a notification
 */
export function storeMessage(context: Context, appid: number, message: NewMessage): Promise<void> {
  let store = stores.get(context);
  if (store === undefined) {
    store = groupCommit((app: number, messages: readonly NewMessage[]) => storeMessages(context, app, messages));
    stores.set(context, store);
  }
  return store(appid, message);
}

/** A peer message has two. */
const MAX_COPIES = 2;

function storeMessages(context: Context, appid: number, messages: readonly NewMessage[]): Promise<Outcome<void>[]> {
  return transact(context.database, async (trx) => {
    // The ids that are not needed stay unused.
    const { first, last } = await takeIds(trx, appid, messages.length * MAX_COPIES);
    const groups = await findGroups(trx, appid, messages);
    const copies: (NewMessage & { id: number })[] = [];
    const entries: QueueEntry[] = [];
    const topics = new Set<string>();
    const outcomes: Outcome<void>[] = [];
    for (const message of messages) {
      const id = first + copies.length;
      const placed = await place(trx, appid, message, id, groups);
      if (typeof placed === 'string') {
        outcomes.push({ status: 'rejected', reason: new GobelieveError(placed) });
        continue;
      }
      for (let copy = 0; copy < placed.copies; copy++) copies.push({ ...message, id: id + copy });
      entries.push(...placed.entries);
      for (const topic of placed.topics) topics.add(topic);
      outcomes.push({ status: 'fulfilled', value: undefined });
    }
    await insertMessages(trx, appid, copies, context.clock.now());
    await appendToQueues(trx, appid, entries);
    publishAfter(trx, context, [...topics], { kind: 'queued', id: last });
    return outcomes;
  });
}

/** Where a message goes. */
interface Placement {
  /** How many ids it takes. */
  copies: number;
  /** Entries to append. Those of an ordinary group's members are appended already, by one statement. */
  entries: QueueEntry[];
  topics: string[];
}

/** @returns the name of the error when the message is refused */
async function place(
  trx: Transaction,
  appid: number,
  message: NewMessage,
  id: number,
  groups: ReadonlyMap<number, { isSuper: boolean }>,
): Promise<Placement | ErrorName> {
  const { type, sender, receiver } = message;
  if (type === messageTypes.peer || type === messageTypes.system) {
    const owners = sender === null || sender === receiver ? [receiver] : [receiver, sender];
    if (sender !== null) await chooseSupporterOfMessage(trx, appid, sender, receiver);
    return {
      copies: owners.length,
      entries: owners.map((owner, index) => ({ owner, first: id + index, last: id + index, message })),
      topics: owners.map((uid) => userTopic(appid, uid)),
    };
  }
  const group = groups.get(receiver);
  if (group === undefined) return 'unknownGroup';
  const ids = { first: id, last: id };
  const topics = [groupTopic(appid, receiver)];
  if (group.isSuper && type === messageTypes.group)
    return { copies: 1, entries: [{ owner: superGroupQueue(receiver), ...ids, message }], topics };
  const members = await appendToMemberQueues(trx, receiver, ids, message);
  if (members === 0 && type === messageTypes.groupNotification) return 'emptyGroup';
  return { copies: 1, entries: [], topics };
}

/** The groups of the app that messages are sent to. */
async function findGroups(
  trx: Transaction,
  appid: number,
  messages: readonly NewMessage[],
): Promise<ReadonlyMap<number, { isSuper: boolean }>> {
  const gids = messages
    .filter(({ type }) => type === messageTypes.group || type === messageTypes.groupNotification)
    .map(({ receiver }) => receiver);
  if (gids.length === 0) return new Map();
  const groups = await trx
    .selectFrom('gobelieve_groups')
    .select(['id', 'super'])
    .where('app_id', '=', appid)
    .where('id', 'in', [...new Set(gids)])
    .execute();
  return new Map(groups.map((group) => [group.id, { isSuper: group.super === 1 }]));
}
