import type { Generated } from 'kysely';

/** Tables of src/tower. */
export interface TowerTables {
  tower_users: TowerUsersTable;
  tower_teams: TowerTeamsTable;
  tower_members: TowerMembersTable;
  tower_subgroups: TowerSubgroupsTable;
  tower_subgroup_members: TowerSubgroupMembersTable;
  tower_projects: TowerProjectsTable;
  tower_project_members: TowerProjectMembersTable;
  tower_todolists: TowerTodolistsTable;
  tower_todos: TowerTodosTable;
  tower_labels: TowerLabelsTable;
  tower_todo_labels: TowerTodoLabelsTable;
  tower_custom_fields: TowerCustomFieldsTable;
  tower_custom_field_values: TowerCustomFieldValuesTable;
  tower_comments: TowerCommentsTable;
  tower_todo_cc_members: TowerTodoCcMembersTable;
  tower_topics: TowerTopicsTable;
  tower_attfiles: TowerAttfilesTable;
  tower_attfile_versions: TowerAttfileVersionsTable;
  tower_uploads: TowerUploadsTable;
  tower_time_logs: TowerTimeLogsTable;
  tower_events: TowerEventsTable;
  tower_progresses: TowerProgressesTable;
  tower_notifications: TowerNotificationsTable;
  tower_webhooks: TowerWebhooksTable;
}

/** Users can sign in. A user has one member in each team. */
export interface TowerUsersTable {
  /** 32 lower-case hex digits, like all ids of Tower (T-31). */
  id: string;
  /** Lower case. */
  username: string;
  email: string;
  nickname: string;
  /** URL of a picture. */
  gavatar: string;
  /** argon2id. */
  password_hash: string;
  /** 1: signing in takes a code besides the password. */
  second_step: Generated<0 | 1>;
  created_at: number;
  updated_at: number;
}

export interface TowerTeamsTable {
  id: string;
  name: string;
  /** The newest team-wide number; todos, topics and uploads of a team share one counter (T-40). */
  last_wide_id: Generated<number>;
  /** The bytes of all its files, reservations included (T-48). */
  attfile_bytes: Generated<number>;
  created_at: number;
  updated_at: number;
}

/** A user's membership in one team, with a nickname and a picture of its own. */
export interface TowerMembersTable {
  id: string;
  team_id: string;
  user_id: string;
  nickname: string;
  gavatar: string;
  role: 'owner' | 'admin' | 'member';
  is_active: Generated<0 | 1>;
  comment: string | null;
  phone: string | null;
  created_at: number;
  updated_at: number;
}

export interface TowerSubgroupsTable {
  id: string;
  team_id: string;
  name: string;
  created_at: number;
  updated_at: number;
}

export interface TowerSubgroupMembersTable {
  subgroup_id: string;
  member_id: string;
}

/** A row that stays in its table when it is deleted; what is below it is then deleted, too (T-43). */
interface Deletable {
  /** 0: deleted. */
  is_active: Generated<0 | 1>;
  created_at: number;
  updated_at: number;
}

export interface TowerProjectsTable extends Deletable {
  id: string;
  team_id: string;
  creator_id: string;
  name: string;
  description: string;
  color_id: number | null;
  icon_id: number | null;
  is_archived: Generated<0 | 1>;
  /** 1: the project is deleted, and so is everything in it. */
  is_emptied: Generated<0 | 1>;
}

export interface TowerProjectMembersTable {
  project_id: string;
  member_id: string;
  /** Of this member's own list of projects. */
  is_pinned: Generated<0 | 1>;
}

export interface TowerTodolistsTable extends Deletable {
  id: string;
  team_id: string;
  project_id: string;
  creator_id: string;
  archiver_id: string | null;
  name: string;
  description: string | null;
  /** 0 for the default list, then 1, 2, … in the order of creation. */
  position: number;
  is_default: Generated<0 | 1>;
  is_archived: Generated<0 | 1>;
  completed_at: number | null;
}

export interface TowerTodosTable extends Deletable {
  id: string;
  team_id: string;
  project_id: string;
  todolist_id: string;
  /** A sub-todo's todo. */
  parent_id: string | null;
  /** Unique in the team. */
  team_wide_id: number;
  creator_id: string;
  assignee_id: string | null;
  /** The member that completed it. */
  closer_id: string | null;
  /** Text. */
  content: string;
  /** Sanitised HTML. */
  description: string | null;
  priority: 'highest' | 'higher' | 'normal' | 'lower';
  /** The beginning of a day in China. */
  start_at: number | null;
  /** The last second of a day in China. */
  due_at: number | null;
  closed_at: number | null;
  is_completed: Generated<0 | 1>;
}

export interface TowerLabelsTable {
  id: Generated<number>;
  team_id: string;
  name: string;
}

export interface TowerTodoLabelsTable {
  todo_id: string;
  label_id: number;
}

export interface TowerCustomFieldsTable {
  team_id: string;
  /** Of the wire, such as `select_C4SJPfKe`; unique in the team. */
  key: string;
  /** Null: of every project of the team. */
  project_id: string | null;
  name: string;
  field_type: 'number' | 'string' | 'date' | 'member' | 'select' | 'hyperlink';
  is_multiple: Generated<0 | 1>;
  /** JSON: a list of `{value, label}`, empty but for `select`. */
  options: string;
  position: number;
}

/** All custom field values of one todo. */
export interface TowerCustomFieldValuesTable {
  id: Generated<number>;
  todo_id: string;
  /** JSON: key → value as it was written. */
  custom_fields: string;
}

/** What comments and attachments belong to. */
export type TargetType = 'todo' | 'todolist' | 'topic' | 'upload';

export interface TowerCommentsTable extends Deletable {
  id: string;
  team_id: string;
  project_id: string;
  target_type: TargetType;
  target_id: string;
  creator_id: string;
  /** Sanitised HTML. */
  content: string;
}

export interface TowerTodoCcMembersTable {
  todo_id: string;
  member_id: string;
}

export interface TowerTopicsTable extends Deletable {
  id: string;
  team_id: string;
  project_id: string;
  team_wide_id: number;
  creator_id: string;
  title: string;
  /** Sanitised HTML. */
  content: string;
  is_archived: Generated<0 | 1>;
}

/** A reserved upload, later a stored file, later attached once. */
export interface TowerAttfilesTable {
  id: string;
  team_id: string;
  creator_id: string;
  filename: string;
  byte_size: number;
  /** Hex. */
  md5: string;
  content_type: string | null;
  width: number | null;
  height: number | null;
  /** Of src/files; null until the bytes have come. */
  file_id: string | null;
  stored_at: number | null;
  /** When a reservation without bytes, or bytes without a target, may be deleted. */
  expires_at: number;
  target_type: TargetType | 'comment' | null;
  target_id: string | null;
  /** Signs the form of the upload and the addresses of the file. */
  signing_key: string;
  created_at: number;
}

/** A smaller version of a picture. */
export interface TowerAttfileVersionsTable {
  attfile_id: string;
  version: 'small' | 'medium' | 'large';
  /** Of src/files. */
  file_id: string;
  content_type: string;
  byte_size: number;
  created_at: number;
}

export interface TowerUploadsTable extends Deletable {
  id: string;
  team_id: string;
  project_id: string;
  team_wide_id: number;
  creator_id: string;
  attfile_id: string;
  name: string;
  description: string | null;
}

export interface TowerTimeLogsTable extends Deletable {
  id: Generated<number>;
  team_id: string;
  project_id: string;
  todo_id: string;
  /** The member that the time is booked on. */
  creator_id: string;
  description: string;
  starts_at: number;
  ends_at: number;
}

/** A visible change in a project. Ids of one team grow in the order of the commits. */
export interface TowerEventsTable {
  id: Generated<number>;
  team_id: string;
  project_id: string;
  creator_id: string;
  /** A key of `EventAction` in model/events.ts. */
  action: string;
  /** Name of the thing when it happened. */
  title: string;
  target_id: string;
  created_at: number;
}

/** The act that caused notifications. */
export interface TowerProgressesTable {
  id: Generated<number>;
  creator_id: string;
  progress_ty: string;
  subject: string;
  content: string;
  created_at: number;
}

export interface TowerNotificationsTable {
  id: string;
  team_id: string;
  /** The recipient. */
  member_id: string;
  progress_id: number;
  notifyable_type: string;
  target_id: string;
  is_read: Generated<0 | 1>;
  created_at: number;
}

/** Addresses at which applications get the events and notifications of a team (T-63). */
export interface TowerWebhooksTable {
  id: string;
  /** Always `tower`: clients of the authorization server have an API. */
  api: Generated<string>;
  client_id: string;
  team_id: string;
  /** The member who registered it, and has thereby allowed the application. */
  member_id: string;
  url: string;
  /** Encrypted with `SECRET_KEY`. */
  secret: string;
  wants_events: 0 | 1;
  wants_notifications: 0 | 1;
  /** Since when no delivery was accepted; null after an accepted one. */
  failing_since: number | null;
  /** Null while it is on. */
  disabled_at: number | null;
  disabled_reason: 'failing' | 'gone' | null;
  created_at: number;
}

declare module '../../database/tables.ts' {
  interface Tables extends TowerTables {}
}
