import { sql } from 'kysely';
import type { Context } from '../../context.ts';
import { PpmessageError } from '../wire/errors.ts';
import type { ApiOperation, Caller } from '../wire/operation.ts';

/** Numbers for the console, by the days and hours of Beijing. Somebody who wrote is counted once in each of them. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BEIJING = 8 * HOUR;
const LONGEST_RANGE = 366;

type What = 'customers' | 'agents' | 'messages';

export const getOverviewNumbers: ApiOperation<'getOverviewNumbers'> = async ({ actor }, context) => {
  const { database } = context;
  const today = startOfDay(Date.now());
  const users = await database
    .selectFrom('ppmessage_users')
    .select(['is_service_user', ({ fn }) => fn.countAll<number>().as('count')])
    .where('app_uuid', '=', actor.appUuid)
    .where('removed_at', 'is', null)
    .groupBy('is_service_user')
    .execute();
  const { messages } = await database
    .selectFrom('ppmessage_messages')
    .select(({ fn }) => fn.countAll<number>().as('messages'))
    .where('app_uuid', '=', actor.appUuid)
    .executeTakeFirstOrThrow();
  const [yesterdays = 0, todays = 0] = await count(
    'customers',
    { from: today - DAY, step: DAY, steps: 2 },
    actor,
    context,
  );
  return {
    number: {
      agent: users.find(({ is_service_user }) => is_service_user === 1)?.count ?? 0,
      today_customer: todays,
      yesterday_customer: yesterdays,
      all_customer: users.find(({ is_service_user }) => is_service_user === 0)?.count ?? 0,
      all_message: messages,
    },
  };
};

export const getRealTimeCustomerNumbers: ApiOperation<'getRealTimeCustomerNumbers'> = ({ actor }, context) =>
  byHour('customers', actor, context);

export const getRealTimeServiceNumbers: ApiOperation<'getRealTimeServiceNumbers'> = ({ actor }, context) =>
  byHour('agents', actor, context);

export const getRealTimeMessageNumbers: ApiOperation<'getRealTimeMessageNumbers'> = ({ actor }, context) =>
  byHour('messages', actor, context);

export const getCustomerNumbersByRange: ApiOperation<'getCustomerNumbersByRange'> = ({ body, actor }, context) =>
  byDay('customers', body, actor, context);

export const getServiceNumbersByRange: ApiOperation<'getServiceNumbersByRange'> = ({ body, actor }, context) =>
  byDay('agents', body, actor, context);

export const getMessageNumbersByRange: ApiOperation<'getMessageNumbersByRange'> = ({ body, actor }, context) =>
  byDay('messages', body, actor, context);

async function byHour(what: What, actor: Caller, context: Context) {
  const counts = await count(what, { from: startOfDay(Date.now()), step: HOUR, steps: 24 }, actor, context);
  return { number: counts.map((number, hour) => ({ [hour]: number })) };
}

/** Throws 44 for days that come in the wrong order, or are too many. */
async function byDay(
  what: What,
  { begin_date: begin, end_date: end }: { begin_date: string; end_date: string },
  actor: Caller,
  context: Context,
) {
  const from = Date.parse(begin) - BEIJING;
  const steps = (Date.parse(end) - BEIJING - from) / DAY + 1;
  if (!(steps >= 1 && steps <= LONGEST_RANGE))
    throw new PpmessageError(44, `The range has to have 1 to ${LONGEST_RANGE} days`);
  const counts = await count(what, { from, step: DAY, steps }, actor, context);
  const days = counts.map((number, day) => [toDate(from + day * DAY), number]);
  return { number: Object.fromEntries(days) };
}

const startOfDay = (time: number) => time - ((time + BEIJING) % DAY);

const toDate = (time: number) => new Date(time + BEIJING).toISOString().slice(0, 10);

/** How many there were in each of `steps` spans of `step` milliseconds. */
async function count(
  what: What,
  { from, step, steps }: { from: number; step: number; steps: number },
  { appUuid }: Caller,
  { database }: Context,
): Promise<number[]> {
  const messages = database
    .selectFrom('ppmessage_messages as message')
    .select(sql<number>`cast((message.created_at - ${from}) / ${sql.lit(step)} as integer)`.as('span'))
    .where('message.app_uuid', '=', appUuid)
    .where('message.created_at', '>=', from)
    .where('message.created_at', '<', from + steps * step)
    .groupBy('span');
  const rows =
    what === 'messages'
      ? await messages.select(({ fn }) => fn.countAll<number>().as('count')).execute()
      : await messages
          .innerJoin('ppmessage_users as sender', (join) =>
            join.onRef('sender.app_uuid', '=', 'message.app_uuid').onRef('sender.uuid', '=', 'message.from_uuid'),
          )
          .where('sender.is_service_user', '=', what === 'agents' ? 1 : 0)
          .select(({ fn }) => fn.count<number>('sender.uuid').distinct().as('count'))
          .execute();
  const counts = new Map(rows.map(({ span, count }) => [span, count]));
  return Array.from({ length: steps }, (_, span) => counts.get(span) ?? 0);
}
