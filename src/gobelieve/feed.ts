import type { Context } from '../context.ts';
import { groupTopic, type LiveEvent, roomTopic, userTopic } from './live.ts';
import type { ClientActor } from './operation.ts';
import { idBeforeNewest, newestId, type Part, type QueuedMessage, readParts, superQueue } from './queue.ts';

/** What a feed hands out: a stored message, or something that exists only now. */
export type FeedItem = QueuedMessage | Exclude<LiveEvent, { id: number }>;

export interface FeedOptions {
  /** Everything newer than this message is handed out. */
  after: number;
  rooms: readonly number[];
}

/** Messages read at once. */
const PAGE = 200;

/** Of a super group's messages no more than this are handed out to who comes back. Facts, section 2, rule 7. */
const SUPER_BACKLOG = 100;

/** In ms: how long to wait when the database fails. */
const PAUSE = 1000;

/**
 * Follows a user's own queue and those of his super groups. What is stored is always read from there, in the order of
 * the ids and from the last one on; the bus only says that there is something. Nothing is lost or told twice, then,
 * however events overtake each other. Subscribes before it returns.
 *
 * @param hear is given stored messages with growing ids, the next one when its promise resolves, and in between what is
 * not stored
 * @returns ends it
 */
export function followFeed(
  context: Context,
  { appid, uid }: ClientActor,
  { after, rooms }: FeedOptions,
  hear: (item: FeedItem) => Promise<void>,
): () => void {
  const { database, live, log } = context;
  let seen = after;
  /** How far there is something to read; when stale, the database knows better. */
  let known = after;
  let stale = true;
  let regrouped = true;
  let reading = false;
  let closed = false;
  let leaveGroups = () => {};
  /** By id of a super group: where its messages begin for this user. */
  let beginnings = new Map<number, number>();

  const listen = (event: unknown) => {
    const told = event as LiveEvent;
    if (!('id' in told)) return void hear(told);
    regrouped ||= told.kind === 'regrouped';
    known = Math.max(known, told.id);
    wake();
  };
  const missed = () => {
    stale = true;
    regrouped = true;
    wake();
  };

  function wake(): void {
    if (reading || closed) return;
    reading = true;
    read().catch((error: unknown) => {
      log.warn({ err: error }, 'a feed cannot be read; trying again');
      setTimeout(missed, PAUSE).unref();
    });
  }

  async function read(): Promise<void> {
    try {
      while (!closed && (regrouped || stale || known > seen)) {
        if (regrouped) await followGroups();
        if (stale) {
          stale = false;
          const newest = await newestId(database, appid);
          known = Math.max(known, newest);
        }
        await readUpTo(known);
      }
    } finally {
      // Here and not a moment later: an event in between would find nobody who reads it.
      reading = false;
    }
  }

  /** Listens to the user's groups before it looks at them closely, so that there is no gap in between. */
  async function followGroups(): Promise<void> {
    regrouped = false;
    const leaveOld = leaveGroups;
    const topics = (await listGroups()).map(({ id }) => groupTopic(appid, id));
    leaveGroups = live.subscribe(topics, listen, missed);
    leaveOld();
    if (closed) leaveGroups();
    const current = new Map<number, number>();
    for (const { id, super: isSuper, joined_id } of await listGroups()) {
      if (isSuper === 0) continue;
      const before = beginnings.get(id) ?? (await idBeforeNewest(database, appid, superQueue(id), SUPER_BACKLOG));
      current.set(id, Math.max(before, joined_id));
    }
    beginnings = current;
    stale = true;
  }

  const listGroups = () =>
    database
      .selectFrom('gobelieve_members as member')
      .innerJoin('gobelieve_groups as group', 'group.id', 'member.group_id')
      .select(['group.id', 'group.super', 'member.joined_id'])
      .where('member.app_id', '=', appid)
      .where('member.uid', '=', uid)
      .execute();

  async function readUpTo(upTo: number): Promise<void> {
    while (!closed && seen < upTo) {
      const parts: Part[] = [{ owner: uid, after: seen, upTo }];
      for (const [gid, beginning] of beginnings)
        parts.push({ owner: superQueue(gid), after: Math.max(seen, beginning), upTo });
      const { messages, last = upTo } = await readParts(database, appid, parts, PAGE);
      for (const message of messages) {
        if (closed) return;
        await hear(message);
      }
      seen = last;
    }
  }

  const topics = [userTopic(appid, uid), ...rooms.map((room) => roomTopic(appid, room))];
  const leave = live.subscribe(topics, listen, missed);
  wake();
  return () => {
    closed = true;
    leave();
    leaveGroups();
  };
}
