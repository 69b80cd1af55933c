import type { Generated } from 'kysely';

/** Tables of src/ucenter. Ids are whole numbers, as in the document (U-30); `client_id` is the application's. */
export interface UcenterTables {
  ucenter_users: UcenterUsersTable;
  ucenter_account_links: UcenterAccountLinksTable;
  ucenter_fields: UcenterFieldsTable;
  ucenter_details: UcenterDetailsTable;
  ucenter_roles: UcenterRolesTable;
  ucenter_permissions: UcenterPermissionsTable;
  ucenter_user_roles: UcenterUserRolesTable;
  ucenter_role_permissions: UcenterRolePermissionsTable;
  ucenter_sms_codes: UcenterSmsCodesTable;
  ucenter_sms_guesses: UcenterSmsGuessesTable;
  ucenter_sms_messages: UcenterSmsMessagesTable;
  ucenter_emails: UcenterEmailsTable;
  ucenter_html_senders: UcenterHtmlSendersTable;
  ucenter_files: UcenterFilesTable;
  ucenter_logs: UcenterLogsTable;
  ucenter_storage: UcenterStorageTable;
}

export interface UcenterUsersTable {
  id: Generated<number>;
  /** One of 11 digits is the user's own phone, so that a phone signs in its owner only (U-28). */
  username: string;
  /** As it was typed. */
  email: string | null;
  /** The same in lower case, by which it is unique and found. */
  email_key: string | null;
  phone: string | null;
  /** From when on the address, or the phone, may confirm other changes and reset the password (U-48). */
  email_trusted_at: Generated<number>;
  phone_trusted_at: Generated<number>;
  /** argon2id. */
  password_hash: string;
  /** The application that the user registered through; null without a token (U-22). */
  client_id: string | null;
  created_at: number;
  updated_at: number;
}

/** Links that undo a change of login names or confirm it (U-48). */
export interface UcenterAccountLinksTable {
  /** SHA-256. */
  link_hash: string;
  user_id: number;
  /** 1 when its recipient was trusted at the time of the change. */
  may_confirm: number;
  /** The user before the change. */
  old_username: string;
  old_email: string | null;
  old_email_key: string | null;
  old_email_trusted_at: number;
  old_phone: string | null;
  old_phone_trusted_at: number;
  /** What has changed; null for what has not. */
  new_username: string | null;
  new_email: string | null;
  new_phone: string | null;
  created_at: number;
  expires_at: number;
}

/** The catalogue of details that a profile has, the same for all applications (U-26). */
export interface UcenterFieldsTable {
  name: string;
  title: string;
  /** Orders the catalogue. */
  position: number;
}

/** The values that users have filled in. */
export interface UcenterDetailsTable {
  user_id: number;
  name: string;
  value: string;
}

export interface UcenterRolesTable {
  id: Generated<number>;
  client_id: string;
  name: string;
  title: string;
}

export interface UcenterPermissionsTable {
  id: Generated<number>;
  client_id: string;
  /** Null for a group. */
  group_id: number | null;
  name: string;
  title: string;
}

export interface UcenterUserRolesTable {
  user_id: number;
  role_id: number;
}

export interface UcenterRolePermissionsTable {
  role_id: number;
  permission_id: number;
}

/** The one code of each phone, and how often a code was sent to it (U-34, U-35). */
export interface UcenterSmsCodesTable {
  phone: string;
  /** SHA-256 of phone and code; null once it is used up. */
  code_hash: string | null;
  expires_at: Generated<number>;
  /** The caller who had the code sent, see `guesserKey`. */
  sent_by: string | null;
  /** The weight of all wrong guesses, see `MAX_WEIGHT`. */
  wrong_guesses: Generated<number>;
  sent_at: Generated<number>;
  /** Codes sent in the hour that began at `hour_began_at`. */
  sent_in_hour: Generated<number>;
  hour_began_at: Generated<number>;
  /** The last verifier of the phone, see `guesserKey`; counts until `verified_until`. */
  verified_by: string | null;
  verified_until: Generated<number>;
}

/** Wrong guesses of one caller for the code of a phone. */
export interface UcenterSmsGuessesTable {
  phone: string;
  guesser: string;
  guesses: number;
}

/** The columns that all records have. `user_id` is null when the application acted for itself. */
interface RecordColumns {
  id: Generated<number>;
  client_id: string;
  user_id: number | null;
  created_at: number;
}

export interface UcenterSmsMessagesTable extends RecordColumns {
  phone: string;
  /** Asterisks replace the code (U-41). */
  content: string;
  /** Id in `messages_outbox`. */
  message_id: string;
}

export interface UcenterEmailsTable extends RecordColumns {
  email: string;
  subject: string;
  content: string;
  message_id: string;
}

/** Applications that may send e-mail as HTML (U-46). */
export interface UcenterHtmlSendersTable {
  client_id: string;
}

export interface UcenterFilesTable extends RecordColumns {
  /** Key of the bytes in `context.files`. */
  key: string;
  file_name: string;
  extension: string;
  mime_type: string;
  size: number;
}

/** The files of one application together. */
export interface UcenterStorageTable {
  client_id: string;
  bytes: number;
}

export interface UcenterLogsTable extends RecordColumns {
  type: 'A' | 'D' | 'S' | 'U';
  title: string;
  data: string;
  sql: string;
  ip: string;
}

declare module '../../database/tables.ts' {
  interface Tables extends UcenterTables {}
}
