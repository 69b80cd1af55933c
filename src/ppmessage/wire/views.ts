import type { components } from '../../../generated/ppmessage.ts';
import type {
  AppRow,
  ConversationRow,
  DeviceRow,
  GroupRow,
  MemberRow,
  MessageRow,
  NavigationRow,
  ScriptGroupRow,
  ScriptRow,
  UserRow,
} from '../database/tables.ts';
import { welcomeOf } from '../model/apps.ts';
import type { OwnConversation } from '../model/assignment.ts';
import { isMobile, isOnlineAt } from '../model/devices.ts';
import type { ApiKey } from '../model/keys.ts';
import type { Level } from '../model/levels.ts';
import type { MessageWithSender } from '../model/messages.ts';
import type { DeliveredMessage } from '../model/pushes.ts';
import type { CardRow } from '../model/user-cards.ts';

/** Views of rows. P-24 has the formats of times. */

type Schemas = components['schemas'];
type SenderRow = Pick<UserRow, 'uuid' | 'user_fullname' | 'user_icon' | 'user_email'>;

/** Renders a time in milliseconds as `2026-03-02 01:30:00 000000`: UTC, with microseconds. */
export const toTimestamp = (time: number): string =>
  `${new Date(time).toISOString().replace(/T|\./g, ' ').slice(0, -1)}000`;

/** Renders a time in milliseconds as whole seconds since 1970. */
const toUnixTime = (time: number): number => Math.floor(time / 1000);

const toTimes = ({ created_at, updated_at }: { created_at: number; updated_at: number }) => ({
  createtime: toTimestamp(created_at),
  updatetime: toTimestamp(updated_at),
});

export function toApp(app: AppRow): Schemas['App'] {
  const { last_seq, message_count, upload_needs_token, created_at, updated_at, removed_at, ...columns } = app;
  return {
    ...columns,
    return_offline_message: app.return_offline_message === 1,
    ppcom_powered_by_visible: app.ppcom_powered_by_visible === 1,
    ...toTimes(app),
  };
}

export const toApiKey = (level: Level, { apiUuid, apiKey, apiSecret }: ApiKey): Schemas['ApiKey'] => ({
  api_uuid: apiUuid,
  api_level: level,
  api_key: apiKey,
  api_secret: apiSecret,
});

export function toUser(user: UserRow): Schemas['User'] {
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
    // No operation verifies them.
    is_email_verified: false,
    is_mobile_verified: false,
    latest_send_message_time: sent === null ? null : toTimestamp(sent),
  };
}

export const toUserRecord = (user: UserRow): Schemas['UserRecord'] => ({
  ...toUser(user),
  ...toTimes(user),
});

/** The sender of a message, or the creator of a conversation. */
export const toSender = (user: SenderRow): Schemas['Sender'] => ({
  uuid: user.uuid,
  user_fullname: user.user_fullname,
  user_icon: user.user_icon,
  user_email: user.user_email ?? '',
});

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

/** The times of a user in PP_GET_USER_INFO (P-30). */
export const toUserTimes = (user: UserRow) => ({
  createtime: toUnixTime(user.created_at),
  updatetime: toUnixTime(user.updated_at),
});

/** An agent who has logged in on a device (P-76). */
export const toLoggedInUser = (user: UserRow, { uuid }: DeviceRow, app: AppRow): Schemas['LoggedInUser'] => ({
  ...toUser(user),
  ...toUserTimes(user),
  is_owner_user: user.uuid === app.user_uuid,
  is_service_user: user.is_service_user === 1,
  is_distributor_user: user.is_distributor_user === 1,
  mqtt_topic: `${uuid}/#`,
  app: toApp(app),
});

/** @param now in milliseconds; the device is online or offline at this time */
export function toDevice(device: DeviceRow, now: number): Schemas['Device'] {
  const {
    online_until,
    online_since,
    online_stream,
    socket,
    login_token_id,
    is_development,
    device_android_gcmtoken,
    device_android_jpush_registrationid,
    device_ios_token,
    created_at,
    updated_at,
    ...columns
  } = device;
  return {
    ...columns,
    device_is_online: isOnlineAt(online_until, now),
    is_ppcom_device: device.is_ppcom_device === 1,
    ...toTimes(device),
  };
}

/** A customer with an online device. Only online devices are in the view. */
export const toPortalUser = (
  user: Pick<
    UserRow,
    'uuid' | 'user_fullname' | 'user_email' | 'ppcom_browser_device_uuid' | 'ppcom_mobile_device_uuid'
  >,
  { browser, mobile }: { browser: DeviceRow | undefined; mobile: DeviceRow | undefined },
  now: number,
): Schemas['PortalUser'] => ({
  ...user,
  user_email: user.user_email ?? '',
  ...(browser && { ppcom_browser_device: toDevice(browser, now) }),
  ...(mobile && { ppcom_mobile_device: toDevice(mobile, now) }),
});

export function toGroup(group: GroupRow): Schemas['OrgGroup'] {
  const { created_at, updated_at, ...columns } = group;
  // No operation puts a group into another one.
  return {
    ...columns,
    parent_group_uuid: null,
    is_distributor: group.is_distributor === 1,
    group_visible_for_ppcom: group.group_visible_for_ppcom === 1,
    ...toTimes(group),
  };
}

/** @param view the name and icon that a member sees (P-39) */
export function toConversation(
  conversation: ConversationRow,
  view: Pick<MemberRow, 'conversation_name' | 'conversation_icon'> = conversation,
): Schemas['Conversation'] {
  const { seq, message_count, members_key, created_at, updated_at, ...columns } = conversation;
  return {
    ...columns,
    conversation_name: view.conversation_name,
    conversation_icon: view.conversation_icon,
    status: conversation.latest_task === null ? 'NEW' : 'OPEN',
    ...toTimes(conversation),
  };
}

export function toConversationData(member: MemberRow): Schemas['ConversationData'] {
  const { seq, created_at, updated_at, ...columns } = member;
  // No operation sets an alias or mutes a conversation.
  return { ...columns, user_name: null, user_mute_notification: false, ...toTimes(member) };
}

/**
 * The conversation that a customer asked for (P-73).
 *
 * @param agents the other members
 */
export function toStartedConversation(
  { conversation, member }: OwnConversation,
  agents: readonly CardRow[],
  app: AppRow,
): Schemas['StartedConversation'] {
  const cards = agents.map(toUserCard);
  return {
    ...toConversation(conversation, member),
    conversation_uuid: conversation.uuid,
    conversation_data: toConversationData(member),
    user_list: cards,
    conversation_users: cards,
    app_name: app.app_name,
    app_welcome: welcomeOf(app),
  };
}

/** A conversation in a member's list. */
export const toUserConversation = ({
  conversation,
  member,
  creator,
  latestMessage,
}: {
  conversation: ConversationRow;
  member: MemberRow;
  creator: SenderRow;
  latestMessage: MessageRow | undefined;
}): Schemas['UserConversation'] => ({
  ...toConversation(conversation, member),
  conversation_data: toConversationData(member),
  from_user: toSender(creator),
  latest_message: latestMessage ? toMessageSummary(latestMessage) : null,
});

/** The wire form of a message (P-44). */
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

/** The latest message in lists of conversations. */
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

export function toMessage(message: MessageWithSender): Schemas['Message'] {
  return {
    ...toMessageSummary(message),
    app_uuid: message.app_uuid,
    conversation_uuid: message.conversation_uuid,
    from_device_uuid: message.from_device_uuid,
    to_uuid: message.to_uuid,
    to_type: message.to_type,
    // A message goes to users, not to single devices.
    to_device_uuid: null,
    title: null,
    task_status: 'PROCESSED',
    from_user: toSenderOf(message),
  };
}

/** Unacknowledged messages: the uuids of their push records in order, and the message of each. */
export const toUnackedMessages = (rows: readonly (MessageRow & { push_uuid: string })[]) => ({
  list: rows.map(({ push_uuid }) => push_uuid),
  message: Object.fromEntries(rows.map((row) => [row.push_uuid, toWireText(row)])),
});

/** A message in the event stream: the wire form with its push record and sender. */
export function toDeliveredMessage(message: DeliveredMessage): Schemas['DeliveredMessage'] {
  return { ...toWire(message), pid: message.push_uuid, from_user: toSenderOf(message) };
}

/** The sender of a message; null when the sender is the app. */
const toSenderOf = ({ from_uuid: uuid, user_fullname, user_icon, user_email }: MessageWithSender) =>
  user_fullname === null ? null : toSender({ uuid, user_fullname, user_icon, user_email });

/** The same over the socket, where the clients also read when the sender has changed. */
export function toSocketMessage(message: DeliveredMessage) {
  const delivered = toDeliveredMessage(message);
  const { from_user: sender } = delivered;
  return { ...delivered, from_user: sender && { ...sender, updatetime: toUnixTime(message.sender_updated_at ?? 0) } };
}

/** A record of a visited page (P-80). */
export const toNavigation = ({ created_at, ...columns }: NavigationRow): Schemas['Navigation'] => ({
  ...columns,
  ...toTimes({ created_at, updated_at: created_at }),
});

/** The short record of a user, without the e-mail address for callers who may not have it (P-82). */
export const toUserObject = (user: UserRow, showsEmail: boolean): Schemas['ObjectDetail'] =>
  toObject('DU', user, user.user_fullname, {
    email: showsEmail ? user.user_email : null,
    name: showsEmail ? user.user_name : null,
    desc: null,
    icon: user.user_icon,
  });

/** The short record of a group. */
export const toGroupObject = (group: GroupRow): Schemas['ObjectDetail'] =>
  toObject('OG', group, group.group_name, {
    email: null,
    name: null,
    desc: group.group_desc,
    icon: group.group_icon,
  });

const toObject = (
  type: 'DU' | 'OG',
  { uuid, updated_at }: { uuid: string; updated_at: number },
  fullname: string,
  more: Pick<Schemas['ObjectDetail'], 'email' | 'name' | 'desc' | 'icon'>,
): Schemas['ObjectDetail'] => ({
  ...more,
  type,
  uuid,
  fullname,
  pinyinname0: fullname.toLowerCase(),
  pinyinname1: fullname
    .split(/\s+/)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toLowerCase(),
  timestamp: toUnixTime(updated_at),
});

export function toScript(script: ScriptRow): Schemas['Script'] {
  const { created_at, updated_at, ...columns } = script;
  return { ...columns, ...toTimes(script) };
}

export function toScriptGroup(group: ScriptGroupRow): Schemas['ScriptGroup'] {
  const { created_at, updated_at, ...columns } = group;
  return { ...columns, ...toTimes(group) };
}
