import type { Context } from '../../context.ts';
import { togetherIn } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import type { UserRow } from '../database/tables.ts';
import { getOwnApp, welcomeOf } from '../model/apps.ts';
import {
  assignWaitingCustomers,
  findOwnConversation,
  type OwnConversation,
  requestConversation as request,
} from '../model/assignment.ts';
import type { Caller } from '../model/callers.ts';
import { listMemberUsers } from '../model/conversation-members.ts';
import { findOrCreateConversation } from '../model/conversations.ts';
import { requireCustomer } from '../model/customers.ts';
import { PpmessageError } from '../model/errors.ts';
import { requireGroup } from '../model/groups.ts';
import { targetServiceMethods, userMatchedMethods } from '../model/route-methods.ts';
import { withCards } from '../model/user-cards.ts';
import { requireUser } from '../model/users.ts';
import { cancelWaiting as cancel, countWaiting, findPlace, noteAsking } from '../model/waiting-customers.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toStartedConversation } from '../wire/views.ts';

export const requestDefaultConversation: ApiOperation<'requestDefaultConversation'> = async (
  { body, actor },
  context,
) => {
  const customer = await requireCustomer(body.user_uuid, actor, context);
  return show(await request(customer, undefined, context), customer, actor, context);
};

export const createDefaultConversation: ApiOperation<'createDefaultConversation'> = requestDefaultConversation;

export const getDefaultConversation: ApiOperation<'getDefaultConversation'> = async ({ body, actor }, context) => {
  const customer = await requireCustomer(body.user_uuid, actor, context);
  const found = await request(customer, undefined, context, { isUrgent: true });
  const started = await show(found, customer, actor, context);
  if (started !== undefined) return started;
  const app = await getOwnApp(actor, context);
  return { app_name: app.app_name, app_welcome: welcomeOf(app) };
};

export const requestConversation: ApiOperation<'requestConversation'> = async ({ body, actor }, context) => {
  const customer = await requireCustomer(body.user_uuid, actor, context);
  const [agentUuid] = body.member_list ?? [];
  if (agentUuid !== undefined)
    return show(await startWithAgent(customer, agentUuid, actor, context), customer, actor, context);
  const group = body.group_uuid ? await requireGroup(body.group_uuid, actor, context) : undefined;
  return show(await request(customer, group, context), customer, actor, context);
};

/** Finds the conversation of a customer with one agent alone, or creates it. */
async function startWithAgent(
  customer: UserRow,
  agentUuid: string,
  actor: Caller,
  context: Context,
): Promise<OwnConversation> {
  const agent = await requireUser(agentUuid, actor, context);
  if (agent.is_service_user === 0) throw new PpmessageError('notPermitted', 'Customers can only ask for agents');
  const wanted = { type: 'P2S' as const, creator: customer, members: [agent], group: undefined, name: undefined };
  const { conversation, members } = await transact(context.database, (trx) =>
    findOrCreateConversation(trx, wanted, context.clock.now()),
  );
  const member = members.find(({ user_uuid }) => user_uuid === customer.uuid);
  if (member === undefined) throw new PpmessageError('noSuchConversation');
  return { conversation, member };
}

/** The conversation as the customer sees it; undefined while the customer waits. */
async function show(found: OwnConversation | undefined, customer: UserRow, actor: Caller, context: Context) {
  if (found === undefined) return undefined;
  const [app, users] = await togetherIn(context, (view) => [
    getOwnApp(actor, view),
    listMemberUsers(found.conversation, view),
  ]);
  const others = users
    .filter(({ uuid }) => uuid !== customer.uuid)
    .sort((one, other) => other.updated_at - one.updated_at);
  return toStartedConversation(found, await withCards(others, context), app);
}

export const getQueueLength: ApiOperation<'getQueueLength'> = async ({ body, actor }, context) => {
  const nothing = { position: null, result: null, conversation_uuid: null, user_uuid: null };
  if (!body.user_uuid) return { ...nothing, length: await countWaiting(actor.appUuid, context) };
  const customer = await requireCustomer(body.user_uuid, actor, context);
  // The agents may have come online on a node that died before it assigned them.
  if (await noteAsking(customer, context)) await assignWaitingCustomers(actor.appUuid, context);
  const [length, position, found] = await togetherIn(context, (view) => [
    countWaiting(actor.appUuid, view),
    findPlace(customer, view),
    findOwnConversation(customer, undefined, view),
  ]);
  return {
    length,
    position,
    result: position !== null ? 'WAITING' : found ? 'SUCCESS' : null,
    conversation_uuid: found?.conversation.uuid ?? null,
    user_uuid: customer.uuid,
  };
};

export const cancelWaiting: ApiOperation<'cancelWaiting'> = async ({ body, actor }, context) => {
  const customer = await requireCustomer(body.user_uuid, actor, context);
  await cancel(customer, body.group_uuid ?? undefined, context);
};

export const listUserMatchedMethods: ApiOperation<'listUserMatchedMethods'> = async () => ({
  list: [...userMatchedMethods],
});

export const listTargetServiceMethods: ApiOperation<'listTargetServiceMethods'> = async () => ({
  list: [...targetServiceMethods],
});
