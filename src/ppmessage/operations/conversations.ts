import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { requireGroup, requireSubject, requireUser, requireUsers } from '../model/callers.ts';
import type { PpmessageConversationsTable, PpmessageUsersTable } from '../database/tables.ts';
import {
  addMembers,
  createOrReuse,
  describe,
  lockMembers,
  removeMembers,
  requireAdmissible,
  requireConversation,
  requireMembership,
  settleAssignment,
  visibleConversations,
} from '../model/conversations.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { ApiOperation, Caller } from '../wire/operation.ts';
import { inChunks, newestFirst, sliceOf, toCursorInfo, toPageInfo, UNPAGED_LIMIT } from '../wire/paging.ts';
import { withCards } from '../model/users.ts';
import { toConversation, toConversationData, toUserCard } from '../wire/views.ts';

export const createConversation: ApiOperation<'createConversation'> = async ({ body, actor }, context) => {
  const { conversation_type: type, group_uuid: groupUuid } = body;
  // Customers' pages send an empty list when they mean nobody in particular.
  const list = type === 'P2S' && body.member_list?.length === 0 ? undefined : body.member_list;
  if (type === 'S2P') throw new PpmessageError(36);
  if (type === 'S2S' && list === undefined) throw new PpmessageError(6, 'member_list is required');
  const maker = await requireSubject(body.user_uuid, actor, context);
  const members = list && (await requireUsers(list, actor, context)).filter(({ uuid }) => uuid !== maker.uuid);
  const customers = [maker, ...(members ?? [])].filter(({ is_service_user }) => is_service_user === 0);
  if (customers.length > 1) throw new PpmessageError(20, 'Only one customer can be in a conversation');
  const group = groupUuid === undefined ? undefined : await requireGroup(groupUuid, actor, context);
  const { conversation, memberships } = await transact(context.database, (trx) =>
    createOrReuse(trx, { type, maker, members, group, name: body.conversation_name }),
  );
  return {
    ...toConversation(
      conversation,
      memberships.find(({ user_uuid }) => user_uuid === maker.uuid),
    ),
    user_list: memberships.map(({ user_uuid }) => user_uuid).filter((uuid) => uuid !== maker.uuid),
    createtimestamp: conversation.created_at / 1000,
    updatetimestamp: conversation.updated_at / 1000,
  };
};

export const getConversationInfo: ApiOperation<'getConversationInfo'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const { conversation, membership } = await requireMembership(body.conversation_uuid, user, context);
  return { ...toConversation(conversation, membership), conversation_data: toConversationData(membership) };
};

export const listConversationUsers: ApiOperation<'listConversationUsers'> = async ({ body, actor }, context) => {
  const conversation = await requireConversation(body.conversation_uuid, actor, context);
  const users = await context.database
    .selectFrom('ppmessage_users as user')
    .innerJoin('ppmessage_conversation_members as member', (join) =>
      join.onRef('member.app_uuid', '=', 'user.app_uuid').onRef('member.user_uuid', '=', 'user.uuid'),
    )
    .selectAll('user')
    .where('member.conversation_uuid', '=', conversation.uuid)
    .orderBy('member.created_at')
    .orderBy('user.uuid')
    .execute();
  return { list: (await withCards(actor.appUuid, users, context)).map(toUserCard) };
};

export const pageUserConversations: ApiOperation<'pageUserConversations'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const own = conversationsOf(user, context);
  const open = own.where('own.conversation_status', '=', 'OPEN');
  const slice = await sliceOf(body, async (uuid) => {
    const entry = await own.select('conversation.seq').where('conversation.uuid', '=', uuid).executeTakeFirst();
    return entry?.seq;
  });
  const { total } = await open.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await open
    .selectAll('conversation')
    .where('conversation.seq', '>', slice.above)
    .where('conversation.seq', '<', slice.below)
    .orderBy('conversation.seq', slice.order)
    .limit(slice.limit)
    .offset(slice.offset)
    .execute();
  const list = await describeFor(user, newestFirst(rows, slice), context);
  return { list, total_count: total, return_count: list.length, ...toPageInfo(body), ...toCursorInfo(body) };
};

export const listUserConversations: ApiOperation<'listUserConversations'> = async ({ body, actor }, context) => {
  const user = await requireSubject(body.user_uuid, actor, context);
  const rows = await conversationsOf(user, context)
    .selectAll('conversation')
    .where('own.conversation_status', '=', 'OPEN')
    .orderBy('conversation.seq', 'desc')
    .limit(UNPAGED_LIMIT)
    .execute();
  return { list: await describeFor(user, rows, context) };
};

export const closeConversation: ApiOperation<'closeConversation'> = ({ body, actor }, context) =>
  setStatus(body, 'CLOSE', actor, context);

export const openConversation: ApiOperation<'openConversation'> = ({ body, actor }, context) =>
  setStatus(body, 'OPEN', actor, context);

export const updateConversationMembers: ApiOperation<'updateConversationMembers'> = async (
  { body, actor },
  context,
) => {
  const conversation = await requireConversation(body.conversation_uuid, actor, context);
  const users = await requireUsers(body.member_list, actor, context);
  const group = body.group_uuid === undefined ? undefined : await requireGroup(body.group_uuid, actor, context);
  await transact(context.database, async (trx) => {
    await lockMembers(trx, conversation);
    const isAdding = body.action === 'ADD';
    if (isAdding) await requireAdmissible(trx, conversation, users);
    const change = isAdding ? addMembers : removeMembers;
    if (await change(trx, conversation, users)) await settleAssignment(trx, conversation);
    if (isAdding && group !== undefined) {
      await trx
        .updateTable('ppmessage_conversations')
        .set({ group_uuid: group.uuid })
        .where('uuid', '=', conversation.uuid)
        .execute();
    }
  });
};

export const updateConversation: ApiOperation<'updateConversation'> = async ({ body, actor }, context) => {
  const conversation = await requireConversation(body.conversation_uuid, actor, context);
  const user = await requireUser(body.assigned_uuid, actor, context);
  if (user.is_service_user === 0) throw new PpmessageError(20, 'Conversations are assigned to agents');
  await transact(context.database, async (trx) => {
    await lockMembers(trx, conversation);
    await addMembers(trx, conversation, [user]);
    await trx
      .updateTable('ppmessage_conversations')
      .set({ assigned_uuid: user.uuid, updated_at: Date.now() })
      .where('uuid', '=', conversation.uuid)
      .execute();
  });
};

export const listAppConversations: ApiOperation<'listAppConversations'> = async ({ actor }, context) => {
  const rows = await visibleConversations(actor, context)
    .selectAll('conversation')
    .select(({ selectFrom }) =>
      selectFrom('ppmessage_messages as message')
        .select(({ fn }) => fn.countAll<number>().as('messages'))
        .whereRef('message.conversation_uuid', '=', 'conversation.uuid')
        .as('messages'),
    )
    .where('conversation.latest_task', 'is not', null)
    .orderBy('conversation.seq', 'desc')
    .limit(UNPAGED_LIMIT)
    .execute();
  const counts = new Map(rows.map(({ uuid, messages }) => [uuid, messages ?? 0]));
  const described = await describe(
    rows.map(({ messages, ...conversation }) => conversation),
    context,
  );
  return {
    list: described.map(({ conversation, maker, latestMessage }) => ({
      ...toConversation(conversation),
      create_user: maker,
      latest_message: latestMessage,
      message_total_count: counts.get(conversation.uuid) ?? 0,
    })),
  };
};

type User = Selectable<PpmessageUsersTable>;

const conversationsOf = (user: User, { database }: Context) =>
  database
    .selectFrom('ppmessage_conversations as conversation')
    .innerJoin('ppmessage_conversation_members as own', 'own.conversation_uuid', 'conversation.uuid')
    .where('own.app_uuid', '=', user.app_uuid)
    .where('own.user_uuid', '=', user.uuid);

/** Conversations as one of their members sees them. */
async function describeFor(
  user: User,
  conversations: readonly Selectable<PpmessageConversationsTable>[],
  context: Context,
) {
  const memberships = await inChunks(
    conversations.map(({ uuid }) => uuid),
    (uuids) =>
      context.database
        .selectFrom('ppmessage_conversation_members')
        .selectAll()
        .where('user_uuid', '=', user.uuid)
        .where('conversation_uuid', 'in', uuids)
        .execute(),
  );
  const membershipOf = new Map(memberships.map((membership) => [membership.conversation_uuid, membership]));
  const described = await describe(conversations, context);
  return described.flatMap(({ conversation, maker, latestMessage }) => {
    const membership = membershipOf.get(conversation.uuid);
    // They may have been removed a moment ago.
    if (membership === undefined) return [];
    return {
      ...toConversation(conversation, membership),
      conversation_data: toConversationData(membership),
      from_user: maker,
      latest_message: latestMessage,
    };
  });
}

async function setStatus(
  body: { user_uuid: string; conversation_uuid: string },
  status: 'OPEN' | 'CLOSE',
  actor: Caller,
  context: Context,
): Promise<undefined> {
  const user = await requireSubject(body.user_uuid, actor, context);
  const { membership } = await requireMembership(body.conversation_uuid, user, context);
  await context.database
    .updateTable('ppmessage_conversation_members')
    .set({ conversation_status: status, updated_at: Date.now() })
    .where('uuid', '=', membership.uuid)
    .execute();
}
