import type { Insertable } from 'kysely';
import { demoTime } from '../demo-time.ts';
import type * as tables from './database/tables.ts';
import {
  conversations,
  type DemoContent,
  type DemoConversation,
  devices,
  groups,
  isAgent,
  type Moment,
  scriptGroups,
  scripts,
  type UserName,
  users,
  visits,
  waiting,
} from './demo-content.ts';
import { demoFile, RECORDING_SECONDS, toFileRow } from './demo-files.ts';
import { appUuid, demoId } from './demo-ids.ts';
import { membersKey } from './model/members-key.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The pace of the conversations. */
const REPLY_MS = 2 * MINUTE_MS;

/** The page of the shop. */
const SHOP = 'https://shop.example/';

type Rows<Table extends keyof tables.PpmessageTables> = Insertable<tables.PpmessageTables[Table]>[];

const timeOf = (moment: Moment, now: number): number => demoTime(now, ...moment);

const timesAt = (time: number) => ({ created_at: time, updated_at: time });

const conversationId = (place: number) => demoId('30', place + 1);
const groupId = (place: number) => demoId('10', place + 1);
const deviceId = (place: number) => demoId('40', place + 1);

/** The rows of the demo app's conversations, in the order of its events. */
export class DemoPlan {
  readonly conversations: Rows<'ppmessage_conversations'> = [];
  readonly members: Rows<'ppmessage_conversation_members'> = [];
  readonly messages: Rows<'ppmessage_messages'> = [];
  readonly pushes: Rows<'ppmessage_pushes'> = [];
  readonly files: Rows<'ppmessage_files'> = [];
  readonly waiting: Rows<'ppmessage_waiting_customers'> = [];
  /** When users sent their latest messages. */
  readonly sentAt = new Map<UserName, number>();
  /** The latest position of the app. */
  seq = 0;
  private readonly appName: string;
  private readonly now: number;

  constructor(appName: string, now: number) {
    this.appName = appName;
    this.now = now;
    let latest = 0;
    for (const [place, conversation] of conversations.entries()) {
      const startedAt = timeOf(conversation.at, now);
      this.addConversation(conversation, place, startedAt);
      for (const [index, [from, content]] of conversation.messages.entries()) {
        latest = startedAt + (index + 1) * REPLY_MS;
        this.addMessage(place, from, content, latest);
      }
    }
    for (const [index, { user, group, at }] of waiting.entries())
      this.waiting.push({
        uuid: demoId('80', index + 1),
        app_uuid: appUuid,
        user_uuid: users[user].uuid,
        group_uuid: group === undefined ? null : groupId(group),
        seq: this.nextSeq(),
        asked_at: now,
        created_at: timeOf(at, now),
      });
  }

  private nextSeq(): number {
    this.seq += 1;
    return this.seq;
  }

  private addConversation(conversation: DemoConversation, place: number, startedAt: number): void {
    const { creator, members, group, isClosed, messages } = conversation;
    const [first] = members as readonly [UserName];
    const name = members.length === 1 ? users[first].fullname : (groups[group ?? -1]?.name ?? this.appName);
    const uuid = conversationId(place);
    const present = [creator, ...members].filter((member) => member !== 'removed');
    this.conversations.push({
      uuid,
      app_uuid: appUuid,
      user_uuid: users[creator].uuid,
      assigned_uuid: members.length === 1 && first !== 'removed' ? users[first].uuid : null,
      group_uuid: group === undefined ? null : groupId(group),
      conversation_type: isAgent(creator) ? 'S2S' : 'P2S',
      conversation_name: name,
      conversation_icon: null,
      latest_task: null,
      seq: this.nextSeq(),
      message_count: 0,
      members_key: membersKey(present.map((member) => users[member].uuid)),
      ...timesAt(startedAt),
    });
    const open = messages.length === 0 ? 'NEW' : 'OPEN';
    for (const member of present) {
      this.members.push({
        uuid: demoId('31', this.members.length + 1),
        app_uuid: appUuid,
        conversation_uuid: uuid,
        user_uuid: users[member].uuid,
        conversation_name: member === creator ? name : users[creator].fullname,
        conversation_icon: null,
        conversation_status: isClosed ? 'CLOSE' : open,
        seq: this.seq,
        created_at: startedAt,
        updated_at: startedAt + messages.length * REPLY_MS,
      });
    }
  }

  private addMessage(place: number, from: UserName, content: DemoContent, time: number): void {
    const conversation = this.conversations[place] as DemoPlan['conversations'][number];
    const uuid = demoId('50', this.messages.length + 1);
    const seq = this.nextSeq();
    const message_count = (conversation.message_count ?? 0) + 1;
    Object.assign(conversation, { latest_task: uuid, seq, message_count, updated_at: time });
    const { creator, members } = conversations[place] as DemoConversation;
    const isInternal = isAgent(creator);
    const peer = from === creator ? (members[0] as UserName) : creator;
    const toAgents = isAgent(from) ? 'S2P' : 'P2S';
    const device = devices.findIndex(({ user }) => user === from);
    this.messages.push({
      app_uuid: appUuid,
      uuid,
      conversation_uuid: conversation.uuid,
      conversation_type: isInternal ? 'S2S' : toAgents,
      from_uuid: users[from].uuid,
      from_type: 'DU',
      from_device_uuid: device === -1 ? null : deviceId(device),
      ...(isInternal ? { to_uuid: users[peer].uuid, to_type: 'DU' } : { to_uuid: appUuid, to_type: 'AP' }),
      message_subtype: typeof content === 'string' ? 'TEXT' : content.kind,
      body: toBody(content),
      seq,
      created_at: time,
    });
    if (typeof content !== 'string') this.files.push(toFileRow(content.file, time));
    this.sentAt.set(from, time);
    const isAcknowledged = time < this.now - DAY_MS;
    for (const member of this.members.filter(({ conversation_uuid }) => conversation_uuid === conversation.uuid)) {
      Object.assign(member, { seq });
      this.pushes.push({
        uuid: `${member.uuid}.${seq}`,
        app_uuid: appUuid,
        user_uuid: member.user_uuid,
        message_uuid: uuid,
        seq,
        acked_at: isAcknowledged || member.user_uuid === users[from].uuid ? time : null,
      });
    }
  }
}

/** The stored form of a content, as `toStoredContent` makes it. */
function toBody(content: DemoContent): string {
  if (typeof content === 'string') return content;
  const { uuid: fid, type: mime, name, bytes, width, height } = demoFile(content.file);
  const sound = { dura: RECORDING_SECONDS, fid };
  switch (content.kind) {
    case 'TXT':
      return JSON.stringify({ fid });
    case 'IMAGE': {
      const size = { orig_width: width, orig_height: height, thum_width: width, thum_height: height };
      return JSON.stringify({ thum: fid, orig: fid, mime, ...size });
    }
    case 'AUDIO':
      return JSON.stringify({ m4a: sound, amr: sound, mp3: sound });
    default:
      return JSON.stringify({ fid, mime, size: bytes.length, name });
  }
}

/** @param time when the groups were made */
export const planGroups = (time: number): Rows<'ppmessage_groups'> =>
  groups.map(({ name, desc, algorithm }, place) => ({
    uuid: groupId(place),
    app_uuid: appUuid,
    group_name: name,
    group_desc: desc,
    group_icon: null,
    group_route_algorithm: algorithm,
    group_visible_for_ppcom: 1,
    group_visible_order_for_ppcom: place + 1,
    ...timesAt(time),
  }));

export const planGroupMembers = (created_at: number): Rows<'ppmessage_group_members'> =>
  groups.flatMap(({ members }, place) =>
    members.map((member) => ({
      group_uuid: groupId(place),
      app_uuid: appUuid,
      user_uuid: users[member].uuid,
      created_at,
    })),
  );

export const planScriptGroups = (time: number): Rows<'ppmessage_script_groups'> =>
  scriptGroups.map((group_name, place) => ({
    uuid: demoId('20', place + 1),
    app_uuid: appUuid,
    group_name,
    ...timesAt(time),
  }));

/** The scripts are listed in the order of their times. */
export const planScripts = (time: number): Rows<'ppmessage_scripts'> =>
  scripts.map(({ group, question, answer }, place) => ({
    uuid: demoId('21', place + 1),
    app_uuid: appUuid,
    group_uuid: demoId('20', group + 1),
    script_question: question,
    script_answer: answer,
    ...timesAt(time + place * MINUTE_MS),
  }));

/** @param arrivalOf when a user came */
export const planDevices = (arrivalOf: (user: UserName) => number): Rows<'ppmessage_devices'> =>
  devices.map(({ user, terminal, type, name, version }, place) => ({
    uuid: deviceId(place),
    app_uuid: appUuid,
    user_uuid: users[user].uuid,
    terminal_uuid: terminal,
    device_fullname: name,
    device_ostype: type,
    device_osversion: version,
    is_ppcom_device: isAgent(user) ? 0 : 1,
    ...timesAt(arrivalOf(user)),
  }));

/** The columns with which a user names the device. */
export function deviceColumnsOf(user: UserName): Partial<tables.UserRow> {
  const place = devices.findIndex((device) => device.user === user);
  if (place === -1) return {};
  const kind = ['IOS', 'AND'].includes(devices[place]?.type as string) ? 'mobile' : 'browser';
  return { [isAgent(user) ? `${kind}_device_uuid` : `ppcom_${kind}_device_uuid`]: deviceId(place) };
}

export const planVisits = (now: number): Rows<'ppmessage_navigations'> =>
  visits.map(({ device, page, title, at }, place) => ({
    uuid: demoId('60', place + 1),
    app_uuid: appUuid,
    user_uuid: users[devices[device]?.user as UserName].uuid,
    device_uuid: deviceId(device),
    visit_page_url: SHOP + page,
    navigation_data: JSON.stringify({ href: SHOP + page, title }),
    created_at: timeOf(at, now),
  }));
