import type { Context } from '../../context.ts';
import { type Actor, refuse, requireSelf } from '../model/actors.ts';
import { acknowledge, commands, countOffline, readHistory } from '../model/queues.ts';
import type { Operation } from '../wire/operation.ts';
import { answer, done, toMessage } from '../wire/views.ts';
import { listSupporterUids } from './supporters.ts';

export const listMessages: Operation<'listMessages'> = async ({ query, actor }, { database }) => {
  const { appid, uid } = actor;
  const messages = await readHistory(database, appid, uid);
  if (query.store === undefined) return answer(messages.map(toMessage));
  const supporters = new Set(await listSupporterUids(database, appid, query.store));
  const withStore = messages.filter(
    ({ command, sender, receiver }) =>
      command === commands.peer && supporters.has(sender === uid ? receiver : (sender as number)),
  );
  return answer(withStore.map(toMessage));
};

export const getOfflineFlag: Operation<'getOfflineFlag'> = async ({ query, actor }, context) => {
  const uid = await requireQueue(actor, query, context);
  const count = await countOffline(context.database, actor.appid, uid);
  return answer({ new: count > 0 ? 1 : 0, count });
};

export const dequeueMessages: Operation<'dequeueMessages'> = async ({ query, actor }, { database }) => {
  await acknowledge(database, actor.appid, actor.uid, query.last_id);
  return done;
};

/** Whose queue is asked about: a customer's or a user's, or one's own. Throws 400 for none, or an unknown customer. */
async function requireQueue(
  actor: Actor,
  { customer_id: key, uid }: { customer_id?: string; uid?: number },
  { database }: Context,
): Promise<number> {
  let wanted = uid ?? actor.uid;
  if (key !== undefined) {
    const customer = await database
      .selectFrom('gobelieve_customers')
      .select('client_id')
      .where('app_id', '=', actor.appid)
      .where('customer_key', '=', key)
      .executeTakeFirst();
    // Before the refusal of strangers: a device must not learn which customers there are.
    if (customer === undefined && actor.uid === undefined) throw refuse('There is no such customer');
    if (uid !== undefined && uid !== customer?.client_id) throw refuse('customer_id and uid are two different users');
    wanted = customer?.client_id ?? 0;
  }
  if (wanted === undefined) throw refuse('Give customer_id or uid');
  requireSelf(actor, wanted);
  return wanted;
}
