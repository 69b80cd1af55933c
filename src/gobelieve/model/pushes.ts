import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { type Bell, createBell } from '../../messages/bell.ts';
import type { NewMessage as OutgoingMessage } from '../../messages/queue.ts';
import { readAppOptions } from './app-options.ts';
import { forgetPushToken, pushServices } from './devices.ts';
import { messageTypes, type NewMessage, type StoredMessage, toStoredMessage } from './message-store.ts';
import { findNames } from './push-names.ts';
import { findReceivers, type PushReceiver } from './push-receivers.ts';
import { type PushText, toPushText } from './push-text.ts';

/**
 * Pushes for stored messages (G-74 to G-77). They are made after the commit of the message, from what is stored, so that
 * sending costs the same however many receivers get a push. A position for each app says how far this has come; it moves
 * in the transaction that queues the pushes. So a message that was acknowledged is pushed also after a crash, and once
 * although several nodes look.
 */

/** How often this node looks for messages that a node has stored which then died. */
const POLL_INTERVAL_MS = 5000;

/** Messages looked at together, and pushes queued by one transaction. */
const MAX_MESSAGES = 100;
const MAX_PUSHES = 1000;

/** What waits for longer, or for more messages, since no server ran or none could push, is not pushed any more. */
const MAX_AGE_MS = 60 * 60 * 1000;
const MAX_LAG_MESSAGES = 20_000;

/** A VoIP push has to ring, or Apple ends the app; messages do not ring. */
const NOT_FOR_MESSAGES = 'pushkit';

const bells = new WeakMap<Context['bus'], Bell>();

/** Looks for messages to push now. Call it after the commit. */
export const wakePushes = ({ bus }: Pick<Context, 'bus'>): void => bells.get(bus)?.ring();

/**
 * Pushes messages until the returned function is called. Does nothing when no push could reach anybody.
 */
export function startPushes(context: Context): () => Promise<void> {
  const { bus, database, log, messages } = context;
  const services = pushServices.filter((one) => one !== NOT_FOR_MESSAGES && messages.reaches('push', one));
  if (services.length === 0) return async () => {};
  messages.onUnregistered('gobelieve', (push, since) => forgetPushToken(database, push, since));
  const bell = createBell();
  bells.set(bus, bell);
  let isStopped = false;

  async function run(): Promise<void> {
    while (!isStopped) {
      const { rings } = bell;
      try {
        for (const { id, last_message_id: upTo } of await findWaitingApps(context))
          while (!isStopped && (await pushNext(context, { appid: id, upTo, services })));
      } catch (error) {
        log.warn({ err: error }, 'messages could not be pushed; trying again');
      }
      if (!isStopped) await bell.after(rings, POLL_INTERVAL_MS);
    }
  }

  const running = run();
  return async () => {
    isStopped = true;
    bell.ring();
    await running;
  };
}

/** The apps that have devices, and messages that were not looked at. */
const findWaitingApps = ({ database }: Context) =>
  database
    .selectFrom('gobelieve_apps as app')
    .leftJoin('gobelieve_push_positions as position', 'position.app_id', 'app.id')
    .select(['app.id', 'app.last_message_id'])
    .where(({ eb, fn, ref, val }) => eb('app.last_message_id', '>', fn.coalesce(ref('position.message_id'), val(0))))
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('gobelieve_devices').select('token').whereRef('app_id', '=', 'app.id')),
    )
    .execute();

interface Section {
  appid: number;
  /** The newest message of the app; everything up to it can be read. */
  upTo: number;
  services: readonly string[];
}

/** Everything up to `messageId` is done, and the next message for the receivers up to `uid`. */
interface Position {
  messageId: number;
  uid: number;
}

interface Push {
  receiver: PushReceiver;
  message: StoredMessage;
  text: PushText;
}

/**
 * Queues the next pushes of an app and moves its position behind them.
 *
 * @returns whether there may be more up to the end of the section
 */
async function pushNext(context: Context, section: Section): Promise<boolean> {
  const { appid, upTo } = section;
  const position = await readPosition(context, appid);
  if (position.messageId >= upTo) return false;
  const { pushes, next } = await planPushes(context, section, position);
  await transact(context.database, async (trx) => {
    // Another node has done the same.
    if (!(await movePosition(trx, appid, position, next))) return;
    await queuePushes(context, trx, appid, pushes);
  });
  return next.messageId < upTo;
}

/** Finds out who gets which push. Only reads. */
async function planPushes(
  context: Context,
  { appid, upTo, services }: Section,
  position: Position,
): Promise<{ pushes: Push[]; next: Position }> {
  const after = Math.max(position.messageId, upTo - MAX_LAG_MESSAGES);
  const messages = await readMessages(context, appid, { after, upTo });
  const receiversOf = await findReceivers(context, { appid, services }, messages);
  const pushes: Push[] = [];
  let done = after;
  for (const message of messages) {
    const text = toPushText(message.content);
    const doneUid = done === position.messageId ? position.uid : 0;
    for (const receiver of text === undefined ? [] : receiversOf(message)) {
      if (receiver.uid <= doneUid || !wants(receiver, message, text as PushText)) continue;
      if (pushes.length === MAX_PUSHES)
        return { pushes, next: { messageId: done, uid: (pushes.at(-1) as Push).receiver.uid } };
      pushes.push({ receiver, message, text: text as PushText });
    }
    done = message.id;
  }
  return { pushes, next: { messageId: messages.length < MAX_MESSAGES ? upTo : done, uid: 0 } };
}

/** A binding gets no older messages. A quiet member only gets messages that name the member. */
const wants = ({ uid, boundAfter, isQuiet }: PushReceiver, { id }: StoredMessage, { at }: PushText): boolean =>
  id > boundAfter && (!isQuiet || at.includes(uid));

/** The messages after a position that may be pushed: of a peer message only the receiver's copy. */
async function readMessages(
  { database, clock }: Context,
  appid: number,
  { after, upTo }: { after: number; upTo: number },
) {
  const rows = await database
    .selectFrom('gobelieve_messages as message')
    .select(['id', 'type', 'sender', 'receiver', 'content', 'created_at', 'sender_app_id', 'receiver_app_id'])
    .where('message.app_id', '=', appid)
    .where('message.id', '>', after)
    .where('message.id', '<=', upTo)
    .where('message.type', '!=', messageTypes.groupNotification)
    // The copy of a sender whose receiver is in another app.
    .where('message.receiver_app_id', 'is', null)
    .where('message.created_at', '>', clock.now() - MAX_AGE_MS)
    .where(({ eb, exists, or, selectFrom }) =>
      or([
        eb('message.type', '=', messageTypes.group),
        exists(
          selectFrom('gobelieve_queue_entries as entry')
            .select('entry.id')
            .whereRef('entry.app_id', '=', 'message.app_id')
            .whereRef('entry.owner', '=', 'message.receiver')
            .whereRef('entry.id', '=', 'message.id'),
        ),
      ]),
    )
    .orderBy('message.id')
    .limit(MAX_MESSAGES)
    .execute();
  return rows.map(({ id, type, sender, receiver, content, created_at, sender_app_id, receiver_app_id }) =>
    toStoredMessage([id, type, sender, receiver, JSON.parse(content), created_at, sender_app_id, receiver_app_id]),
  );
}

async function readPosition({ database }: Context, appid: number): Promise<Position> {
  const find = () =>
    database
      .selectFrom('gobelieve_push_positions')
      .select(['message_id as messageId', 'uid'])
      .where('app_id', '=', appid)
      .executeTakeFirst();
  const position = await find();
  if (position !== undefined) return position;
  const start = { app_id: appid, message_id: 0, uid: 0 };
  const insert = database.insertInto('gobelieve_push_positions').values(start);
  await insert.onConflict((conflict) => conflict.doNothing()).execute();
  return { messageId: 0, uid: 0 };
}

/** @returns false when the position is no longer the one from which was planned */
async function movePosition(trx: Transaction, appid: number, from: Position, to: Position): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('gobelieve_push_positions')
    .set({ message_id: to.messageId, uid: to.uid })
    .where('app_id', '=', appid)
    .where('message_id', '=', from.messageId)
    .where('uid', '=', from.uid)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function queuePushes(context: Context, trx: Transaction, appid: number, pushes: readonly Push[]): Promise<void> {
  if (pushes.length === 0) return;
  const { apnsTopic } = await readAppOptions(trx, appid);
  const messages = pushes.map(({ message }) => message);
  const namesOf = await findNames(trx, appid, messages);
  const badges = await countUnread(trx, appid, pushes);
  await context.messages.enqueueAll(
    trx,
    pushes.map(({ receiver: { service, token }, message, text }, index): OutgoingMessage => {
      const { sender, group } = namesOf(message);
      return {
        api: 'gobelieve',
        channel: 'push',
        to: token,
        subject: group,
        body: sender === '' ? text.text : `${sender}: ${text.text}`,
        push: {
          service,
          badge: badges[index],
          collapse_id: text.collapseId,
          topic: apnsTopic,
          data: toData(appid, message),
        },
      };
    }),
  );
}

/** What the app needs to open the chat of a message. */
function toData(appid: number, message: NewMessage & { id: number }): Record<string, string> {
  const { id, type, sender, senderAppid, receiver } = message;
  const from = { ...(sender !== null && { sender }), ...(senderAppid !== undefined && { sender_appid: senderAppid }) };
  const data = { appid, id, command: type, ...from, receiver };
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)]));
}

/**
 * Counts the pushes as unread messages of their receivers.
 *
 * @returns the badge of each push
 */
async function countUnread(trx: Transaction, appid: number, pushes: readonly Push[]): Promise<number[]> {
  const counts = new Map<number, number>();
  for (const { receiver } of pushes) counts.set(receiver.uid, (counts.get(receiver.uid) ?? 0) + 1);
  const next = new Map<string, number>();
  for (const count of new Set(counts.values())) {
    const uids = [...counts].filter(([, one]) => one === count).map(([uid]) => uid);
    const rows = await trx
      .updateTable('gobelieve_devices')
      .set(({ eb }) => ({ unread: eb('unread', '+', count) }))
      .where('app_id', '=', appid)
      .where('uid', 'in', uids)
      .returning(['uid', 'service', 'unread'])
      .execute();
    for (const { uid, service, unread } of rows) next.set(`${uid} ${service}`, unread - count);
  }
  return pushes.map(({ receiver: { uid, service } }) => {
    const badge = (next.get(`${uid} ${service}`) ?? 0) + 1;
    next.set(`${uid} ${service}`, badge);
    return badge;
  });
}
