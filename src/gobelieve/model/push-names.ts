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
  const senders = [...new Set(messages.flatMap(({ sender }) => sender ?? []))];
  const gids = [...new Set(toGroups.map(({ receiver }) => receiver))];
  const [users, groups, members] = await Promise.all([
    senders.length === 0
      ? []
      : database
          .selectFrom('gobelieve_users')
          .select(['uid', 'name'])
          .where('app_id', '=', appid)
          .where('uid', 'in', senders)
          .execute(),
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
  const userNames = new Map(users.map(({ uid, name }) => [uid, name]));
  const groupNames = new Map(groups.map(({ id, name }) => [id, name]));
  const nicknames = new Map(members.map(({ group_id, uid, nickname }) => [`${group_id} ${uid}`, nickname]));

  return ({ type, sender, receiver }) => {
    const name = userNames.get(sender ?? 0) ?? '';
    if (type !== messageTypes.group) return { sender: type === messageTypes.peer ? name : '', group: undefined };
    return { sender: nicknames.get(`${receiver} ${sender}`) || name, group: groupNames.get(receiver) };
  };
}
