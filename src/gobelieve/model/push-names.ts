import type { Database, Transaction } from '../../database/open.ts';
import { messageTypes, type NewMessage } from './message-store.ts';

/** The names in a push. */
export interface PushNames {
  /** The name of the sender, in a group the one that counts there; empty without a name. */
  sender: string;
  /** The name of the group; undefined for other messages. */
  group: string | undefined;
}

/** Finds the names for some messages. */
export async function findNames(
  database: Database | Transaction,
  appid: number,
  messages: readonly NewMessage[],
): Promise<(message: NewMessage) => PushNames> {
  const toGroups = messages.filter(({ type }) => type === messageTypes.group);
  const senders = [...new Set(toGroups.flatMap(({ sender }) => sender ?? []))];
  const gids = [...new Set(toGroups.map(({ receiver }) => receiver))];
  const [userNames, groups, members] = await Promise.all([
    findUserNames(database, appid, messages),
    gids.length === 0
      ? []
      : database.selectFrom('gobelieve_groups').select(['id', 'name']).where('id', 'in', gids).execute(),
    gids.length === 0
      ? []
      : database
          .selectFrom('gobelieve_members')
          .select(['group_id', 'uid', 'nickname'])
          .where('group_id', 'in', gids)
          .where('uid', 'in', senders)
          .execute(),
  ]);
  const groupNames = new Map(groups.map(({ id, name }) => [id, name]));
  const nicknames = new Map(members.map(({ group_id, uid, nickname }) => [`${group_id} ${uid}`, nickname]));

  return ({ type, sender, senderAppid = appid, receiver }) => {
    const name = userNames.get(userKey(senderAppid, sender)) ?? '';
    if (type !== messageTypes.group) return { sender: name, group: undefined };
    return { sender: nicknames.get(`${receiver} ${sender}`) || name, group: groupNames.get(receiver) };
  };
}

const userKey = (appid: number, uid: number | null) => `${appid} ${uid}`;

/** The names of the senders, each in the sender's own app. */
async function findUserNames(
  database: Database | Transaction,
  appid: number,
  messages: readonly NewMessage[],
): Promise<Map<string, string>> {
  const uidsOf = new Map<number, Set<number>>();
  for (const { sender, senderAppid = appid } of messages)
    if (sender !== null) uidsOf.set(senderAppid, (uidsOf.get(senderAppid) ?? new Set()).add(sender));
  const names = new Map<string, string>();
  for (const [app, uids] of uidsOf) {
    const users = await database
      .selectFrom('gobelieve_users')
      .select(['uid', 'name'])
      .where('app_id', '=', app)
      .where('uid', 'in', [...uids])
      .execute();
    for (const { uid, name } of users) names.set(userKey(app, uid), name);
  }
  return names;
}
