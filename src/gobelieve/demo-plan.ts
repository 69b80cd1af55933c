import type { Insertable } from 'kysely';
import { demoTime } from '../demo-time.ts';
import { groupQueue, superGroupQueue } from './database/queue-owners.ts';
import type * as tables from './database/tables.ts';
import type { MessageType } from './database/tables.ts';
import {
  customer,
  type DemoGroup,
  type DemoMessage,
  groups,
  memberSettings,
  messages,
  removal,
  users,
} from './demo-content.ts';
import { messageTypes } from './model/message-store.ts';

/** A membership that lasts. */
const OPEN = Number.MAX_SAFE_INTEGER;

/** What happens on one day happens minutes apart. */
const MINUTES_APART = 17;

/** The rows of the demo app's groups and messages. Message ids grow with time and do not depend on when the data are made. */
export class DemoPlan {
  readonly groups: Insertable<tables.GobelieveGroupsTable>[] = [];
  readonly members: Insertable<tables.GobelieveMembersTable>[] = [];
  readonly memberships: Insertable<tables.GobelieveMembershipsTable>[] = [];
  readonly messages: Insertable<tables.GobelieveMessagesTable>[] = [];
  readonly entries: Insertable<tables.GobelieveQueueEntriesTable>[] = [];
  /** Messages older than a day have been read by all members. */
  acknowledgedId = 0;
  readonly #appid: number;
  readonly #now: number;
  #acts = { day: 0, count: 0 };

  constructor(appid: number, now: number) {
    this.#appid = appid;
    this.#now = now;
    for (const [index, group] of groups.entries()) this.#addGroup(index + 1, group);
    for (const message of messages.filter(({ day }) => day < removal.day)) this.#addMessage(message);
    this.#removeMember();
    for (const message of messages.filter(({ day }) => day >= removal.day)) {
      if (message.day < 0) this.acknowledgedId = this.lastId + 1;
      this.#addMessage(message);
    }
  }

  get lastId(): number {
    return this.messages.length;
  }

  #addGroup(id: number, { name, notice, isSuper, members, day }: DemoGroup): void {
    const [master = 0] = members;
    const created_at = this.#at(day);
    this.groups.push({ id, app_id: this.#appid, master, name, notice, super: isSuper ? 1 : 0, created_at });
    const after_id = this.lastId;
    for (const uid of members) {
      const settings = id === 1 ? memberSettings[uid] : undefined;
      const hasLeft = id === 1 && uid === removal.uid;
      if (!hasLeft) this.members.push({ group_id: id, uid, app_id: this.#appid, nickname: '', mute: 0, ...settings });
      this.memberships.push({ app_id: this.#appid, uid, group_id: id, after_id, up_to_id: OPEN });
    }
    const profiles = members.map((uid) => ({ uid, name: nameOf(uid) }));
    this.#notify(id, created_at, {
      create: { group_id: id, master, name, members: profiles, timestamp: seconds(created_at) },
    });
  }

  #removeMember(): void {
    const { day, uid } = removal;
    const created_at = this.#at(day);
    const group_name = groups[0]?.name;
    this.#notify(1, created_at, {
      quit_group: { group_id: 1, group_name, timestamp: seconds(created_at), member_id: uid },
    });
    const membership = this.memberships.find((one) => one.group_id === 1 && one.uid === uid);
    if (membership !== undefined) membership.up_to_id = this.lastId;
  }

  #addMessage({ day, from, to = 0, group, text }: DemoMessage): void {
    const created_at = this.#at(day);
    const type = typeOf({ from, to, group });
    const message = { type, sender: from, receiver: group ?? to, content: JSON.stringify({ text }) };
    for (const owner of ownersOf({ from, to, group })) this.#add(created_at, { ...message, owner });
  }

  #notify(gid: number, created_at: number, notification: object): void {
    const content = JSON.stringify(notification);
    const owner = groupQueue(gid);
    this.#add(created_at, { type: messageTypes.groupNotification, sender: null, receiver: gid, content, owner });
  }

  #add(
    created_at: number,
    message: { type: MessageType; sender: number | null; receiver: number; content: string; owner: number },
  ): void {
    const { type, sender, owner, content } = message;
    const id = this.lastId + 1;
    const row = { app_id: this.#appid, id, created_at };
    this.messages.push({ ...row, ...message, content: JSON.stringify(content) });
    this.entries.push({ app_id: this.#appid, owner, id, first_id: id, type, sender });
  }

  #at(day: number): number {
    this.#acts = { day, count: this.#acts.day === day ? this.#acts.count + 1 : 1 };
    return demoTime(this.#now, day, this.#acts.count * MINUTES_APART);
  }
}

type Route = Pick<DemoMessage, 'from' | 'group'> & { to: number };

function typeOf({ from, to, group }: Route): MessageType {
  if (group !== undefined) return messageTypes.group;
  if (from === null) return messageTypes.system;
  return [from, to].includes(customer.uid) ? messageTypes.customer : messageTypes.peer;
}

/** The owners of the queues of a message. The receiver's copy comes first, as when it is sent (G-29). */
function ownersOf({ from, to, group }: Route): number[] {
  if (group !== undefined) return [groups[group - 1]?.isSuper ? superGroupQueue(group) : groupQueue(group)];
  return from === null ? [to] : [to, from];
}

const nameOf = (uid: number): string => users.find((user) => user.uid === uid)?.name ?? '';

const seconds = (ms: number): number => Math.floor(ms / 1000);
