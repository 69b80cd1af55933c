import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { mayActForColumn } from './callers.ts';
import type { PpmessageConversationsTable, PpmessageGroupsTable, PpmessageUsersTable } from '../database/tables.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { Caller } from '../wire/operation.ts';
import { inChunks } from '../wire/paging.ts';
import { requirePresent } from './users.ts';
import { nextPosition } from './messages.ts';
import { toMessageSummary, toSender } from '../wire/views.ts';

/** Conversations and their members: finding, making and describing them. */

type User = Selectable<PpmessageUsersTable>;
type Conversation = Selectable<PpmessageConversationsTable>;

/** The conversations that a token may see: a console all of its app, others those of somebody they may act for. */
export const visibleConversations = (caller: Caller, { database }: Pick<Context, 'database'>) =>
  database
    .selectFrom('ppmessage_conversations as conversation')
    .where('conversation.app_uuid', '=', caller.appUuid)
    .$if(!caller.isConsole, (conversations) =>
      conversations.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('ppmessage_conversation_members as member')
            .select('member.uuid')
            .whereRef('member.conversation_uuid', '=', 'conversation.uuid')
            .where(mayActForColumn(caller, 'member.user_uuid')),
        ),
      ),
    );

/** A conversation that the token may see. Throws 26. */
export async function requireConversation(uuid: string, caller: Caller, context: Context): Promise<Conversation> {
  const conversation = await visibleConversations(caller, context)
    .selectAll('conversation')
    .where('conversation.uuid', '=', uuid)
    .executeTakeFirst();
  if (conversation === undefined) throw new PpmessageError(26);
  return conversation;
}

/** A conversation with the membership of one user. Throws 26 when there is none. */
export async function requireMembership(uuid: string, user: User, { database }: Context) {
  const [conversation, membership] = await Promise.all([
    database
      .selectFrom('ppmessage_conversations')
      .selectAll()
      .where('uuid', '=', uuid)
      .where('app_uuid', '=', user.app_uuid)
      .executeTakeFirst(),
    findMembership(uuid, user, database),
  ]);
  if (conversation === undefined || membership === undefined) throw new PpmessageError(26);
  return { conversation, membership };
}

export const findMembership = (conversation: string, user: User, database: Database | Transaction) =>
  database
    .selectFrom('ppmessage_conversation_members')
    .selectAll()
    .where('conversation_uuid', '=', conversation)
    .where('user_uuid', '=', user.uuid)
    .executeTakeFirst();

export interface NewConversation {
  /** Made by the server when absent. */
  uuid?: string;
  type: 'P2S' | 'S2S';
  maker: User;
  /** Without the maker; undefined: whoever is there. */
  members: readonly User[] | undefined;
  group: Selectable<PpmessageGroupsTable> | undefined;
  name: string | undefined;
}

/**
 * A conversation as it is wanted: one that is there already, or a new one (facts, operation 18). Asking at the same time
 * makes it once.
 *
 * @throws PpmessageError 35 when there is nobody to talk to, 7 when somebody was removed a moment ago
 */
export async function createOrReuse(trx: Transaction, wanted: NewConversation) {
  const { maker, group, name } = wanted;
  const { seq, app } = await nextPosition(trx, maker.app_uuid);
  await requirePresent(trx, app.uuid, [maker, ...(wanted.members ?? [])]);
  const existing = await findExisting(trx, wanted);
  if (existing !== undefined) return { conversation: existing, memberships: await membershipsOf(trx, existing.uuid) };

  const members = wanted.members ?? (await findAgents(trx, wanted));
  const [other] = members;
  if (other === undefined) throw new PpmessageError(35);
  const alone = members.length === 1;
  const seenByMaker = {
    conversation_name: name ?? (alone ? other.user_fullname : (group?.group_name ?? app.app_name)),
    conversation_icon: alone ? other.user_icon : group === undefined ? app.app_icon : group.group_icon,
  };
  const now = Date.now();
  const conversation = await trx
    .insertInto('ppmessage_conversations')
    .values({
      ...seenByMaker,
      uuid: wanted.uuid ?? randomUUID(),
      app_uuid: app.uuid,
      user_uuid: maker.uuid,
      assigned_uuid: alone ? other.uuid : null,
      group_uuid: group?.uuid ?? null,
      conversation_type: wanted.type,
      seq,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const common = {
    app_uuid: app.uuid,
    conversation_uuid: conversation.uuid,
    conversation_status: 'NEW' as const,
    created_at: now,
    updated_at: now,
  };
  const seenByOthers = { conversation_name: name ?? maker.user_fullname, conversation_icon: maker.user_icon };
  const memberships = await trx
    .insertInto('ppmessage_conversation_members')
    .values([
      { ...common, ...seenByMaker, uuid: randomUUID(), user_uuid: maker.uuid },
      ...members.map(({ uuid }) => ({ ...common, ...seenByOthers, uuid: randomUUID(), user_uuid: uuid })),
    ])
    .returningAll()
    .execute();
  return { conversation, memberships };
}

/** Of several the one that was used last. */
async function findExisting(trx: Transaction, { type, maker, members, group }: NewConversation) {
  const ofMaker = trx
    .selectFrom('ppmessage_conversations as conversation')
    .innerJoin('ppmessage_conversation_members as own', 'own.conversation_uuid', 'conversation.uuid')
    .selectAll('conversation')
    .where('own.app_uuid', '=', maker.app_uuid)
    .where('own.user_uuid', '=', maker.uuid)
    .orderBy('conversation.seq', 'desc')
    .limit(1);
  const madeByMaker = ofMaker.where('conversation.user_uuid', '=', maker.uuid);
  if (group !== undefined) {
    const ofGroup = await madeByMaker.where('conversation.group_uuid', '=', group.uuid).executeTakeFirst();
    if (ofGroup !== undefined || members === undefined) return ofGroup;
  }
  if (members === undefined) return madeByMaker.where('conversation.conversation_type', '=', type).executeTakeFirst();
  const uuids = members.map(({ uuid }) => uuid);
  const [first] = uuids;
  if (first === undefined) return undefined;
  const all = [maker.uuid, ...uuids];
  const countMembers = (whose?: string[]) =>
    trx
      .selectFrom('ppmessage_conversation_members as member')
      .select(({ fn }) => fn.countAll<number>().as('members'))
      .whereRef('member.conversation_uuid', '=', 'conversation.uuid' as never)
      .$if(whose !== undefined, (counted) => counted.where('member.user_uuid', 'in', whose ?? []));
  return ofMaker
    .innerJoin('ppmessage_conversation_members as other', 'other.conversation_uuid', 'conversation.uuid')
    .where('other.user_uuid', '=', first)
    .where(countMembers(), '=', all.length)
    .where(countMembers(all), '=', all.length)
    .executeTakeFirst();
}

/** Whom a customer meets who names nobody: the agents of the group, or of the whole app. */
async function findAgents(trx: Transaction, { maker, group }: NewConversation): Promise<User[]> {
  const agents = trx
    .selectFrom('ppmessage_users as user')
    .selectAll('user')
    .where('user.app_uuid', '=', maker.app_uuid)
    .where('user.uuid', '!=', maker.uuid)
    .where('user.is_service_user', '=', 1)
    .where('user.removed_at', 'is', null)
    .orderBy('user.created_at')
    .orderBy('user.uuid');
  if (group === undefined) return agents.execute();
  const ofGroup = await agents
    .innerJoin('ppmessage_group_members as member', 'member.user_uuid', 'user.uuid')
    .where('member.group_uuid', '=', group.uuid)
    .execute();
  return ofGroup.length > 0 ? ofGroup : agents.execute();
}

const membershipsOf = (trx: Transaction, conversation: string) =>
  trx
    .selectFrom('ppmessage_conversation_members')
    .selectAll()
    .where('conversation_uuid', '=', conversation)
    .orderBy('created_at')
    .orderBy('user_uuid')
    .execute();

/**
 * Changes a conversation's members one after the other, and in one order with messages: `nextPosition` comes first there
 * as well. Throws 26 when the conversation went with its app a moment ago.
 */
export async function lockMembers(trx: Transaction, { app_uuid: appUuid }: Conversation): Promise<void> {
  await nextPosition(trx, appUuid).catch((error: unknown) => {
    throw error instanceof PpmessageError ? new PpmessageError(26) : error;
  });
}

/**
 * Who joins a conversation reads all of it: agents may, and a customer only their own. Who is in already does not join.
 *
 * @throws PpmessageError 20
 */
export async function requireAdmissible(trx: Transaction, conversation: Conversation, users: readonly User[]) {
  const known = new Set((await membershipsOf(trx, conversation.uuid)).map(({ user_uuid }) => user_uuid));
  known.add(conversation.user_uuid);
  if (users.some(({ uuid, is_service_user }) => is_service_user === 0 && !known.has(uuid)))
    throw new PpmessageError(20, 'Only agents can be added to a conversation');
}

/**
 * Adds members for whom the conversation is open; who is in already stays as they are. They see who made it.
 *
 * @returns whether anybody was added
 * @throws PpmessageError 7 when one of them was removed a moment ago
 */
export async function addMembers(
  trx: Transaction,
  conversation: Conversation,
  users: readonly User[],
): Promise<boolean> {
  if (users.length === 0) return false;
  await requirePresent(trx, conversation.app_uuid, users);
  const maker = await trx
    .selectFrom('ppmessage_users')
    .select(['user_fullname', 'user_icon'])
    .where('app_uuid', '=', conversation.app_uuid)
    .where('uuid', '=', conversation.user_uuid)
    .executeTakeFirstOrThrow();
  const now = Date.now();
  const added = await trx
    .insertInto('ppmessage_conversation_members')
    .values(
      users.map((user) => ({
        uuid: randomUUID(),
        app_uuid: conversation.app_uuid,
        conversation_uuid: conversation.uuid,
        user_uuid: user.uuid,
        conversation_name: maker.user_fullname,
        conversation_icon: maker.user_icon,
        conversation_status: 'OPEN' as const,
        created_at: now,
        updated_at: now,
      })),
    )
    .onConflict((conflict) => conflict.columns(['conversation_uuid', 'user_uuid']).doNothing())
    .returning('uuid')
    .execute();
  return added.length > 0;
}

/** Removes members; who is not in is skipped. Tells whether anybody was removed. */
export async function removeMembers(
  trx: Transaction,
  conversation: Conversation,
  users: readonly User[],
): Promise<boolean> {
  if (users.length === 0) return false;
  const removed = await trx
    .deleteFrom('ppmessage_conversation_members')
    .where('conversation_uuid', '=', conversation.uuid)
    .where(
      'user_uuid',
      'in',
      users.map(({ uuid }) => uuid),
    )
    .returning('uuid')
    .execute();
  return removed.length > 0;
}

/**
 * Who a conversation is assigned to after its members have changed: who it was while they are a member, then the only
 * one besides its maker, or nobody.
 */
export async function settleAssignment(trx: Transaction, { uuid, user_uuid: maker }: Conversation): Promise<void> {
  const { assigned_uuid: assigned } = await trx
    .selectFrom('ppmessage_conversations')
    .select('assigned_uuid')
    .where('uuid', '=', uuid)
    .executeTakeFirstOrThrow();
  const members = (await membershipsOf(trx, uuid)).map(({ user_uuid }) => user_uuid);
  const [other = null, ...more] = members.filter((member) => member !== maker);
  const stays = assigned !== null && members.includes(assigned);
  await trx
    .updateTable('ppmessage_conversations')
    .set({ assigned_uuid: stays ? assigned : more.length > 0 ? null : other, updated_at: Date.now() })
    .where('uuid', '=', uuid)
    .execute();
}

/** Conversations with what lists show beside them: who made them, and their latest message. */
export async function describe(conversations: readonly Conversation[], { database }: Context) {
  const appUuid = conversations[0]?.app_uuid ?? '';
  const [messages, makers] = await Promise.all([
    inChunks(
      conversations.flatMap(({ latest_task }) => latest_task ?? []),
      (uuids) =>
        database
          .selectFrom('ppmessage_messages')
          .selectAll()
          .where('app_uuid', '=', appUuid)
          .where('uuid', 'in', uuids)
          .execute(),
    ),
    inChunks(
      conversations.map(({ user_uuid }) => user_uuid),
      (uuids) =>
        database
          .selectFrom('ppmessage_users')
          .select(['uuid', 'user_fullname', 'user_icon', 'user_email'])
          .where('app_uuid', '=', appUuid)
          .where('uuid', 'in', uuids)
          .execute(),
    ),
  ]);
  const messageOf = new Map(messages.map((message) => [message.uuid, toMessageSummary(message)]));
  const makerOf = new Map(makers.map((maker) => [maker.uuid, toSender(maker)]));
  return conversations.map((conversation) => ({
    conversation,
    maker: makerOf.get(conversation.user_uuid) as ReturnType<typeof toSender>,
    latestMessage: messageOf.get(conversation.latest_task ?? '') ?? null,
  }));
}
