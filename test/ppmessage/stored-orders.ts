import type { Database } from '../../src/database/open.ts';
import { membersKey } from '../../src/ppmessage/model/members-key.ts';

/** What is stored so that lists need not count and sort, and the same from the rows that it stands for. */
export async function storedOrders(database: Database) {
  const [apps, conversations, members, messages] = await Promise.all([
    database.selectFrom('ppmessage_apps').selectAll().execute(),
    database.selectFrom('ppmessage_conversations').selectAll().execute(),
    database.selectFrom('ppmessage_conversation_members').selectAll().execute(),
    database.selectFrom('ppmessage_messages').selectAll().execute(),
  ]);
  const byUuid = <Row extends { uuid: string }, Value>(rows: readonly Row[], toValue: (row: Row) => Value) =>
    Object.fromEntries(rows.map((row) => [row.uuid, toValue(row)]));
  const ofConversation = <Row extends { conversation_uuid: string }>(rows: readonly Row[], uuid: string) =>
    rows.filter(({ conversation_uuid }) => conversation_uuid === uuid);
  const usersOf = (uuid: string) => ofConversation(members, uuid).map(({ user_uuid }) => user_uuid);
  return {
    stored: {
      apps: byUuid(apps, ({ message_count }) => message_count),
      conversations: byUuid(conversations, ({ message_count, members_key }) => [message_count, members_key]),
      members: byUuid(members, ({ seq }) => seq),
    },
    counted: {
      apps: byUuid(apps, ({ uuid }) => messages.filter(({ app_uuid }) => app_uuid === uuid).length),
      conversations: byUuid(conversations, ({ uuid }) => [
        ofConversation(messages, uuid).length,
        membersKey(usersOf(uuid)),
      ]),
      members: byUuid(
        members,
        ({ conversation_uuid }) => conversations.find(({ uuid }) => uuid === conversation_uuid)?.seq,
      ),
    },
  };
}
