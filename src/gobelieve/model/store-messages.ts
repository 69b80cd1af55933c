import type { Context } from '../../context.ts';
import { groupCommit, type Outcome } from '../../database/group-commit.ts';
import type { Transaction } from '../../database/open.ts';
import { afterCommit, transact } from '../../database/transact.ts';
import { groupQueue, superGroupQueue } from '../database/queue-owners.ts';
import { groupTopic, userTopic } from './bus-events.ts';
import { type Copies, prepareCopies } from './copies.ts';
import { type ErrorName, GobelieveError } from './errors.ts';
import { checkMessages } from './message-checks.ts';
import { messageTypes, type NewMessage } from './message-store.ts';
import { wakePushes } from './pushes.ts';
import { findSent, keepSent, resendKey, type SentMessage } from './sent-messages.ts';
import { chooseSupporterOfMessage } from './supporters.ts';

/**
 * Storing what users and servers send. The messages of an app are stored one after the other. Those that wait for a
 * commit are stored together by the next one, in the order in which they came. A customer message between two apps is
 * stored in both of them, by one transaction.
 */

/** A message that is stored. */
export interface Stored {
  /** Its id in the queue of the sender, or in that of the super group. */
  id: number;
  isInSuperGroup: boolean;
  /** A device has sent it before. */
  isRepeated: boolean;
}

const stores = new WeakMap<Context, (appid: number, message: NewMessage) => Promise<Stored>>();

/**
 * Stores a message, appends it to the queues of its receivers, and wakes their streams after the commit. What a device
 * sends again within a day is not stored again (G-61).
 *
 * @throws GobelieveError unknownGroup; emptyGroup for a notification; of a device also notMember and muted in a group, and
 *   notFriend, notFriendOfReceiver and blocked for a peer message; notSupportApp for a customer message between apps of
 *   which neither is the support app of the other
 */
export function storeMessage(context: Context, appid: number, message: NewMessage): Promise<Stored> {
  let store = stores.get(context);
  if (store === undefined) {
    store = groupCommit((app: number, messages: readonly NewMessage[]) => storeMessages(context, app, messages));
    stores.set(context, store);
  }
  return store(appid, message);
}

async function storeMessages(
  context: Context,
  appid: number,
  given: readonly NewMessage[],
): Promise<Outcome<Stored>[]> {
  const checked = await checkMessages(context.database, appid, given);
  const messages = checked.filter(({ refusal }) => refusal === undefined).map(({ message }) => message);
  return transact(context.database, async (trx) => {
    const copies = await prepareCopies(trx, appid, messages);
    const now = context.clock.now();
    const groups = await findGroups(trx, appid, messages);
    const speakers = await findSpeakers(trx, messages);
    const sent = await findSent(trx, appid, messages);
    const newlySent: SentMessage[] = [];
    const outcomes: Outcome<Stored>[] = [];
    for (const { message, refusal } of checked) {
      const isInSuperGroup = message.type === messageTypes.group && groups.get(message.receiver)?.isSuper === true;
      const digest = resendKey(message);
      const sentId = digest === undefined ? undefined : sent.get(digest);
      if (sentId !== undefined) {
        outcomes.push({ status: 'fulfilled', value: { id: sentId, isInSuperGroup, isRepeated: true } });
        continue;
      }
      const placement = refusal ?? place(appid, message, groups, speakers);
      if (typeof placement === 'string') {
        outcomes.push({ status: 'rejected', reason: new GobelieveError(placement) });
        continue;
      }
      let id = 0;
      for (const { app, owner, topic, view } of placement) id = (copies.get(app) as Copies).add(view, owner, topic);
      if (digest !== undefined) {
        sent.set(digest, id);
        newlySent.push({ digest, id });
      }
      if (message.type === messageTypes.peer || message.type === messageTypes.customer)
        await chooseSupporterOfMessage(trx, appid, message);
      outcomes.push({ status: 'fulfilled', value: { id, isInSuperGroup, isRepeated: false } });
    }
    for (const ofApp of copies.values()) await ofApp.store(trx, context, now);
    await keepSent(trx, appid, newlySent, now);
    afterCommit(trx, () => wakePushes(context));
    return outcomes;
  });
}

/** A copy of a message in the queue of one owner. */
interface PlacedCopy {
  app: number;
  owner: number;
  /** The topic of the bus that announces it to connections. */
  topic: string;
  /** The message as it is in this app. */
  view: NewMessage;
}

type Groups = ReadonlyMap<number, { isSuper: boolean; isEmpty: boolean }>;

/** @returns where a message goes, the copy of its sender last; or the name of the error when it is refused */
function place(
  appid: number,
  message: NewMessage,
  groups: Groups,
  speakers: Speakers,
): readonly PlacedCopy[] | ErrorName {
  const { type, sender, receiver, from, receiverAppid } = message;
  if (type === messageTypes.peer || type === messageTypes.customer || type === messageTypes.system) {
    const toUser = (app: number, uid: number, view = message) => ({
      app,
      owner: uid,
      topic: userTopic(app, uid),
      view,
    });
    if (sender === null || (sender === receiver && receiverAppid === undefined)) return [toUser(appid, receiver)];
    const received =
      receiverAppid === undefined
        ? toUser(appid, receiver)
        : toUser(receiverAppid, receiver, { ...message, senderAppid: appid, receiverAppid: undefined });
    return [received, toUser(appid, sender)];
  }
  const group = groups.get(receiver);
  if (group === undefined) return 'unknownGroup';
  const isNotification = type === messageTypes.groupNotification;
  if (isNotification && group.isEmpty) return 'emptyGroup';
  if (from !== undefined) {
    const speaker = speakers.get(speakerKey(receiver, sender as number));
    if (speaker === undefined) return 'notMember';
    if (speaker.isMuted) return 'muted';
  }
  const owner = group.isSuper && !isNotification ? superGroupQueue(receiver) : groupQueue(receiver);
  return [{ app: appid, owner, topic: groupTopic(appid, receiver), view: message }];
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
    .where('group.is_dissolved', '=', 0)
    .execute();
  return new Map(
    groups.map(({ id, super: isSuper, has_members }) => [id, { isSuper: isSuper === 1, isEmpty: !has_members }]),
  );
}

type Speakers = ReadonlyMap<string, { isMuted: boolean }>;

const speakerKey = (gid: number, uid: number) => `${gid}:${uid}`;

/** Those members of groups who send from their devices. */
async function findSpeakers(trx: Transaction, messages: readonly NewMessage[]): Promise<Speakers> {
  const spoken = messages.filter(({ type, from }) => type === messageTypes.group && from !== undefined);
  if (spoken.length === 0) return new Map();
  const members = await trx
    .selectFrom('gobelieve_members')
    .select(['group_id', 'uid', 'mute'])
    .where(
      'group_id',
      'in',
      spoken.map(({ receiver }) => receiver),
    )
    .where(
      'uid',
      'in',
      spoken.map(({ sender }) => sender as number),
    )
    .execute();
  return new Map(members.map(({ group_id, uid, mute }) => [speakerKey(group_id, uid), { isMuted: mute === 1 }]));
}
