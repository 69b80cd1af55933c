/**
 * CPU time of the nodes on PostgreSQL in microseconds, as `npm run bench -- costs` printed it on two idle cores with
 * Node 20. `test/bench/costs.ts` says how each is measured.
 */
export const costs = {
  /** A read with its token and its user: Tower's getCurrentMember. */
  read: 470,
  /** Sending a stored message: GoBelieve's sendPeerMessage. */
  message: 530,
  /** A stored message at one of its readers: the way from another node, the query and the write to the connection. */
  event: 130,
  /** Opening an event stream with what it has missed: GoBelieve's streamEvents. */
  connect: 1910,
} as const;

/** Bytes of memory for a quiet event stream: 27,000 of the process (`npm run bench -- streams`) and what the kernel keeps. */
const STREAM_BYTES = 40_000;

/** The event of a message on its way into Redis or out of it, with the answer. Measured with the costs. */
const REDIS_MESSAGE_BYTES = 175;

/** The share of a core that a process uses at most, so that it is quick at peaks and while others restart. */
const UTILIZATION = 0.7;

/** The event streams of one process. */
const STREAMS_PER_PROCESS = 10_000;

/** One transaction, measured with the costs. The messages of one app that arrive meanwhile are committed together. */
const COMMIT_SECONDS = 0.002;

/** What the users do at the busiest time. */
export interface Load {
  /** Users who are online, each with one event stream. */
  users: number;
  apps: number;
  /** Of one user in an hour. */
  messagesPerHour: number;
  readsPerHour: number;
  reconnectsPerHour: number;
  /** The part of the messages that goes to groups, from 0 to 1, and the members of a group who are online. */
  groupShare: number;
  groupMembers: number;
}

/** What most chat and collaboration apps stay below. */
export const usualLoad: Load = {
  users: 1_000_000,
  apps: 100,
  messagesPerHour: 6,
  readsPerHour: 20,
  reconnectsPerHour: 2,
  groupShare: 0.3,
  groupMembers: 10,
};

/** What a load needs. */
export interface Needs {
  messagesPerSecond: number;
  /** At readers. */
  eventsPerSecond: number;
  /** CPU cores that are busy all the time. */
  busyCores: number;
  /** Processes of one core each (`WORKERS`). */
  processes: number;
  memoryGigabytes: number;
  commitsPerSecond: number;
  queriesPerSecond: number;
  /** Messages that Redis takes and hands out. */
  redisMessagesPerSecond: number;
  redisMegabytesPerSecond: number;
}

/** The formula. Everything grows with the users alone: what a node receives does not depend on how many others there are. */
export function needsOf(load: Load): Needs {
  const perSecond = (perHour: number) => (load.users * perHour) / 3600;
  const messages = perSecond(load.messagesPerHour);
  const reads = perSecond(load.readsPerHour);
  const connects = perSecond(load.reconnectsPerHour);
  const toGroups = messages * load.groupShare;
  const toUsers = messages - toGroups;
  // The sender's own devices get the message too.
  const events = toUsers * 2 + toGroups * load.groupMembers;
  const microseconds = reads * costs.read + messages * costs.message + events * costs.event + connects * costs.connect;
  const busyCores = microseconds / 1_000_000;
  const processes = Math.max(Math.ceil(busyCores / UTILIZATION), Math.ceil(load.users / STREAMS_PER_PROCESS), 1);
  // A message to a user is published for two users, one to a group once; each process with a reader gets a copy.
  const published = toUsers * 2 + toGroups;
  const received = toUsers * 2 + toGroups * Math.min(load.groupMembers, processes);
  return {
    messagesPerSecond: messages,
    eventsPerSecond: events,
    busyCores,
    processes,
    memoryGigabytes: (load.users * STREAM_BYTES) / 1e9,
    commitsPerSecond: Math.min(messages, load.apps / COMMIT_SECONDS),
    queriesPerSecond: reads * 2 + events * 2 + connects * 6 + messages,
    redisMessagesPerSecond: published + received,
    redisMegabytesPerSecond: ((published + received) * REDIS_MESSAGE_BYTES) / 1e6,
  };
}
