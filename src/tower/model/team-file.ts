import { FIELD_TYPES } from './custom-fields.ts';

/**
 * The file of `team export` and `team import`: one team as JSON. Members are named by their usernames, labels by their
 * names and custom fields by their keys. Times are ISO 8601 with an offset. What may be absent has the default of the
 * API; an absent creator is the owner of the team. Attachments, events and notifications are not part of it.
 */
export interface TeamFile {
  format: typeof FORMAT;
  name: string;
  members: MemberEntry[];
  labels?: string[];
  fields?: FieldEntry[];
  projects?: ProjectEntry[];
}

export const FORMAT = 'tower-team/1';

export interface MemberEntry {
  username: string;
  /** Required when there is no such user yet. */
  password?: string;
  nickname?: string;
  role?: 'owner' | 'admin' | 'member';
  is_active?: boolean;
  comment?: string | null;
  phone?: string | null;
  created_at?: string;
}

export interface FieldEntry {
  key: string;
  name: string;
  type: (typeof FIELD_TYPES)[number];
  multiple?: boolean;
  options?: { value: string; label: string }[];
}

/** What all things have. */
interface Entry {
  creator?: string;
  created_at?: string;
  updated_at?: string;
}

export interface ProjectEntry extends Entry {
  name: string;
  desc?: string;
  members?: string[];
  is_archived?: boolean;
  /** Custom fields of this project alone. */
  fields?: FieldEntry[];
  /** In the order of their positions. The default list is added when there is none. */
  todolists?: TodolistEntry[];
  topics?: TopicEntry[];
}

export interface TodolistEntry extends Entry {
  name: string;
  desc?: string | null;
  is_default?: boolean;
  is_archived?: boolean;
  todos?: TodoEntry[];
}

export interface TodoEntry extends Entry {
  content: string;
  desc?: string | null;
  assignee?: string | null;
  priority?: 'highest' | 'higher' | 'normal' | 'lower';
  labels?: string[];
  cc?: string[];
  start_at?: string | null;
  due_at?: string | null;
  /** Of a completed todo. */
  closed_at?: string | null;
  closer?: string | null;
  /** Values of custom fields as they are written in the API; members by their usernames. */
  values?: Record<string, unknown>;
  comments?: CommentEntry[];
  time_logs?: TimeLogEntry[];
  /** Sub-todos. */
  todos?: TodoEntry[];
}

export interface TopicEntry extends Entry {
  title: string;
  content?: string;
  is_archived?: boolean;
  comments?: CommentEntry[];
}

export interface CommentEntry extends Entry {
  /** HTML. A mention links to `/members/<username>`. */
  content: string;
}

export interface TimeLogEntry extends Entry {
  desc?: string;
  starts_at: string;
  ends_at: string;
}

const text = (maxLength: number, minLength = 0) => ({ type: 'string', minLength, maxLength });
const textOrNull = (maxLength: number) => ({ type: ['string', 'null'], maxLength });
const name = text(255, 1);
const html = text(1_000_000);
const htmlOrNull = textOrNull(1_000_000);
const flag = { type: 'boolean' };
const time = { type: 'string', format: 'date-time' };
const timeOrNull = { type: ['string', 'null'], format: 'date-time' };
const listOf = (items: object) => ({ type: 'array', items });
const object = (required: readonly string[], properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
});
const entry = { creator: name, created_at: time, updated_at: time };

const field = object(['key', 'name', 'type'], {
  key: { type: 'string', pattern: '^\\w{1,64}$' },
  name,
  type: { enum: FIELD_TYPES },
  multiple: flag,
  options: listOf(object(['value', 'label'], { value: name, label: name })),
});

/** The JSON Schema of `TeamFile`. */
export const schema = {
  ...object(['format', 'name', 'members'], {
    format: { const: FORMAT },
    name,
    members: listOf(
      object(['username'], {
        username: name,
        password: name,
        nickname: name,
        role: { enum: ['owner', 'admin', 'member'] },
        is_active: flag,
        comment: textOrNull(1000),
        phone: textOrNull(100),
        created_at: time,
      }),
    ),
    labels: listOf(name),
    fields: listOf(field),
    projects: listOf(
      object(['name'], {
        ...entry,
        name,
        desc: text(10_000),
        members: listOf(name),
        is_archived: flag,
        fields: listOf(field),
        todolists: listOf(
          object(['name'], {
            ...entry,
            name,
            desc: htmlOrNull,
            is_default: flag,
            is_archived: flag,
            todos: listOf({ $ref: '#/$defs/todo' }),
          }),
        ),
        topics: listOf(
          object(['title'], {
            ...entry,
            title: name,
            content: html,
            is_archived: flag,
            comments: listOf({ $ref: '#/$defs/comment' }),
          }),
        ),
      }),
    ),
  }),
  $defs: {
    comment: object(['content'], { ...entry, content: html }),
    todo: object(['content'], {
      ...entry,
      content: text(10_000, 1),
      desc: htmlOrNull,
      assignee: textOrNull(255),
      priority: { enum: ['highest', 'higher', 'normal', 'lower'] },
      labels: listOf(name),
      cc: listOf(name),
      start_at: timeOrNull,
      due_at: timeOrNull,
      closed_at: timeOrNull,
      closer: textOrNull(255),
      values: { type: 'object' },
      comments: listOf({ $ref: '#/$defs/comment' }),
      time_logs: listOf(object(['starts_at', 'ends_at'], { ...entry, desc: html, starts_at: time, ends_at: time })),
      todos: listOf({ $ref: '#/$defs/todo' }),
    }),
  },
};
