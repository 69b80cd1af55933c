import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import type { AppKey, ConversationRow, MemberRow, UserRow } from '../database/tables.ts';
import { PpmessageError, renameError } from './errors.ts';
import { membersKey } from './members-key.ts';
import { nextPosition } from './positions.ts';
import { listCards } from './user-cards.ts';
import { requirePresent } from './users.ts';

/** Members of conversations. A conversation has a status, a name and an icon for each member (P-38, P-39). */

/**
 * Reads a conversation and the record of a user who is a member of it.
 *
 * @throws PpmessageError noSuchConversation when the user is no member
 */
export async function requireMember(
  conversationUuid: string,
  user: AppKey,
  { database }: Context,
): Promise<{ conversation: ConversationRow; member: MemberRow }> {
  const [conversation, member] = await together(database, (view) => [
    view
      .selectFrom('ppmessage_conversations')
      .selectAll()
      .where('uuid', '=', conversationUuid)
      .where('app_uuid', '=', user.app_uuid)
      .executeTakeFirst(),
    findMember(conversationUuid, user, view),
  ]);
  if (conversation === undefined || member === undefined) throw new PpmessageError('noSuchConversation');
  return { conversation, member };
}

export const findMember = (conversationUuid: string, user: Pick<AppKey, 'uuid'>, database: Database | Transaction) =>
  database
    .selectFrom('ppmessage_conversation_members')
    .selectAll()
    .where('conversation_uuid', '=', conversationUuid)
    .where('user_uuid', '=', user.uuid)
    .executeTakeFirst();

export const listMembers = (conversationUuid: string, database: Database | Transaction): Promise<MemberRow[]> =>
  database
    .selectFrom('ppmessage_conversation_members')
    .selectAll()
    .where('conversation_uuid', '=', conversationUuid)
    .orderBy('created_at')
    .orderBy('user_uuid')
    .execute();

/** Reads the users in a conversation, in the order in which they joined. */
export const listMemberUsers = (
  conversation: Pick<AppKey, 'uuid'>,
  { database }: Pick<Context, 'database'>,
): Promise<UserRow[]> =>
  memberUsersOf(conversation, database).selectAll('user').orderBy('member.created_at').orderBy('user.uuid').execute();

/** Reads the cards of the users in a conversation, in the order in which they joined. */
export const listMemberCards = (conversation: AppKey, context: Context) =>
  listCards(
    conversation.app_uuid,
    (database) => ({
      users: listMemberUsers(conversation, { database }),
      uuids: memberUsersOf(conversation, database).select('user.uuid'),
    }),
    context,
  );

const memberUsersOf = (conversation: Pick<AppKey, 'uuid'>, database: Database) =>
  database
    .selectFrom('ppmessage_users as user')
    .innerJoin('ppmessage_conversation_members as member', (join) =>
      join.onRef('member.app_uuid', '=', 'user.app_uuid').onRef('member.user_uuid', '=', 'user.uuid'),
    )
    .where('member.conversation_uuid', '=', conversation.uuid);

export async function setMemberStatus(
  member: MemberRow,
  status: 'OPEN' | 'CLOSE',
  { clock, database }: Context,
): Promise<void> {
  await database
    .updateTable('ppmessage_conversation_members')
    .set({ conversation_status: status, updated_at: clock.now() })
    .where('uuid', '=', member.uuid)
    .execute();
}

/**
 * Locks the members of a conversation for a change. Changes run one after the other and never beside `storeMessage`,
 * which takes the same lock by `nextPosition`.
 *
 * @throws PpmessageError noSuchConversation when the app was removed a moment ago
 */
export async function lockMembers(trx: Transaction, { app_uuid: appUuid }: ConversationRow): Promise<void> {
  await nextPosition(trx, appUuid).catch(renameError('noSuchApp', 'noSuchConversation'));
}

/**
 * Checks that users may join a conversation: a new member can read all of it, so only agents and the creator may (P-37).
 * Present members are ignored.
 *
 * @throws PpmessageError notPermitted
 */
export async function requireAdmissible(
  trx: Transaction,
  conversation: ConversationRow,
  users: readonly UserRow[],
): Promise<void> {
  const known = new Set((await listMembers(conversation.uuid, trx)).map(({ user_uuid }) => user_uuid));
  known.add(conversation.user_uuid);
  if (users.some(({ uuid, is_service_user }) => is_service_user === 0 && !known.has(uuid)))
    throw new PpmessageError('notPermitted', 'Only agents can be added to a conversation');
}

/**
 * Adds members. For them the conversation is open and has the creator's name and icon. Present members stay as they are.
 *
 * @param now in milliseconds
 * @returns whether a member was added
 * @throws PpmessageError noSuchUser or noSuchConversation when one of them was removed a moment ago
 */
export async function addMembers(
  trx: Transaction,
  conversation: ConversationRow,
  users: readonly UserRow[],
  now: number,
): Promise<boolean> {
  if (users.length === 0) return false;
  await requirePresent(trx, conversation.app_uuid, users);
  const creator = await trx
    .selectFrom('ppmessage_users')
    .select(['user_fullname', 'user_icon'])
    .where('app_uuid', '=', conversation.app_uuid)
    .where('uuid', '=', conversation.user_uuid)
    .executeTakeFirstOrThrow(noConversation);
  const added = await trx
    .insertInto('ppmessage_conversation_members')
    .values(
      users.map((user) => ({
        uuid: randomUUID(),
        app_uuid: conversation.app_uuid,
        conversation_uuid: conversation.uuid,
        user_uuid: user.uuid,
        conversation_name: creator.user_fullname,
        conversation_icon: creator.user_icon,
        conversation_status: 'OPEN' as const,
        // A message may have moved the conversation since it was read.
        seq: sql<number>`(select seq from ppmessage_conversations where uuid = ${conversation.uuid})`,
        created_at: now,
        updated_at: now,
      })),
    )
    .onConflict((conflict) => conflict.columns(['conversation_uuid', 'user_uuid']).doNothing())
    .returning('uuid')
    .execute();
  return added.length > 0;
}

const noConversation = () => new PpmessageError('noSuchConversation');

/** Removes members; other users are skipped. Returns whether a member was removed. */
export async function removeMembers(
  trx: Transaction,
  conversation: ConversationRow,
  users: readonly UserRow[],
): Promise<boolean> {
  if (users.length === 0) return false;
  const uuids = users.map(({ uuid }) => uuid);
  const removed = await trx
    .deleteFrom('ppmessage_conversation_members')
    .where('conversation_uuid', '=', conversation.uuid)
    .where('user_uuid', 'in', uuids)
    .returning('uuid')
    .execute();
  return removed.length > 0;
}

/**
 * Updates the assignee and the key after members have changed (P-37). The assignee stays while a member. Otherwise the
 * only member besides the creator is assigned; with several, none is.
 *
 * @param now in milliseconds
 * @throws PpmessageError noSuchConversation when it was deleted a moment ago
 */
export async function settleAssignment(
  trx: Transaction,
  { uuid, user_uuid: creator }: ConversationRow,
  now: number,
): Promise<void> {
  const { assigned_uuid: assigned } = await trx
    .selectFrom('ppmessage_conversations')
    .select('assigned_uuid')
    .where('uuid', '=', uuid)
    .executeTakeFirstOrThrow(noConversation);
  const members = (await listMembers(uuid, trx)).map(({ user_uuid }) => user_uuid);
  const [other = null, ...more] = members.filter((member) => member !== creator);
  const stays = assigned !== null && members.includes(assigned);
  await trx
    .updateTable('ppmessage_conversations')
    .set({
      assigned_uuid: stays ? assigned : more.length > 0 ? null : other,
      members_key: membersKey(members),
      updated_at: now,
    })
    .where('uuid', '=', uuid)
    .execute();
}
