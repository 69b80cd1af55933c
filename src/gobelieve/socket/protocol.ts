/** The numbers of the socket protocol (G-53). */

export const commands = {
  oldHeartbeat: 1,
  loginStatus: 3,
  peerMessage: 4,
  ack: 5,
  groupNotification: 7,
  groupMessage: 8,
  ping: 13,
  pong: 14,
  login: 15,
  realTime: 17,
  enterRoom: 18,
  leaveRoom: 19,
  roomMessage: 20,
  systemMessage: 21,
  unreadBadge: 22,
  /** From before `customerMessage`: to a supporter, and from one. */
  toSupporter: 24,
  fromSupporter: 25,
  sync: 26,
  syncBegin: 27,
  syncEnd: 28,
  news: 29,
  groupSync: 30,
  groupSyncBegin: 31,
  groupSyncEnd: 32,
  groupNews: 33,
  position: 34,
  groupPosition: 35,
  notification: 36,
  metadata: 37,
  customerMessage: 64,
} as const;

/** The bits of a frame's flags. */
export const flags = {
  /** The content is JSON with a text. */
  text: 1,
  /** The message is not stored. */
  unstored: 2,
  /** In a sync: this user sent the message from this device. */
  self: 8,
  /** A message that has just been stored, after its metadata. */
  push: 16,
  /** A message in the queue of a super group, or its ack. */
  superGroup: 32,
} as const;

/** The status of an ack, which clients see from version 2 on. */
export const ackStatus = {
  ok: 0,
  notFriend: 1,
  notFriendOfReceiver: 2,
  blocked: 3,
  notMember: 64,
  unknownGroup: 65,
} as const;

/** The lowest version whose messages have a timestamp. */
export const FIRST_WITH_TIMESTAMP = 1;

/** The lowest version whose acks have a status. */
export const FIRST_WITH_STATUS = 2;
