import type { Generated, Selectable } from 'kysely';

/**
 * Tables of src/ppmessage. Every row belongs to one app, and nothing crosses apps. `seq` is a position in the app's own
 * order of events, which `nextPosition` counts in `ppmessage_apps.last_seq`. Times are in milliseconds.
 */
export interface PpmessageTables {
  ppmessage_apps: PpmessageAppsTable;
  ppmessage_keys: PpmessageKeysTable;
  ppmessage_users: PpmessageUsersTable;
  ppmessage_devices: PpmessageDevicesTable;
  ppmessage_groups: PpmessageGroupsTable;
  ppmessage_group_members: PpmessageGroupMembersTable;
  ppmessage_conversations: PpmessageConversationsTable;
  ppmessage_conversation_members: PpmessageConversationMembersTable;
  ppmessage_messages: PpmessageMessagesTable;
  ppmessage_pushes: PpmessagePushesTable;
  ppmessage_script_groups: PpmessageScriptGroupsTable;
  ppmessage_scripts: PpmessageScriptsTable;
  ppmessage_files: PpmessageFilesTable;
  ppmessage_waiting_customers: PpmessageWaitingCustomersTable;
  ppmessage_packages: PpmessagePackagesTable;
  ppmessage_navigations: PpmessageNavigationsTable;
}

type Flag = Generated<0 | 1>;

export interface PpmessageAppsTable {
  uuid: string;
  app_name: string;
  app_icon: string | null;
  company_name: string | null;
  /** The owner. */
  user_uuid: string;
  app_key: string;
  app_route_policy: Generated<string>;
  app_billing_email: string | null;
  welcome_message: string | null;
  offline_message: string | null;
  return_offline_message: Flag;
  show_ppcom_hover: Generated<'NEVER' | 'ALWAYS' | 'ONCE'>;
  ppcom_launcher_style: Generated<'DEFAULT' | 'MATERIAL' | 'ANIMATE'>;
  ppcom_launcher_color: string | null;
  ppcom_powered_by_name: string | null;
  ppcom_powered_by_link: string | null;
  ppcom_powered_by_visible: Flag;
  /** Whether the app only takes files that were uploaded with a token (P-92). */
  upload_needs_token: Flag;
  last_seq: Generated<number>;
  /** The messages in all of its conversations. */
  message_count: Generated<number>;
  created_at: number;
  updated_at: number;
  /** A removed app is invisible at once; its rows follow in steps (P-86). */
  removed_at: number | null;
}

/** What the API shows of a key. The rest is in the OAuth client with the same id; its scopes are the key's levels. */
export interface PpmessageKeysTable {
  uuid: string;
  app_uuid: string;
  /** Id of the OAuth client. */
  api_key: string;
  /** The secret, encrypted with SECRET_KEY: PP_GET_API_INFO shows it again. */
  sealed_secret: string;
  created_at: number;
}

/**
 * Agents and customers. A user belongs to one app; the owner of several apps is a user with the same uuid in each. The
 * row of a removed user stays, blank but for the name that old messages show (P-29).
 */
export interface PpmessageUsersTable {
  app_uuid: string;
  uuid: string;
  /** Lower case and unique in the app; null when the user was removed. */
  user_email: string | null;
  user_name: string;
  user_firstname: string | null;
  user_lastname: string | null;
  user_fullname: string;
  user_icon: string | null;
  user_mobile: string | null;
  user_qq: string | null;
  user_wechat: string | null;
  user_company: string | null;
  user_signature: string | null;
  user_language: 'zh_cn' | 'en_us' | 'zh_tw' | null;
  user_status: 'OWNER_0' | 'OWNER_1' | 'OWNER_2' | 'OWNER_3' | 'ADMIN' | 'SERVICE' | 'ANONYMOUS' | 'THIRDPARTY';
  service_user_status: Generated<'NULL' | 'READY' | 'BUSY' | 'REST'>;
  is_service_user: Flag;
  is_distributor_user: Flag;
  is_anonymous_user: Flag;
  /** The id of an anonymous customer's browser, unique in the app. */
  ppcom_trace_uuid: string | null;
  mobile_device_uuid: string | null;
  browser_device_uuid: string | null;
  ppcom_mobile_device_uuid: string | null;
  ppcom_browser_device_uuid: string | null;
  user_silence_notification: Flag;
  user_show_badge: Flag;
  user_mute_notification: Flag;
  user_mute_other_mobile_device: Flag;
  latest_send_message_time: number | null;
  /** JSON text that third parties store. */
  user_defined: string | null;
  /** argon2id; null when the user cannot sign in. */
  password_hash: string | null;
  created_at: number;
  updated_at: number;
  removed_at: number | null;
}

export interface PpmessageDevicesTable {
  uuid: string;
  app_uuid: string;
  user_uuid: string;
  /** The client's own id for the device, unique in the app. */
  terminal_uuid: string;
  device_fullname: string | null;
  device_phonenumber: string | null;
  device_ostype: DeviceOsType;
  device_osversion: string | null;
  device_android_apilevel: number | null;
  device_android_gcmtoken: string | null;
  device_android_jpush_registrationid: string | null;
  device_ios_model: string | null;
  device_ios_token: string | null;
  is_ppcom_device: Flag;
  /** The device is online before this time. Its open stream renews it; when the node dies it runs out. */
  online_until: Generated<number>;
  /** When the device last came online; null before the first time. */
  online_since: number | null;
  /** The stream that keeps the device online; null when a request brought it online. */
  online_stream: string | null;
  /** The connection of the device's newest socket; it stays when that ends. */
  socket: Generated<string | null>;
  /** The token with which its user has logged in; it ends when another device replaces this one (P-76). */
  login_token_id: string | null;
  /** Whether its pushes go to Apple's development environment. */
  is_development: Flag;
  created_at: number;
  updated_at: number;
}

type DeviceOsType =
  | ('AND' | 'IOS' | 'WIP')
  | ('ANB' | 'IOB' | 'MAB' | 'LIB' | 'WIB')
  | ('MAC' | 'LIN' | 'WIN' | 'W32' | 'W64');

/** Groups of agents. */
export interface PpmessageGroupsTable {
  uuid: string;
  app_uuid: string;
  group_name: string;
  group_desc: string;
  group_icon: string | null;
  is_distributor: Flag;
  /** How the group's agents get new conversations (P-72). */
  group_route_algorithm: Generated<RouteAlgorithm>;
  group_visible_for_ppcom: Flag;
  group_visible_order_for_ppcom: number | null;
  created_at: number;
  updated_at: number;
}

type RouteAlgorithm = 'BROADCAST' | 'SMART' | 'LOAD' | 'ROBOT';

export interface PpmessageGroupMembersTable {
  group_uuid: string;
  app_uuid: string;
  user_uuid: string;
  created_at: number;
}

export interface PpmessageConversationsTable {
  uuid: string;
  app_uuid: string;
  /** The creator. */
  user_uuid: string;
  assigned_uuid: string | null;
  group_uuid: string | null;
  conversation_type: 'P2S' | 'S2P' | 'S2S';
  conversation_name: string | null;
  conversation_icon: string | null;
  /** The latest message; a conversation without one is NEW. */
  latest_task: string | null;
  /** The position of the latest message; without one, of the creation. */
  seq: number;
  message_count: Generated<number>;
  /** The sum of `memberNumber` of its members, by which a conversation of exactly these users is found. */
  members_key: Generated<number>;
  created_at: number;
  updated_at: number;
}

/** The members of a conversation, each with their own name, icon and status of it. */
export interface PpmessageConversationMembersTable {
  uuid: string;
  app_uuid: string;
  conversation_uuid: string;
  user_uuid: string;
  conversation_name: string | null;
  conversation_icon: string | null;
  conversation_status: 'NEW' | 'OPEN' | 'CLOSE';
  /** That of the conversation: a member's list is in this order. */
  seq: number;
  created_at: number;
  updated_at: number;
}

export interface PpmessageMessagesTable {
  app_uuid: string;
  /** Chosen by the sender. */
  uuid: string;
  conversation_uuid: string;
  conversation_type: 'P2S' | 'S2P' | 'S2S';
  from_uuid: string;
  from_type: 'DU' | 'AP';
  from_device_uuid: string | null;
  to_uuid: string;
  to_type: 'DU' | 'OG' | 'AP' | 'CV';
  message_subtype: 'TEXT' | 'TXT' | 'IMAGE' | 'AUDIO' | 'VIDEO' | 'DOCUMENT' | 'FILE';
  body: string;
  seq: number;
  created_at: number;
}

/** One row for each recipient of a message (P-43). */
export interface PpmessagePushesTable {
  uuid: string;
  app_uuid: string;
  user_uuid: string;
  message_uuid: string;
  /** The position of the message. */
  seq: number;
  acked_at: number | null;
}

/** Groups of canned answers. */
export interface PpmessageScriptGroupsTable {
  uuid: string;
  app_uuid: string;
  group_name: string;
  created_at: number;
  updated_at: number;
}

/** Canned answers. */
export interface PpmessageScriptsTable {
  uuid: string;
  app_uuid: string;
  group_uuid: string | null;
  script_question: string | null;
  script_answer: string;
  created_at: number;
  updated_at: number;
}

/** Uploaded files. One that no message uses and no icon names is deleted after a day (P-90). */
export interface PpmessageFilesTable {
  uuid: string;
  /** Null while no app has used it, and after its app was deleted. */
  app_uuid: string | null;
  /** In src/files. */
  key: string;
  name: string;
  /** Media type of the content. */
  type: string;
  /** In bytes. */
  size: number;
  /** Whether a message uses it. */
  is_used: Flag;
  created_at: number;
}

/** Customers who wait for a conversation: one row for each customer and group (P-70). */
export interface PpmessageWaitingCustomersTable {
  uuid: string;
  app_uuid: string;
  user_uuid: string;
  /** Null for the agents of the whole app. */
  group_uuid: string | null;
  /** The customer's place: the app's own order of events. */
  seq: number;
  /** When the customer last asked. */
  asked_at: number;
  created_at: number;
}

/** Packages of the agent's program, which operators list (P-77). */
export interface PpmessagePackagesTable {
  app_distinct_name: string;
  app_platform: string;
  app_friendly_name: string | null;
  app_file_name: string | null;
  app_version_code: number | null;
  app_version_name: string | null;
  app_file_id: string | null;
  app_file_url: string | null;
  app_plist_url: string | null;
}

/** Pages that customers visited, and events on them (P-80). */
export interface PpmessageNavigationsTable {
  uuid: string;
  app_uuid: string;
  user_uuid: string;
  device_uuid: string;
  visit_page_url: string | null;
  /** JSON text. */
  navigation_data: string;
  created_at: number;
}

/** What names a user, a group, a conversation or another row of an app. */
export interface AppKey {
  app_uuid: string;
  uuid: string;
}

export type AppRow = Selectable<PpmessageAppsTable>;
export type UserRow = Selectable<PpmessageUsersTable>;
export type DeviceRow = Selectable<PpmessageDevicesTable>;
export type GroupRow = Selectable<PpmessageGroupsTable>;
export type ConversationRow = Selectable<PpmessageConversationsTable>;
export type MemberRow = Selectable<PpmessageConversationMembersTable>;
export type MessageRow = Selectable<PpmessageMessagesTable>;
export type FileRow = Selectable<PpmessageFilesTable>;
export type ScriptRow = Selectable<PpmessageScriptsTable>;
export type WaitingCustomerRow = Selectable<PpmessageWaitingCustomersTable>;
export type NavigationRow = Selectable<PpmessageNavigationsTable>;
export type ScriptGroupRow = Selectable<PpmessageScriptGroupsTable>;

declare module '../../database/tables.ts' {
  interface Tables extends PpmessageTables {}
}
