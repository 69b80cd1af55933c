import type { Generated } from 'kysely';

/** Tables of src/ucenter. Ids are whole numbers here, as the document shows them; `client_id` is the app's. */
export interface UcenterTables {
  ucenter_users: UcenterUsersTable;
  ucenter_fields: UcenterFieldsTable;
  ucenter_details: UcenterDetailsTable;
  ucenter_roles: UcenterRolesTable;
  ucenter_permissions: UcenterPermissionsTable;
  ucenter_user_roles: UcenterUserRolesTable;
  ucenter_role_permissions: UcenterRolePermissionsTable;
  ucenter_sms_codes: UcenterSmsCodesTable;
  ucenter_sms_messages: UcenterSmsMessagesTable;
  ucenter_emails: UcenterEmailsTable;
  ucenter_files: UcenterFilesTable;
  ucenter_logs: UcenterLogsTable;
}

/** People. */
export interface UcenterUsersTable {
  id: Generated<number>;
  /** One of 11 digits is always the user's own phone, so that nobody signs in by another's number. */
  username: string;
  /** As it was typed. */
  email: string | null;
  /** The same in lower case, by which it is unique and found. */
  email_key: string | null;
  phone: string | null;
  /** argon2id. */
  password_hash: string;
  /** The app that the person registered through, when it told. */
  client_id: string | null;
  created_at: number;
  updated_at: number;
}

/** The catalogue of details that a profile can have; the same for all apps. */
export interface UcenterFieldsTable {
  name: string;
  title: string;
  /** Their order. */
  position: number;
}

/** What people have filled in. */
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

/** The one code of each phone, and how often it was sent one. */
export interface UcenterSmsCodesTable {
  phone: string;
  /** SHA-256 of phone and code; null once it was used up. */
  code_hash: string | null;
  expires_at: Generated<number>;
  /** Wrong guesses. */
  attempts: Generated<number>;
  sent_at: Generated<number>;
  /** How many were sent in the hour that began at `hour_began_at`. */
  sent_in_hour: Generated<number>;
  hour_began_at: Generated<number>;
  /** Whoever proved the number last, see `proverOf`, and until when that counts. */
  proved_by: string | null;
  proved_until: Generated<number>;
}

/** What all records of an app have: who caused it (null for the app itself) and when. */
interface RecordColumns {
  id: Generated<number>;
  client_id: string;
  user_id: number | null;
  created_at: number;
}

export interface UcenterSmsMessagesTable extends RecordColumns {
  phone: string;
  /** With asterisks in place of the code. */
  content: string;
  /** In `messages_outbox`. */
  message_id: string;
}

export interface UcenterEmailsTable extends RecordColumns {
  email: string;
  subject: string;
  content: string;
  message_id: string;
}

export interface UcenterFilesTable extends RecordColumns {
  /** Of the bytes, in `context.files`. */
  key: string;
  file_name: string;
  extension: string;
  mime_type: string;
  size: number;
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
