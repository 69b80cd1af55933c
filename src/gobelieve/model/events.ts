import type { Context } from '../../context.ts';
import { createResumableReader, type Page } from '../../live/resumable-reader.ts';
import { createTurnstile } from '../../turns.ts';
import { superGroupQueue } from '../database/queue-owners.ts';
import type { ClientActor } from './access.ts';
import { type BusEvent, groupTopic, roomTopic, type UnstoredEvent, userTopic } from './bus-events.ts';
import { listMemberships } from './memberships.ts';
import { newestId } from './message-store.ts';
import { idBeforeNewest, partsOf, type QueuedMessage, type QueuePart, readQueueParts } from './queues.ts';
import { type RecentMessages, readRecent } from './recent-messages.ts';

/** What the connections of a user get: a stored message, or what is not stored. */
export type UserEvent = QueuedMessage | UnstoredEvent;

export interface FollowOptions {
  /** Only messages with larger ids are delivered. */
  after: number;
  /** Whether there may be such messages already. */
  resumes: boolean;
  rooms: readonly number[];
}

/** All streams of this API on this node. */
const inTurn = createTurnstile();

/** Messages read at once, and kept in memory while a slow client takes them. Each may be long. */
const PAGE_MESSAGES = 50;

/** A stream that resumes gets at most this many older messages of each super group (G-46). */
const SUPER_GROUP_BACKLOG = 100;

/** How far to read. */
interface Goal {
  upTo: number;
  /** The messages of the app up to there, if they are still kept. */
  recent: RecentMessages | undefined;
}

/**
 * Follows a user's queue and the queues of the user's super groups. Messages are always read from the queues, in the
 * order of their ids; the bus only says that there is something to read (G-45).
 *
 * Subscribes before it returns, so that no later event is missed.
 *
 * @param deliver gets stored messages in the order of their ids, each after the promise of the one before has resolved.
 *   Events that are not stored come in between.
 * @returns stops following
 */
export function followEvents(
  context: Pick<Context, 'database' | 'bus' | 'log'>,
  { appid, uid }: ClientActor,
  { after, resumes, rooms }: FollowOptions,
  deliver: (event: UserEvent) => Promise<void>,
): () => void {
  const { database, bus, log } = context;
  /** The newest id that the bus or the database has named. */
  let newest = after;
  /** The bus may have lost events: ask the database for the newest id. */
  let askForNewest = true;
  let groupsChanged = true;
  let isStopped = false;
  let leaveGroups = () => {};
  let goal: Goal = { upTo: after, recent: undefined };
  /** The parts of queues that belong to the user and reach beyond the position. Undefined before they are read. */
  let parts: readonly QueuePart[] | undefined;
  /** By super group: the id after which its messages are delivered. Set at the first read. */
  let backlogStarts: Map<number, number> | undefined = resumes ? undefined : new Map();

  const reader = createResumableReader<UserEvent>(log, { position: after, readAfter, inTurn, deliver });

  function onBusEvent(published: unknown): void {
    const event = published as BusEvent;
    if (event.kind === 'revoked') return;
    if (!('id' in event)) return void deliver(event);
    groupsChanged ||= event.kind === 'regrouped';
    newest = Math.max(newest, event.id);
    reader.wake();
  }

  function onGap(): void {
    askForNewest = true;
    groupsChanged = true;
    reader.wake();
  }

  async function readAfter(position: number): Promise<Page<UserEvent>> {
    try {
      backlogStarts ??= await findBacklogStarts();
      if (position >= goal.upTo) goal = await nextGoal(position);
    } catch (error) {
      // Any of the steps may have failed, so the next attempt repeats them all.
      askForNewest = true;
      groupsChanged = true;
      parts = undefined;
      throw error;
    }
    const { upTo, recent } = goal;
    if (position >= upTo || parts === undefined) return { items: [], position, more: false };
    const items = recent?.in(parts);
    if (items !== undefined) return { items, position: upTo, more: true };
    const unread = parts.map((part) => ({
      owner: part.owner,
      after: Math.max(position, part.after),
      upTo: Math.min(upTo, part.upTo),
    }));
    const { messages, last = upTo } = await readQueueParts(database, appid, unread, PAGE_MESSAGES);
    // Also after the last page: the bus may have named a newer id during this goal, and `nextGoal` decides.
    return { items: messages, position: last, more: true };
  }

  /**
   * Reads the memberships again for each goal that may have changed them: the bus may bring a message before the upgrade of
   * its group. All messages up to the goal are committed, so it no longer changes which queues hold them.
   */
  async function nextGoal(position: number): Promise<Goal> {
    if (groupsChanged) await subscribeToGroups();
    if (askForNewest) {
      askForNewest = false;
      const stored = await newestId(database, appid);
      // Only now: the bus may have named a newer one in the meantime.
      newest = Math.max(newest, stored);
    }
    const upTo = newest;
    if (upTo <= position) return { upTo, recent: undefined };
    const recent = await readRecent(database, appid, position, upTo);
    if (parts === undefined || recent === undefined || recent.changesGroups) parts = await findParts(position);
    return { upTo, recent };
  }

  async function findParts(position: number): Promise<QueuePart[]> {
    const memberships = await listMemberships(database, appid, uid, position);
    const superGroups = memberships
      .filter(({ isSuper }) => isSuper)
      .map(({ gid, after: joined, upTo }) => ({
        owner: superGroupQueue(gid),
        after: Math.max(joined, backlogStarts?.get(gid) ?? 0),
        upTo,
      }));
    return [...partsOf(uid, memberships), ...superGroups];
  }

  /** From here on the bus brings the events of the groups. Earlier messages are in the database. */
  async function subscribeToGroups(): Promise<void> {
    groupsChanged = false;
    const leaveFormer = leaveGroups;
    const groups = await listMemberships(database, appid, uid, Number.MAX_SAFE_INTEGER - 1);
    leaveGroups = bus.subscribe(
      groups.map(({ gid }) => groupTopic(appid, gid)),
      onBusEvent,
      onGap,
    );
    leaveFormer();
    if (isStopped) leaveGroups();
    askForNewest = true;
  }

  async function findBacklogStarts(): Promise<Map<number, number>> {
    const starts = new Map<number, number>();
    for (const { gid, isSuper } of await listMemberships(database, appid, uid, after))
      if (isSuper) starts.set(gid, await idBeforeNewest(database, appid, superGroupQueue(gid), SUPER_GROUP_BACKLOG));
    return starts;
  }

  const topics = [userTopic(appid, uid), ...rooms.map((room) => roomTopic(appid, room))];
  const leave = bus.subscribe(topics, onBusEvent, onGap);
  reader.wake();
  return () => {
    isStopped = true;
    reader.stop();
    leave();
    leaveGroups();
  };
}
