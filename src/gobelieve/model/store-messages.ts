import type { Context } from '../../context.ts';
import { groupCommit, type Outcome } from '../../database/group-commit.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { groupTopic, publishAfter, userTopic } from './bus-events.ts';
import { type ErrorName, GobelieveError } from './errors.ts';
import { insertMessages, messageTypes, type NewMessage, takeIds } from './message-store.ts';
import { appendToQueues, groupQueue, type QueueEntry, superGroupQueue } from './queues.ts';
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

/** A peer message has two (G-29). */
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
      const placement = place(appid, message, groups);
      if (typeof placement === 'string') {
        outcomes.push({ status: 'rejected', reason: new GobelieveError(placement) });
        continue;
      }
      for (const owner of placement.owners) {
        const id = first + copies.length;
        copies.push({ ...message, id });
        entries.push({ owner, first: id, last: id, message });
      }
      for (const topic of placement.topics) topics.add(topic);
      if (message.type === messageTypes.peer)
        await chooseSupporterOfMessage(trx, appid, message.sender as number, message.receiver);
      outcomes.push({ status: 'fulfilled', value: undefined });
    }
    await insertMessages(trx, appid, copies, context.clock.now());
    await appendToQueues(trx, appid, entries);
    publishAfter(trx, context, [...topics], { kind: 'queued', id: last });
    return outcomes;
  });
}

interface Placement {
  /** The owners of the queues that get a copy. */
  owners: number[];
  topics: string[];
}

type Groups = ReadonlyMap<number, { isSuper: boolean; isEmpty: boolean }>;

/** @returns the name of the error when the message is refused */
function place(appid: number, { type, sender, receiver }: NewMessage, groups: Groups): Placement | ErrorName {
  if (type === messageTypes.peer || type === messageTypes.system) {
    const owners = sender === null || sender === receiver ? [receiver] : [receiver, sender];
    return { owners, topics: owners.map((uid) => userTopic(appid, uid)) };
  }
  const group = groups.get(receiver);
  if (group === undefined) return 'unknownGroup';
  const isNotification = type === messageTypes.groupNotification;
  if (isNotification && group.isEmpty) return 'emptyGroup';
  const owner = group.isSuper && !isNotification ? superGroupQueue(receiver) : groupQueue(receiver);
  return { owners: [owner], topics: [groupTopic(appid, receiver)] };
}

/** The groups of the app that messages are sent to. */
async function findGroups(trx: Transaction, appid: number, messages: readonly NewMessage[]): Promise<Groups> {
  const gids = messages
    .filter(({ type }) => type === messageTypes.group || type === messageTypes.groupNotification)
    .map(({ receiver }) => receiver);
  if (gids.length === 0) return new Map();
  const groups = await trx
    .selectFrom('gobelieve_groups as group')
    .select(({ exists, selectFrom }) => [
      'group.id',
      'group.super',
      exists(selectFrom('gobelieve_members').select('uid').whereRef('group_id', '=', 'group.id')).as('has_members'),
    ])
    .where('group.app_id', '=', appid)
    .where('group.id', 'in', [...new Set(gids)])
    .execute();
  return new Map(
    groups.map(({ id, super: isSuper, has_members }) => [id, { isSuper: isSuper === 1, isEmpty: !has_members }]),
  );
}
