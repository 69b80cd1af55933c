import type { Generated } from 'kysely';

/** Tables of src/gobelieve. Everything belongs to an app; a `uid` is a person only together with its `app_id`. */
export interface GobelieveTables {
  gobelieve_apps: GobelieveAppsTable;
  gobelieve_tokens: GobelieveTokensTable;
  gobelieve_users: GobelieveUsersTable;
  gobelieve_quiet_peers: GobelieveQuietPeersTable;
  gobelieve_groups: GobelieveGroupsTable;
  gobelieve_members: GobelieveMembersTable;
  gobelieve_messages: GobelieveMessagesTable;
  gobelieve_queue: GobelieveQueueTable;
  gobelieve_stores: GobelieveStoresTable;
  gobelieve_supporters: GobelieveSupportersTable;
  gobelieve_choices: GobelieveChoicesTable;
  gobelieve_presence: GobelievePresenceTable;
  gobelieve_customers: GobelieveCustomersTable;
  gobelieve_devices: GobelieveDevicesTable;
  gobelieve_files: GobelieveFilesTable;
}

/** Third-party applications. */
export interface GobelieveAppsTable {
  id: Generated<number>;
  name: string;
  /** argon2id of the MD5 in lower-case hex, which is what callers send. */
  secret_hash: string;
  /** The newest id of all messages of the app; who sends holds this row until the commit, see `takeIds`. */
  last_message_id: Generated<number>;
  last_client_id: Generated<number>;
  created_at: number;
}

/** Tokens live for ever, and a user may have any number of them. */
export interface GobelieveTokensTable {
  /** SHA-256 in hex. */
  token_hash: string;
  app_id: number;
  uid: number;
  platform_id: number | null;
  device_id: string | null;
  created_at: number;
}

/** What is known of a user. Users without a row exist all the same. */
export interface GobelieveUsersTable {
  app_id: number;
  uid: number;
  name: Generated<string>;
  avatar: Generated<string>;
  /** 1: no push to the phone while a desktop client is on line. */
  mute: Generated<0 | 1>;
  /** 1: may not speak in chat rooms. */
  forbidden: Generated<0 | 1>;
  /** Entries of the queue up to this id are no offline messages any more. */
  acknowledged_id: Generated<number>;
}

/** Contacts that a user wants no push for. */
export interface GobelieveQuietPeersTable {
  app_id: number;
  uid: number;
  peer_uid: number;
}

export interface GobelieveGroupsTable {
  /** Counts over all apps, so that a foreign group is always an unknown one. */
  id: Generated<number>;
  app_id: number;
  /** A property only: the master need not be a member. */
  master: number;
  name: string;
  notice: Generated<string>;
  super: 0 | 1;
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
  /** Messages of a super group are seen from here on. */
  joined_id: number;
}

/** Each message once, however many queues it is in; of a peer message both copies, which have ids of their own. */
export interface GobelieveMessagesTable {
  app_id: number;
  id: number;
  command: Command;
  /** Null in system messages and group notifications. */
  sender: number | null;
  /** A uid, or the id of a group. */
  receiver: number;
  /** A JSON string literal: it keeps NUL and lone surrogates, which neither engine's text does. */
  content: string;
  /** In milliseconds. */
  created_at: number;
}

/** Peer message, group notification, group message, system message: the numbers of the socket protocol. */
export type Command = 4 | 7 | 8 | 21;

/** Who gets what. An entry stands for the messages from `first_id` to `id`, which is nearly always a single one. */
export interface GobelieveQueueTable {
  app_id: number;
  /** A uid, or the negative id of a super group: what is said there is stored once and read by its members. */
  owner: number;
  id: number;
  first_id: number;
  command: Command;
  /** 1: the owner sent it. */
  own: 0 | 1;
}

/** Help desks, at most one for each app. */
export interface GobelieveStoresTable {
  id: Generated<number>;
  app_id: number;
  name: string;
}

/** The people of a store who talk to customers. */
export interface GobelieveSupportersTable {
  store_id: number;
  app_id: number;
  uid: number;
  name: string;
  avatar: string;
  created_at: number;
}

/** Who looks after a user. */
export interface GobelieveChoicesTable {
  app_id: number;
  uid: number;
  supporter_uid: number;
}

/** Open connections of supporters, renewed while they last. */
export interface GobelievePresenceTable {
  connection: string;
  app_id: number;
  uid: number;
  expires_at: number;
}

/** Which number stands for a third party's customer. */
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
}

/** Uploads by the name that their content gives them, and thumbnails by theirs. */
export interface GobelieveFilesTable {
  kind: 'images' | 'audios' | 'files';
  name: string;
  /** In `context.files`. */
  key: string;
  type: string;
  created_at: number;
}

declare module '../../database/tables.ts' {
  interface Tables extends GobelieveTables {}
}
