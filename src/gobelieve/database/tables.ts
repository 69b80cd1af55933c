import type { Generated } from 'kysely';

/** Tables of src/gobelieve. Every row belongs to an app: a `uid` names a user only together with an `app_id`. */
export interface GobelieveTables {
  gobelieve_apps: GobelieveAppsTable;
  gobelieve_tokens: GobelieveTokensTable;
  gobelieve_users: GobelieveUsersTable;
  gobelieve_quiet_peers: GobelieveQuietPeersTable;
  gobelieve_relations: GobelieveRelationsTable;
  gobelieve_filtered_words: GobelieveFilteredWordsTable;
  gobelieve_groups: GobelieveGroupsTable;
  gobelieve_members: GobelieveMembersTable;
  gobelieve_memberships: GobelieveMembershipsTable;
  gobelieve_messages: GobelieveMessagesTable;
  gobelieve_queue_entries: GobelieveQueueEntriesTable;
  gobelieve_sent_messages: GobelieveSentMessagesTable;
  gobelieve_stores: GobelieveStoresTable;
  gobelieve_supporters: GobelieveSupportersTable;
  gobelieve_chosen_supporters: GobelieveChosenSupportersTable;
  gobelieve_nodes: GobelieveNodesTable;
  gobelieve_connections: GobelieveConnectionsTable;
  gobelieve_customers: GobelieveCustomersTable;
  gobelieve_devices: GobelieveDevicesTable;
  gobelieve_push_positions: GobelievePushPositionsTable;
  gobelieve_files: GobelieveFilesTable;
  gobelieve_storage: GobelieveStorageTable;
}

/** Third-party applications. */
export interface GobelieveAppsTable {
  id: Generated<number>;
  name: string;
  /** argon2id of the MD5 in lower-case hex, which is what callers send. */
  secret_hash: string;
  /** The newest message id of the app. Sending locks this row until the commit, see `takeIds`. */
  last_message_id: Generated<number>;
  /** The newest `client_id` of a customer of the app. */
  last_client_id: Generated<number>;
  /** 1: what devices send is checked for friendship. */
  friend_check: Generated<0 | 1>;
  /** 1: what devices send is checked against the blacklist of the receiver. */
  blacklist_check: Generated<0 | 1>;
  /** The app whose supporters talk to the customers of this app; null for the app itself. */
  kefu_appid: number | null;
  /** Grows with each change of the filtered words. */
  words_version: Generated<number>;
  /** The bundle id for pushes to Apple devices; null for the one of the configuration. */
  apns_topic: string | null;
  created_at: number;
}

/** Tokens are permanent, and a user may have any number of them. */
export interface GobelieveTokensTable {
  /** SHA-256 in hex. */
  token_hash: string;
  app_id: number;
  uid: number;
  platform_id: number | null;
  device_id: string | null;
  created_at: number;
}

/** Names and settings of users. A user need not have a row. */
export interface GobelieveUsersTable {
  app_id: number;
  uid: number;
  name: Generated<string>;
  avatar: Generated<string>;
  /** 1: push to the phone although a desktop client is online. Personal `mute` set to false. */
  notify_phone: Generated<0 | 1>;
  /** 1: may not speak in chat rooms. */
  forbidden: Generated<0 | 1>;
  /** Queue entries up to this id are no longer offline messages. */
  acknowledged_id: Generated<number>;
  /** The number of unread messages that a device has reported. */
  unread: Generated<number>;
}

/** Contacts from whom a user wants no push. */
export interface GobelieveQuietPeersTable {
  app_id: number;
  uid: number;
  peer_uid: number;
}

/** Friends of users, and users whom they have blocked. */
export interface GobelieveRelationsTable {
  app_id: number;
  uid: number;
  kind: 'friend' | 'blocked';
  other_uid: number;
}

/** Words that are masked in texts from devices. */
export interface GobelieveFilteredWordsTable {
  app_id: number;
  word: string;
}

export interface GobelieveGroupsTable {
  /** Unique over all apps, so the id of a group means nothing in another app. */
  id: Generated<number>;
  app_id: number;
  /** Need not be a member. */
  master: number;
  name: string;
  notice: Generated<string>;
  super: 0 | 1;
  /** 1: the group is no longer there, and what was in it is being deleted. */
  is_dissolved: Generated<0 | 1>;
  created_at: number;
}

export interface GobelieveMembersTable {
  group_id: number;
  uid: number;
  app_id: number;
  nickname: Generated<string>;
  do_not_disturb: Generated<0 | 1>;
  /** 1: may not speak in the group from a device. */
  mute: Generated<0 | 1>;
  /** The member's devices have the messages of the super group up to this id. */
  synced_id: Generated<number>;
}

/**
 * Times of membership, also past ones, measured in message ids. A member sees what is in the group's queues with ids
 * after `after_id` and up to `up_to_id`.
 */
export interface GobelieveMembershipsTable {
  app_id: number;
  uid: number;
  group_id: number;
  after_id: number;
  /** `Number.MAX_SAFE_INTEGER` while the user is a member. */
  up_to_id: number;
}

/** Each message is stored once; several queues can refer to it. A peer message has two copies with ids of their own. */
export interface GobelieveMessagesTable {
  app_id: number;
  id: number;
  type: MessageType;
  /** Null for system messages and group notifications. */
  sender: number | null;
  /** A uid, or the id of a group. */
  receiver: number;
  /** A JSON string literal: it keeps NUL and lone surrogates, which the text types of both engines do not. */
  content: string;
  /** In milliseconds. */
  created_at: number;
  /** The device that sent it over a socket: a digest of its id. Null for a device without an id and for a server. */
  device: string | null;
  /** The device's own number of the message. */
  local_id: number | null;
  /** The flags of the device's frame that others get too. */
  flags: number | null;
  /** The owner of the queue that it is in; null for messages from before this column. */
  owner: number | null;
  /** The app of the sender of a customer message; null for this app. */
  sender_app_id: number | null;
  /** The app of the receiver of a customer message; null for this app. */
  receiver_app_id: number | null;
}

/**
 * Peer message, group notification, group message, system message, customer message: the numbers of the socket protocol
 * (`messageTypes`).
 */
export type MessageType = 4 | 7 | 8 | 21 | 64;

/** What devices have sent within a day, to recognize what they send again. */
export interface GobelieveSentMessagesTable {
  app_id: number;
  /** Of sender, receiver, type and uuid. */
  digest: string;
  /** The message, in the sender's queue or in that of the group. */
  id: number;
  created_at: number;
}

/** Which messages are in which queue. An entry stands for the messages `first_id` to `id`, which is nearly always one. */
export interface GobelieveQueueEntriesTable {
  app_id: number;
  /** A uid, `groupQueue` or `superGroupQueue`. */
  owner: number;
  id: number;
  first_id: number;
  type: MessageType;
  /** Null for system messages, group notifications, and messages from another app. */
  sender: number | null;
}

/** Stores: at most one for each app. */
export interface GobelieveStoresTable {
  id: Generated<number>;
  app_id: number;
  name: string;
}

/** Supporters: the users of an app who talk to customers for its store. */
export interface GobelieveSupportersTable {
  store_id: number;
  app_id: number;
  uid: number;
  name: string;
  avatar: string;
  created_at: number;
}

/** The supporter who was chosen for a user (G-43). */
export interface GobelieveChosenSupportersTable {
  app_id: number;
  uid: number;
  supporter_uid: number;
}

/** Nodes that have connections of users, renewed while they run. */
export interface GobelieveNodesTable {
  node: string;
  expires_at: number;
}

/** Open connections of users. One counts while its node is there. */
export interface GobelieveConnectionsTable {
  connection: string;
  app_id: number;
  uid: number;
  node: string;
  is_phone: 0 | 1;
}

/** Customers of the third parties and their `client_id`s. */
export interface GobelieveCustomersTable {
  app_id: number;
  client_id: number;
  /** Null for an anonymous visitor. */
  customer_key: string | null;
  created_at: number;
}

/** Push tokens: one for each user and push service. */
export interface GobelieveDevicesTable {
  app_id: number;
  uid: number;
  service: string;
  token: string;
  bound_at: Generated<number>;
  /** The newest message of the app at the binding: the pushes are for later ones. The newest binding of a user gets them. */
  bound_after: Generated<number>;
  /** The token of the device that bound it; null for a binding from before this column. */
  token_hash: string | null;
  /** The badge of the last push. */
  unread: Generated<number>;
}

/** How far the messages of an app have been looked at for pushes. */
export interface GobelievePushPositionsTable {
  app_id: number;
  /** Everything up to this message is done, */
  message_id: number;
  /** and the next one for the receivers up to this uid. */
  uid: number;
}

/**
 * Uploads and thumbnails. All rows of a name have the same content, in bytes of their own: an app can be deleted without
 * the others.
 */
export interface GobelieveFilesTable {
  /** In `context.files`. */
  key: string;
  /** The app that uploaded it; null for a file from before this column. */
  app_id: number | null;
  kind: 'images' | 'audios' | 'files';
  /** The last part of the address. */
  name: string;
  /** Media type. */
  type: string;
  /** In bytes; null like `digest`. */
  size: number | null;
  /** SHA-256 of the content, in hex; null until a file from before this column is used again. */
  digest: string | null;
  /** 1: the image cannot be decoded. */
  unreadable: Generated<0 | 1>;
  created_at: number;
}

/** The uploads of one app together, without thumbnails. */
export interface GobelieveStorageTable {
  app_id: number;
  bytes: number;
}

declare module '../../database/tables.ts' {
  interface Tables extends GobelieveTables {}
}
