import type { Context } from '../../context.ts';
import type { ClientActor } from '../wire/operation.ts';
import { groupTopic, type LiveEvent, roomTopic, userTopic } from './bus-events.ts';
import { idBeforeNewest, newestId, type Part, type QueuedMessage, readParts, superQueue } from './queues.ts';

/** What a feed hands out: a stored message, or something that exists only now. */
export type FeedItem = QueuedMessage | Exclude<LiveEvent, { id: number }>;

export interface FeedOptions {
  /** Everything newer than this message is handed out. */
  after: number;
  rooms: readonly number[];
}

/** Messages read at once, and kept while a slow reader takes them; each may be long. */
const PAGE = 50;

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
  const { database, bus, log } = context;
  let seen = after;
  /** How far there is something to read; when stale, the database knows better. */
  let known = after;
  let stale = true;
  let regrouped = true;
  let reading = false;
  let closed = false;
  let leaveGroups = () => {};
  /** By id of a super group: where what is handed out to who comes back begins. */
  let backlogs: Map<number, number> | undefined;

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
      backlogs ??= await findBacklogs();
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

  async function findBacklogs(): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    for (const { id } of await superGroups().execute())
      found.set(id, await idBeforeNewest(database, appid, superQueue(id), SUPER_BACKLOG));
    return found;
  }

  /** What the groups say from now on is heard, and what they have said before stands in the database. */
  async function followGroups(): Promise<void> {
    regrouped = false;
    const leaveOld = leaveGroups;
    const groups = await membership().execute();
    leaveGroups = bus.subscribe(
      groups.map(({ id }) => groupTopic(appid, id)),
      listen,
      missed,
    );
    leaveOld();
    if (closed) leaveGroups();
    stale = true;
  }

  const membership = () =>
    database
      .selectFrom('gobelieve_members as member')
      .innerJoin('gobelieve_groups as group', 'group.id', 'member.group_id')
      .select(['group.id', 'member.joined_id'])
      .where('member.app_id', '=', appid)
      .where('member.uid', '=', uid);

  const superGroups = () => membership().where('group.super', '=', 1);

  /**
   * Asks each time which of the groups are super groups: the event that says so may be overtaken by one that says that
   * there is something to read. Which queues have the messages up to `upTo` is settled by now.
   */
  async function readUpTo(upTo: number): Promise<void> {
    if (seen >= upTo) return;
    const groups = await superGroups().execute();
    while (!closed && seen < upTo) {
      const parts: Part[] = [{ owner: uid, after: seen, upTo }];
      for (const { id, joined_id } of groups) {
        parts.push({ owner: superQueue(id), after: Math.max(seen, joined_id, backlogs?.get(id) ?? 0), upTo });
      }
      const { messages, last = upTo } = await readParts(database, appid, parts, PAGE);
      for (const message of messages) {
        if (closed) return;
        await hear(message);
      }
      seen = last;
    }
  }

  const topics = [userTopic(appid, uid), ...rooms.map((room) => roomTopic(appid, room))];
  const leave = bus.subscribe(topics, listen, missed);
  wake();
  return () => {
    closed = true;
    leave();
    leaveGroups();
  };
}
