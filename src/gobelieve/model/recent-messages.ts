import { sql } from 'kysely';
import { readManyRows } from '../../database/many-rows.ts';
import type { Database } from '../../database/open.ts';
import { messageTypes } from './message-store.ts';
import {
  newestIdInGroup,
  type QueuedMessage,
  type QueuedValues,
  type QueuePart,
  queuedColumns,
  toQueuedMessage,
} from './queues.ts';

/**
 * The newest messages of each app, which this node reads once for all connections that follow their queues: thousands of
 * them may get the same message.
 */

/** A follower that is further behind reads its queues. */
const MAX_SPAN = 2000;

/** Kept of one app. */
const MAX_MESSAGES = 1000;
const MAX_CHARACTERS = 1_048_576;

/** Of the other apps nothing is kept. */
const MAX_APPS = 50;

/** All messages of an app with ids after `after` and up to `upTo`, in the order of their ids. */
interface Window {
  after: number;
  upTo: number;
  messages: QueuedMessage[];
  /** The same by the owners of their queues: a connection looks at its own, however many others there are. */
  byOwner: Map<number, QueuedMessage[]>;
  /** The newest notification of a group. */
  lastNotification: number;
  characters: number;
  /** Reads up to this id. */
  reading: Promise<void> | undefined;
}

/** How many answers of `previousInGroup` are kept. */
const MAX_PREVIOUS = 100;

const previousOf = new WeakMap<Database, Map<string, Promise<number>>>();

/** The id before a message in the queue of a super group; 0 for none. All members who are online need the same. */
export function previousInGroup(
  database: Database,
  appid: number,
  { id, receiver: gid }: Pick<QueuedMessage, 'id' | 'receiver'>,
): Promise<number> {
  const answers = previousOf.get(database) ?? new Map<string, Promise<number>>();
  previousOf.set(database, answers);
  const key = `${appid} ${gid} ${id}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = newestIdInGroup(database, appid, gid, id - 1);
  answers.set(key, answer);
  answer.catch(() => answers.delete(key));
  const [oldest] = answers.keys();
  if (answers.size > MAX_PREVIOUS) answers.delete(oldest as string);
  return answer;
}

const windowsOf = new WeakMap<Database, Map<number, Window>>();

export interface RecentMessages {
  /** Whether memberships may have changed in between: every change of them has a notification in its group. */
  changesGroups: boolean;
  /**
   * Those that belong to parts of queues, in the order of their ids.
   *
   * @returns undefined when they are no longer kept
   */
  in(parts: readonly QueuePart[]): QueuedMessage[] | undefined;
}

/**
 * All messages of an app after an id and up to another one that is committed.
 *
 * @returns undefined when they are no longer kept
 */
export async function readRecent(
  database: Database,
  appid: number,
  after: number,
  upTo: number,
): Promise<RecentMessages | undefined> {
  if (upTo - after > MAX_SPAN) return undefined;
  const windows = windowsOf.get(database) ?? new Map<number, Window>();
  windowsOf.set(database, windows);
  let window = windows.get(appid);
  if (window === undefined || upTo - window.upTo > MAX_SPAN) {
    window = { after, upTo: after, ...empty(), lastNotification: 0, reading: undefined };
    windows.delete(appid);
    windows.set(appid, window);
    const [oldest] = windows.keys();
    if (windows.size > MAX_APPS) windows.delete(oldest as number);
  }
  while (window.upTo < upTo) {
    window.reading ??= extend(database, appid, window, upTo);
    await window.reading;
  }
  const kept = window;
  if (kept.after > after) return undefined;
  return {
    changesGroups: kept.lastNotification > after,
    in: (parts) =>
      kept.after > after ? undefined : parts.flatMap((part) => inPart(kept, part, after, upTo)).sort(byId),
  };
}

const empty = () => ({ messages: [], byOwner: new Map<number, QueuedMessage[]>(), characters: 0 });

const byId = (one: QueuedMessage, other: QueuedMessage): number => one.id - other.id;

function inPart({ byOwner }: Window, part: QueuePart, after: number, upTo: number): QueuedMessage[] {
  const messages = byOwner.get(part.owner) ?? [];
  const [first, last] = [Math.max(after, part.after), Math.min(upTo, part.upTo)];
  let start = messages.length;
  while (start > 0 && (messages[start - 1] as QueuedMessage).id > first) start -= 1;
  return messages.slice(start).filter(({ id }) => id <= last);
}

async function extend(database: Database, appid: number, window: Window, upTo: number): Promise<void> {
  try {
    const query = sql`select ${sql.join(queuedColumns.map(({ name }) => sql.ref(name)))}
      from gobelieve_messages where app_id = ${appid} and id > ${window.upTo} and id <= ${upTo} order by id`;
    for (const row of await readManyRows<QueuedValues>(database, query, queuedColumns)) {
      const message = toQueuedMessage(row);
      if (message === undefined) {
        Object.assign(window, { after: row[0], ...empty() });
        continue;
      }
      const ofOwner = window.byOwner.get(message.owner);
      if (ofOwner === undefined) window.byOwner.set(message.owner, [message]);
      else ofOwner.push(message);
      window.messages.push(message);
      window.characters += message.content.length;
      if (message.type === messageTypes.groupNotification) window.lastNotification = message.id;
    }
    window.upTo = upTo;
    trim(window);
  } finally {
    window.reading = undefined;
  }
}

function trim(window: Window): void {
  const { messages, byOwner } = window;
  let count = 0;
  while (messages.length - count > MAX_MESSAGES || window.characters > MAX_CHARACTERS) {
    const oldest = messages[count] as QueuedMessage;
    window.characters -= oldest.content.length;
    window.after = oldest.id;
    const ofOwner = byOwner.get(oldest.owner) as QueuedMessage[];
    ofOwner.shift();
    if (ofOwner.length === 0) byOwner.delete(oldest.owner);
    count += 1;
  }
  messages.splice(0, count);
}
