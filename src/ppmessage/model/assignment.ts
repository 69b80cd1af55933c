import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { inSteps } from '../../database/steps.ts';
import { transact } from '../../database/transact.ts';
import type { AppKey, ConversationRow, GroupRow, MemberRow, UserRow, WaitingCustomerRow } from '../database/tables.ts';
import { insertConversation } from './conversations.ts';
import { PpmessageError } from './errors.ts';
import { nextPosition } from './positions.ts';
import { Assigner } from './route-policies.ts';
import { enqueue, waitingCustomers } from './waiting-customers.ts';

/**
 * Assigns agents to waiting customers. Every assignment locks the app's row first. On any number of nodes assignments
 * therefore run one after the other, and no customer is assigned twice (P-70).
 */

/** A customer's conversation with the customer's own record of it. */
export interface OwnConversation {
  conversation: ConversationRow;
  member: MemberRow;
}

/** The longest name of a conversation. */
const LONGEST_NAME = 64;

/** A transaction assigns at most this many customers: other writers of the app wait for it. */
const STEP_CUSTOMERS = 50;

/**
 * Finds the customer's conversation (P-73): the latest one, or the latest with the group. It is undefined when there is
 * none yet.
 */
export async function findOwnConversation(
  customer: AppKey,
  group: Pick<AppKey, 'uuid'> | undefined,
  { database }: { database: Context['database'] | Transaction },
): Promise<OwnConversation | undefined> {
  const found = await database
    .selectFrom('ppmessage_conversations as conversation')
    .innerJoin('ppmessage_conversation_members as member', 'member.conversation_uuid', 'conversation.uuid')
    .selectAll('conversation')
    .select([
      'member.uuid as member_uuid',
      'member.conversation_name as member_name',
      'member.conversation_icon as member_icon',
      'member.conversation_status as member_status',
      'member.created_at as member_created_at',
      'member.updated_at as member_updated_at',
    ])
    .where('member.app_uuid', '=', customer.app_uuid)
    .where('member.user_uuid', '=', customer.uuid)
    .$if(group !== undefined, (own) => own.where('conversation.group_uuid', '=', group?.uuid as string))
    .orderBy('conversation.seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const {
    member_uuid,
    member_name,
    member_icon,
    member_status,
    member_created_at,
    member_updated_at,
    ...conversation
  } = found;
  const member = {
    uuid: member_uuid,
    app_uuid: customer.app_uuid,
    user_uuid: customer.uuid,
    conversation_uuid: conversation.uuid,
    conversation_name: member_name,
    conversation_icon: member_icon,
    conversation_status: member_status,
    seq: conversation.seq,
    created_at: member_created_at,
    updated_at: member_updated_at,
  };
  return { conversation, member };
}

/**
 * Finds the customer's conversation, or puts the customer into the queue and assigns those who wait there, in order. The
 * result is undefined when the customer has to wait.
 *
 * @param isUrgent creates the conversation with an agent who is not available rather than none, and never queues
 */
export async function requestConversation(
  customer: UserRow,
  group: GroupRow | undefined,
  context: Context,
  { isUrgent = false } = {},
): Promise<OwnConversation | undefined> {
  const existing = await findOwnConversation(customer, group, context);
  if (existing !== undefined) return existing;
  return transact(context.database, async (trx) => {
    const { seq, app } = await nextPosition(trx, customer.app_uuid);
    const now = context.clock.now();
    const meanwhile = await findOwnConversation(customer, group, { database: trx });
    if (meanwhile !== undefined) return meanwhile;
    const assigner = new Assigner(trx, app, now);
    if (!isUrgent) {
      await enqueue(trx, customer, group?.uuid ?? null, { seq, now });
      await assignStep(trx, assigner, app.uuid, now, STEP_CUSTOMERS);
      return findOwnConversation(customer, group, { database: trx });
    }
    const agents = await assigner.choose(group, { isUrgent });
    return agents.length === 0 ? undefined : assign(trx, customer, group, agents, { seq, now });
  });
}

/**
 * Assigns agents to all who wait in an app and can be given one, in their order. Call it after anything that makes an
 * agent available: an agent comes online or becomes ready, joins the app or a group, or the routes change.
 */
export async function assignWaitingCustomers(appUuid: string, context: Context): Promise<void> {
  const { clock, database } = context;
  // Usually no customer waits. Looking first avoids the lock of the app.
  const [first] = await waitingCustomers(appUuid, database, clock.now()).select('waiting.uuid').limit(1).execute();
  if (first === undefined) return;
  await inSteps(
    (limit) =>
      transact(database, async (trx) => {
        const { app } = await nextPosition(trx, appUuid);
        const now = clock.now();
        return assignStep(trx, new Assigner(trx, app, now), appUuid, now, limit);
      }),
    STEP_CUSTOMERS,
  ).catch((error: unknown) => {
    // The app was removed a moment ago.
    if (!(error instanceof PpmessageError)) throw error;
  });
}

/** Assigns the first `limit` customers who can be given an agent. Returns how many. */
async function assignStep(
  trx: Transaction,
  assigner: Assigner,
  appUuid: string,
  now: number,
  limit: number,
): Promise<number> {
  let assigned = 0;
  const hopeless = new Set<string | null>();
  let after = -1;
  while (assigned < limit) {
    const waiting = await nextWaiting(trx, appUuid, hopeless, after, now);
    if (waiting === undefined) break;
    after = waiting.seq;
    const { group, customer } = await readParties(trx, waiting);
    const agents = await assigner.choose(group);
    if (agents.length === 0) {
      hopeless.add(waiting.group_uuid);
      continue;
    }
    await trx.deleteFrom('ppmessage_waiting_customers').where('uuid', '=', waiting.uuid).execute();
    // The customer may have been removed while waiting, or have found a conversation in another way.
    if (customer !== undefined && (await findOwnConversation(customer, group, { database: trx })) === undefined) {
      const { seq } = await nextPosition(trx, appUuid);
      await assign(trx, customer, group, agents, { seq, now });
    }
    assigned += 1;
  }
  return assigned;
}

/** The next who waits, except in queues for which there is no agent. */
const nextWaiting = (
  trx: Transaction,
  appUuid: string,
  hopeless: ReadonlySet<string | null>,
  after: number,
  now: number,
): Promise<WaitingCustomerRow | undefined> => {
  const groups = [...hopeless].map((group) => group ?? '');
  return waitingCustomers(appUuid, trx, now)
    .selectAll('waiting')
    .where('waiting.seq', '>', after)
    .$if(groups.length > 0, (waiting) =>
      waiting.where(({ fn, eb, val }) => eb(fn.coalesce('waiting.group_uuid', val('')), 'not in', groups)),
    )
    .orderBy('waiting.seq')
    .limit(1)
    .executeTakeFirst();
};

async function readParties(trx: Transaction, { app_uuid, user_uuid, group_uuid }: WaitingCustomerRow) {
  const customer = await trx
    .selectFrom('ppmessage_users')
    .selectAll()
    .where('app_uuid', '=', app_uuid)
    .where('uuid', '=', user_uuid)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  const group =
    group_uuid === null
      ? undefined
      : await trx.selectFrom('ppmessage_groups').selectAll().where('uuid', '=', group_uuid).executeTakeFirst();
  return { customer, group };
}

/** Creates the conversation of a customer and the chosen agents (P-74). */
async function assign(
  trx: Transaction,
  customer: UserRow,
  group: GroupRow | undefined,
  agents: readonly UserRow[],
  at: { seq: number; now: number },
): Promise<OwnConversation> {
  const names = agents.map(({ user_fullname }) => user_fullname).join(',');
  const seenByCreator = {
    name: names.slice(0, LONGEST_NAME),
    icon: agents.length === 1 ? (agents[0] as UserRow).user_icon : null,
  };
  const { conversation, members } = await insertConversation(
    trx,
    { type: 'P2S', creator: customer, members: agents, group, name: undefined, seenByCreator },
    at,
  );
  return { conversation, member: members.find(({ user_uuid }) => user_uuid === customer.uuid) as MemberRow };
}
