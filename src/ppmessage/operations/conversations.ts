import type { Context } from '../../context.ts';
import { togetherIn } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import { type Caller, keyIn } from '../model/callers.ts';
import {
  addMembers,
  listMemberCards,
  lockMembers,
  removeMembers,
  requireAdmissible,
  requireMember,
  setMemberStatus,
  settleAssignment,
} from '../model/conversation-members.ts';
import {
  findOrCreateConversation,
  listConversationsWithMessages,
  listOpenConversations,
  pageOpenConversations,
  requireConversation,
} from '../model/conversations.ts';
import { PpmessageError, throwNoConversation } from '../model/errors.ts';
import { requireGroup } from '../model/groups.ts';
import { memberNumber } from '../model/members-key.ts';
import { requireSubject, requireUser, requireUsers } from '../model/users.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toCursorInfo, toPage, toPageInfo } from '../wire/paging.ts';
import {
  toConversation,
  toConversationData,
  toMessageSummary,
  toSender,
  toUserCard,
  toUserConversation,
} from '../wire/views.ts';

export const createConversation: ApiOperation<'createConversation'> = async ({ body, actor }, context) => {
  const { conversation_type: type, group_uuid: groupUuid, conversation_name: name } = body;
  // The widget sends an empty list when it wants the default members.
  const list = type === 'P2S' && body.member_list?.length === 0 ? undefined : body.member_list;
  if (type === 'S2P') throw new PpmessageError('wrongConversationType');
  if (type === 'S2S' && list === undefined) throw new PpmessageError('missingField', 'member_list is required');
  const creator = await requireSubject(body.user_uuid, actor, context);
  const users = list && (await requireUsers(list, actor, context)).filter(({ uuid }) => uuid !== creator.uuid);
  const customers = [creator, ...(users ?? [])].filter(({ is_service_user }) => is_service_user === 0);
  if (customers.length > 1) throw new PpmessageError('notPermitted', 'Only one customer can be in a conversation');
  const group = groupUuid === undefined ? undefined : await requireGroup(groupUuid, actor, context);
  const { conversation, members } = await transact(context.database, (trx) =>
    findOrCreateConversation(trx, { type, creator, members: users, group, name }, context.clock.now()),
  );
  return {
    ...toConversation(
      conversation,
      members.find(({ user_uuid }) => user_uuid === creator.uuid),
    ),
    user_list: members.map(({ user_uuid }) => user_uuid).filter((uuid) => uuid !== creator.uuid),
    createtimestamp: conversation.created_at / 1000,
    updatetimestamp: conversation.updated_at / 1000,
  };
};

/** With a colleague, or with a customer, who then is the creator. */
export const createAgentConversation: ApiOperation<'createAgentConversation'> = async (
  { body, actor, ...rest },
  context,
) => {
  const { user_uuid: agentUuid, member_list: list } = body;
  const agent = await requireUser(agentUuid, actor, context);
  if (agent.uuid !== actor.userUuid) throw new PpmessageError('notPermitted');
  const other = await requireUser(list[0] as string, actor, context);
  const fields =
    other.is_service_user === 0
      ? { user_uuid: other.uuid, conversation_type: 'P2S' as const, member_list: [agent.uuid] }
      : { user_uuid: agent.uuid, conversation_type: 'S2S' as const, member_list: list };
  return createConversation({ ...rest, actor, body: { app_uuid: actor.appUuid, ...fields } }, context);
};

export const getConversationInfo: ApiOperation<'getConversationInfo'> = async ({ body, actor }, context) => {
  const [, { conversation, member }] = await togetherIn(context, (view) => [
    requireSubject(body.user_uuid, actor, view),
    requireMember(body.conversation_uuid, keyIn(actor, body.user_uuid), view),
  ]);
  return { ...toConversation(conversation, member), conversation_data: toConversationData(member) };
};

export const listConversationUsers: ApiOperation<'listConversationUsers'> = async ({ body, actor }, context) => {
  const [, cards] = await togetherIn(context, (view) => [
    requireConversation(body.conversation_uuid, actor, view),
    listMemberCards(keyIn(actor, body.conversation_uuid), view),
  ]);
  return { list: cards.map(toUserCard) };
};

export const pageUserConversations: ApiOperation<'pageUserConversations'> = async ({ body, actor }, context) => {
  const page = toPage(body, actor);
  const [, { list, total }] = await togetherIn(context, (view) => [
    requireSubject(body.user_uuid, actor, view),
    pageOpenConversations(keyIn(actor, body.user_uuid), page, view),
  ]);
  return { list: list.map(toUserConversation), ...toPageInfo(list, total, page), ...toCursorInfo(page) };
};

export const listUserConversations: ApiOperation<'listUserConversations'> = async ({ body, actor }, context) => {
  const [, conversations] = await togetherIn(context, (view) => [
    requireSubject(body.user_uuid, actor, view),
    listOpenConversations(keyIn(actor, body.user_uuid), view),
  ]);
  return { list: conversations.map(toUserConversation) };
};

export const listConversations: ApiOperation<'listConversations'> = ({ body, ...rest }, context) =>
  listUserConversations({ ...rest, body: { app_uuid: rest.actor.appUuid, ...body } }, context);

export const closeConversation: ApiOperation<'closeConversation'> = ({ body, actor }, context) =>
  setStatus(body, 'CLOSE', actor, context);

export const openConversation: ApiOperation<'openConversation'> = ({ body, actor }, context) =>
  setStatus(body, 'OPEN', actor, context);

async function setStatus(
  body: { user_uuid: string; conversation_uuid: string },
  status: 'OPEN' | 'CLOSE',
  actor: Caller,
  context: Context,
): Promise<undefined> {
  const user = await requireSubject(body.user_uuid, actor, context);
  const { member } = await requireMember(body.conversation_uuid, user, context);
  await setMemberStatus(member, status, context);
}

export const updateConversationMembers: ApiOperation<'updateConversationMembers'> = async (
  { body, actor },
  context,
) => {
  const conversation = await requireConversation(body.conversation_uuid, actor, context);
  const users = await requireUsers(body.member_list, actor, context);
  const group = body.group_uuid === undefined ? undefined : await requireGroup(body.group_uuid, actor, context);
  const now = context.clock.now();
  await transact(context.database, async (trx) => {
    await lockMembers(trx, conversation);
    if (body.action === 'REMOVE') {
      if (await removeMembers(trx, conversation, users)) await settleAssignment(trx, conversation, now);
      return;
    }
    await requireAdmissible(trx, conversation, users);
    if (await addMembers(trx, conversation, users, now)) await settleAssignment(trx, conversation, now);
    if (group === undefined) return;
    await trx
      .updateTable('ppmessage_conversations')
      .set({ group_uuid: group.uuid })
      .where('uuid', '=', conversation.uuid)
      .execute();
  });
};

export const updateConversation: ApiOperation<'updateConversation'> = async ({ body, actor }, context) => {
  const conversation = await requireConversation(body.conversation_uuid, actor, context);
  const user = await requireUser(body.assigned_uuid, actor, context);
  if (user.is_service_user === 0) throw new PpmessageError('notPermitted', 'Conversations are assigned to agents');
  const now = context.clock.now();
  await transact(context.database, async (trx) => {
    await lockMembers(trx, conversation);
    const isNew = await addMembers(trx, conversation, [user], now);
    await trx
      .updateTable('ppmessage_conversations')
      .set(({ eb }) => ({
        assigned_uuid: user.uuid,
        members_key: eb('members_key', '+', isNew ? memberNumber(user.uuid) : 0),
        updated_at: now,
      }))
      .where('uuid', '=', conversation.uuid)
      .execute();
  }).catch(throwNoConversation);
};

export const listAppConversations: ApiOperation<'listAppConversations'> = async ({ actor }, context) => {
  const conversations = await listConversationsWithMessages(actor, context);
  return {
    list: conversations.map(({ conversation, creator, latestMessage }) => ({
      ...toConversation(conversation),
      create_user: toSender(creator),
      latest_message: latestMessage ? toMessageSummary(latestMessage) : null,
      message_total_count: conversation.message_count,
    })),
  };
};
