import type { Selectable } from 'kysely';
import type { components } from '../../../generated/ppmessage.ts';
import type {
  PpmessageAppsTable,
  PpmessageConversationMembersTable,
  PpmessageConversationsTable,
  PpmessageDevicesTable,
  PpmessageGroupsTable,
  PpmessageMessagesTable,
  PpmessageScriptGroupsTable,
  PpmessageScriptsTable,
  PpmessageUsersTable,
} from '../database/tables.ts';

type Schemas = components['schemas'];

/** A time in milliseconds as records have it: `2026-03-02 01:30:00 000000`, UTC, to the microsecond. */
export const toTimestamp = (time: number): string =>
  `${new Date(time).toISOString().replace(/T|\./g, ' ').slice(0, -1)}000`;

/** A time in milliseconds in whole seconds. */
const toUnixTime = (time: number): number => Math.floor(time / 1000);

const toTimes = ({ created_at, updated_at }: { created_at: number; updated_at: number }) => ({
  createtime: toTimestamp(created_at),
  updatetime: toTimestamp(updated_at),
});

export function toApp(app: Selectable<PpmessageAppsTable>): Schemas['App'] {
  const { last_seq, created_at, updated_at, ...columns } = app;
  return {
    ...columns,
    return_offline_message: app.return_offline_message === 1,
    ppcom_powered_by_visible: app.ppcom_powered_by_visible === 1,
    ...toTimes(app),
  };
}

export function toUser(user: Selectable<PpmessageUsersTable>): Schemas['User'] {
  const {
    app_uuid,
    is_service_user,
    is_distributor_user,
    latest_send_message_time: sent,
    password_hash,
    created_at,
    updated_at,
    removed_at,
    ...columns
  } = user;
  return {
    ...columns,
    user_email: user.user_email ?? '',
    is_anonymous_user: user.is_anonymous_user === 1,
    user_silence_notification: user.user_silence_notification === 1,
    user_show_badge: user.user_show_badge === 1,
    user_mute_notification: user.user_mute_notification === 1,
    user_mute_other_mobile_device: user.user_mute_other_mobile_device === 1,
    // Nothing here verifies them.
    is_email_verified: false,
    is_mobile_verified: false,
    latest_send_message_time: sent === null ? null : toTimestamp(sent),
  };
}

export const toUserRecord = (user: Selectable<PpmessageUsersTable>): Schemas['UserRecord'] => ({
  ...toUser(user),
  ...toTimes(user),
});

/** The short view that stands beside messages and conversations. */
export const toSender = (
  user: Pick<PpmessageUsersTable, 'uuid' | 'user_fullname' | 'user_icon' | 'user_email'>,
): Schemas['Sender'] => ({
  uuid: user.uuid,
  user_fullname: user.user_fullname,
  user_icon: user.user_icon,
  user_email: user.user_email ?? '',
});

/** A user with what `listCards` found beside the row. */
export type CardRow = Selectable<PpmessageUsersTable> & {
  groups: readonly Schemas['GroupSummary'][];
  onlineTypes: readonly Schemas['OsType'][];
};

export function toUserCard(user: CardRow): Schemas['UserCard'] {
  const mobile = user.onlineTypes.filter((type) => isMobile(type, user));
  return {
    ...toSender(user),
    user_signature: user.user_signature,
    is_mobile_online: mobile.length > 0,
    is_browser_online: user.onlineTypes.length > mobile.length,
    group: user.groups.length === 0 ? null : [...user.groups],
    updatetime: toUnixTime(user.updated_at),
  };
}

/** Whether a device counts as somebody's phone: of customers only those that get pushes do. */
export const isMobile = (type: Schemas['OsType'], user: { is_service_user: 0 | 1 }): boolean =>
  type === 'AND' || type === 'IOS' || (type === 'WIP' && user.is_service_user === 1);

/** A user's whole seconds, as PP_GET_USER_INFO has them. */
export const toUserTimes = (user: Selectable<PpmessageUsersTable>) => ({
  createtime: toUnixTime(user.created_at),
  updatetime: toUnixTime(user.updated_at),
});

export function toDevice(device: Selectable<PpmessageDevicesTable>): Schemas['Device'] {
  const {
    online_until,
    online_since,
    online_stream,
    device_android_gcmtoken,
    device_android_jpush_registrationid,
    device_ios_token,
    created_at,
    updated_at,
    ...columns
  } = device;
  return {
    ...columns,
    device_is_online: online_until > Date.now(),
    is_ppcom_device: device.is_ppcom_device === 1,
    ...toTimes(device),
  };
}

export function toGroup(group: Selectable<PpmessageGroupsTable>): Schemas['OrgGroup'] {
  const { created_at, updated_at, ...columns } = group;
  // No operation puts a group below another one.
  return { ...columns, parent_group_uuid: null, is_distributor: group.is_distributor === 1, ...toTimes(group) };
}

/** A conversation's own columns; what a member sees of it differs in name and icon. */
export function toConversation(
  conversation: Selectable<PpmessageConversationsTable>,
  view: Pick<PpmessageConversationMembersTable, 'conversation_name' | 'conversation_icon'> = conversation,
): Schemas['Conversation'] {
  const { seq, created_at, updated_at, ...columns } = conversation;
  return {
    ...columns,
    conversation_name: view.conversation_name,
    conversation_icon: view.conversation_icon,
    status: conversation.latest_task === null ? 'NEW' : 'OPEN',
    ...toTimes(conversation),
  };
}

export function toConversationData(member: Selectable<PpmessageConversationMembersTable>): Schemas['ConversationData'] {
  const { created_at, updated_at, ...columns } = member;
  // No operation sets an alias, or mutes one conversation.
  return { ...columns, user_name: null, user_mute_notification: false, ...toTimes(member) };
}

type MessageRow = Selectable<PpmessageMessagesTable>;

/** The form in which recipients get a message (facts, 5.2). */
export function toWire(message: MessageRow): Schemas['WireMessage'] {
  const toApp = message.conversation_type === 'S2P';
  return {
    id: message.uuid,
    ci: message.conversation_uuid,
    ct: message.conversation_type,
    fi: message.from_uuid,
    ft: message.from_type,
    ti: toApp ? message.app_uuid : message.to_uuid,
    tt: toApp ? 'AP' : message.to_type,
    mt: 'NOTI',
    ms: message.message_subtype,
    tl: null,
    bo: message.body,
    ts: message.created_at / 1000,
  };
}

export const toWireText = (message: MessageRow): string => JSON.stringify(toWire(message));

/** The summary that lists of conversations show of their latest message. */
export function toMessageSummary(message: MessageRow): Schemas['MessageSummary'] {
  const time = toTimestamp(message.created_at);
  return {
    uuid: message.uuid,
    conversation_type: message.conversation_type,
    message_type: 'NOTI',
    message_subtype: message.message_subtype,
    from_uuid: message.from_uuid,
    from_type: message.from_type,
    body: message.body,
    message_body: toWireText(message),
    createtime: time,
    updatetime: time,
  };
}

export function toMessage(message: MessageRow, sender: Schemas['Sender'] | null): Schemas['Message'] {
  return {
    ...toMessageSummary(message),
    app_uuid: message.app_uuid,
    conversation_uuid: message.conversation_uuid,
    from_device_uuid: message.from_device_uuid,
    to_uuid: message.to_uuid,
    to_type: message.to_type,
    // A message goes to people, on whatever device.
    to_device_uuid: null,
    title: null,
    task_status: 'PROCESSED',
    from_user: sender,
  };
}

export function toScript(script: Selectable<PpmessageScriptsTable>): Schemas['Script'] {
  const { created_at, updated_at, ...columns } = script;
  return { ...columns, ...toTimes(script) };
}

export function toScriptGroup(group: Selectable<PpmessageScriptGroupsTable>): Schemas['ScriptGroup'] {
  const { created_at, updated_at, ...columns } = group;
  return { ...columns, ...toTimes(group) };
}
