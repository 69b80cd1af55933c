import { randomUUID } from 'node:crypto';
import type { OperandExpression } from 'kysely';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import type { AppKey, ConversationRow, GroupRow, UserRow } from '../database/tables.ts';
import { type Caller, mayActForColumn } from './callers.ts';
import { listMembers } from './conversation-members.ts';
import { PpmessageError } from './errors.ts';
import { membersKey } from './members-key.ts';
import { countRows, inChunks, type Page, toSlice, UNPAGED_LIMIT } from './pages.ts';
import { nextPosition } from './positions.ts';
import { agentsOf, requirePresent } from './users.ts';

/** The conversations that a token may see: a console sees those of its app, others those of users they may act for (P-22). */
export const visibleConversations = (caller: Caller, { database }: Pick<Context, 'database'>) =>
  database
    .selectFrom('ppmessage_conversations as conversation')
    .where('conversation.app_uuid', '=', caller.appUuid)
    .$if(!caller.managesUsers, (conversations) =>
      conversations.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('ppmessage_conversation_members as member')
            .select('member.uuid')
            .whereRef('member.conversation_uuid', '=', 'conversation.uuid')
            .where(mayActForColumn(caller, 'member.user_uuid')),
        ),
      ),
    );

/**
 * Reads a conversation that the token may see.
 *
 * @throws PpmessageError noSuchConversation
 */
export async function requireConversation(uuid: string, caller: Caller, context: Context): Promise<ConversationRow> {
  const conversation = await visibleConversations(caller, context)
    .selectAll('conversation')
    .where('conversation.uuid', '=', uuid)
    .executeTakeFirst();
  if (conversation === undefined) throw new PpmessageError('noSuchConversation');
  return conversation;
}

export interface NewConversation {
  /** Random by default. */
  uuid?: string;
  type: 'P2S' | 'S2S';
  creator: UserRow;
  /** The other members. Undefined for the default ones: the agents of the group, or of the app. */
  members: readonly UserRow[] | undefined;
  group: GroupRow | undefined;
  name: string | undefined;
}

/**
 * Finds a conversation of these members, or creates one (P-35). Of several requests at the same time one creates it.
 *
 * @throws PpmessageError noConversationMember when there is no other member, noSuchUser when a member was removed a
 * moment ago
 */
export async function findOrCreateConversation(trx: Transaction, wanted: NewConversation, now: number) {
  const { creator, group } = wanted;
  const { seq, app } = await nextPosition(trx, creator.app_uuid);
  await requirePresent(trx, app.uuid, [creator, ...(wanted.members ?? [])]);
  const existing = await findConversation(trx, wanted);
  if (existing !== undefined) return { conversation: existing, members: await listMembers(existing.uuid, trx) };

  const members = wanted.members ?? (await findDefaultMembers(trx, wanted));
  const [first] = members;
  if (first === undefined) throw new PpmessageError('noConversationMember');
  const name = wanted.name ?? (members.length === 1 ? first.user_fullname : (group?.group_name ?? app.app_name));
  const icon = members.length > 1 ? (group ? group.group_icon : app.app_icon) : first.user_icon;
  return insertConversation(trx, { ...wanted, members, seenByCreator: { name, icon } }, { seq, now });
}

/**
 * Creates a conversation. Each side sees the name and icon of the other (P-39); with exactly one other member, this one
 * is assigned.
 *
 * @param conversation.seenByCreator what the creator sees
 * @param at.seq a new position of the app
 */
export async function insertConversation(
  trx: Transaction,
  conversation: Omit<NewConversation, 'members'> & {
    members: readonly UserRow[];
    seenByCreator: { name: string; icon: string | null };
  },
  { seq, now }: { seq: number; now: number },
) {
  const { creator, members: others, group, name, seenByCreator } = conversation;
  const forCreator = { conversation_name: seenByCreator.name, conversation_icon: seenByCreator.icon };
  const forOthers = { conversation_name: name ?? creator.user_fullname, conversation_icon: creator.user_icon };
  const row = await trx
    .insertInto('ppmessage_conversations')
    .values({
      ...forCreator,
      uuid: conversation.uuid ?? randomUUID(),
      app_uuid: creator.app_uuid,
      user_uuid: creator.uuid,
      assigned_uuid: others.length === 1 ? (others[0] as UserRow).uuid : null,
      group_uuid: group?.uuid ?? null,
      conversation_type: conversation.type,
      members_key: membersKey([creator, ...others].map(({ uuid }) => uuid)),
      seq,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const toMember = ({ uuid }: UserRow, seen: typeof forCreator) => ({
    ...seen,
    uuid: randomUUID(),
    app_uuid: creator.app_uuid,
    conversation_uuid: row.uuid,
    user_uuid: uuid,
    conversation_status: 'NEW' as const,
    seq,
    created_at: now,
    updated_at: now,
  });
  const members = await trx
    .insertInto('ppmessage_conversation_members')
    .values([toMember(creator, forCreator), ...others.map((user) => toMember(user, forOthers))])
    .returningAll()
    .execute();
  return { conversation: row, members };
}

/** Finds the existing conversation (P-35); of several, the one with the latest message. */
async function findConversation(trx: Transaction, { type, creator, members, group }: NewConversation) {
  const ofApp = trx
    .selectFrom('ppmessage_conversations as conversation')
    .selectAll()
    .where('conversation.app_uuid', '=', creator.app_uuid)
    .orderBy('conversation.seq', 'desc')
    .limit(1);
  const countMembers = (among: readonly string[] | undefined) =>
    trx
      .selectFrom('ppmessage_conversation_members as member')
      .select(({ fn }) => fn.countAll<number>().as('members'))
      .whereRef('member.conversation_uuid', '=', 'conversation.uuid' as never)
      .$if(among !== undefined, (counted) => counted.where('member.user_uuid', 'in', among ?? []));
  const createdByCreator = ofApp
    .where('conversation.user_uuid', '=', creator.uuid)
    .where(countMembers([creator.uuid]), '=', 1);
  if (group !== undefined) {
    const ofGroup = await createdByCreator.where('conversation.group_uuid', '=', group.uuid).executeTakeFirst();
    if (ofGroup !== undefined || members === undefined) return ofGroup;
  }
  if (members === undefined)
    return createdByCreator.where('conversation.conversation_type', '=', type).executeTakeFirst();
  if (members.length === 0) return undefined;
  const all = [creator, ...members].map(({ uuid }) => uuid);
  return ofApp
    .where('conversation.members_key', '=', membersKey(all))
    .where(countMembers(undefined), '=', all.length)
    .where(countMembers(all), '=', all.length)
    .executeTakeFirst();
}

/** The default members (P-36): the agents of the group, or of the whole app. */
async function findDefaultMembers(trx: Transaction, { creator, group }: NewConversation): Promise<UserRow[]> {
  const agents = agentsOf(creator.app_uuid, trx).selectAll('user').where('user.uuid', '!=', creator.uuid);
  if (group === undefined) return agents.execute();
  const ofGroup = await agents
    .innerJoin('ppmessage_group_members as member', 'member.user_uuid', 'user.uuid')
    .where('member.group_uuid', '=', group.uuid)
    .execute();
  return ofGroup.length > 0 ? ofGroup : agents.execute();
}

/** Reads a page of the conversations that are open for a user, and counts all of them. */
export async function pageOpenConversations(user: AppKey, page: Page, context: Context) {
  const slice = toSlice(page, (uuid) =>
    membershipsOf(user, context).select('own.seq').where('own.conversation_uuid', '=', uuid),
  );
  const [{ total }, rows] = await together(context.database, (database) => {
    const open = membershipsOf(user, { database }).where('own.conversation_status', '=', 'OPEN');
    // What the slice skips is in the index of the members alone.
    const uuids = open
      .select('own.conversation_uuid')
      .where('own.seq', '>', slice.above)
      .where('own.seq', '<', slice.below)
      .orderBy('own.seq', slice.order)
      .limit(slice.limit)
      .offset(slice.offset);
    return [countRows(open), conversationsIn(uuids, { database }).orderBy('seq', slice.shown).execute()];
  });
  return { list: await asSeenBy(user, rows, context), total };
}

/** Reads the conversations that are open for a user, at most `UNPAGED_LIMIT`. */
export async function listOpenConversations(user: AppKey, context: Context) {
  const uuids = membershipsOf(user, context)
    .select('own.conversation_uuid')
    .where('own.conversation_status', '=', 'OPEN')
    .orderBy('own.seq', 'desc')
    .limit(UNPAGED_LIMIT);
  const rows = await conversationsIn(uuids, context).orderBy('seq', 'desc').execute();
  return asSeenBy(user, rows, context);
}

const membershipsOf = (user: AppKey, { database }: Pick<Context, 'database'>) =>
  database
    .selectFrom('ppmessage_conversation_members as own')
    .where('own.app_uuid', '=', user.app_uuid)
    .where('own.user_uuid', '=', user.uuid);

const conversationsIn = (uuids: OperandExpression<string>, { database }: Pick<Context, 'database'>) =>
  database.selectFrom('ppmessage_conversations').selectAll().where('uuid', 'in', uuids);

/** Adds the user's own member record to `withDetails`. */
async function asSeenBy(user: AppKey, conversations: readonly ConversationRow[], context: Context) {
  const [members, detailed] = await together(context.database, (database) => [
    inChunks(
      conversations.map(({ uuid }) => uuid),
      (uuids) =>
        database
          .selectFrom('ppmessage_conversation_members')
          .selectAll()
          .where('user_uuid', '=', user.uuid)
          .where('conversation_uuid', 'in', uuids)
          .execute(),
    ),
    withDetails(conversations, { database }),
  ]);
  const memberOf = new Map(members.map((member) => [member.conversation_uuid, member]));
  return detailed.flatMap((details) => {
    const member = memberOf.get(details.conversation.uuid);
    // The user may have been removed from it a moment ago.
    return member === undefined ? [] : [{ ...details, member }];
  });
}

/** Reads the conversations with a message that the token may see, at most `UNPAGED_LIMIT`. */
export async function listConversationsWithMessages(caller: Caller, context: Context) {
  const rows = await visibleConversations(caller, context)
    .selectAll('conversation')
    .where('conversation.latest_task', 'is not', null)
    .orderBy('conversation.seq', 'desc')
    .limit(UNPAGED_LIMIT)
    .execute();
  return withDetails(rows, context);
}

/** Adds to conversations of one app their creators and latest messages. */
async function withDetails(conversations: readonly ConversationRow[], { database }: Pick<Context, 'database'>) {
  const appUuid = conversations[0]?.app_uuid ?? '';
  const [messages, creators] = await together(database, (view) => [
    inChunks(
      conversations.flatMap(({ latest_task }) => latest_task ?? []),
      (uuids) =>
        view
          .selectFrom('ppmessage_messages')
          .selectAll()
          .where('app_uuid', '=', appUuid)
          .where('uuid', 'in', uuids)
          .execute(),
    ),
    inChunks(
      conversations.map(({ user_uuid }) => user_uuid),
      (uuids) =>
        view
          .selectFrom('ppmessage_users')
          .select(['uuid', 'user_fullname', 'user_icon', 'user_email'])
          .where('app_uuid', '=', appUuid)
          .where('uuid', 'in', uuids)
          .execute(),
    ),
  ]);
  const messageOf = new Map(messages.map((message) => [message.uuid, message]));
  const creatorOf = new Map(creators.map((creator) => [creator.uuid, creator]));
  return conversations.flatMap((conversation) => {
    const creator = creatorOf.get(conversation.user_uuid);
    // It was deleted with its creator a moment ago.
    if (creator === undefined) return [];
    return [{ conversation, creator, latestMessage: messageOf.get(conversation.latest_task ?? '') }];
  });
}
