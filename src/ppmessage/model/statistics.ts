import { sql } from 'kysely';
import { CHINA_OFFSET_MS } from '../../clock.ts';
import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { Caller } from './callers.ts';
import { PpmessageError } from './errors.ts';

/** Statistics by day and hour in Beijing time (P-51). A sender counts once in each day or hour. */

export type Counted = 'customers' | 'agents' | 'messages';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_RANGE_DAYS = 366;

/** Counts the users and messages of an app, and the customers of yesterday and today. */
export async function countOverview({ appUuid }: Caller, { clock, database }: Context) {
  const today = startOfDay(clock.now());
  const spans = { from: today - DAY_MS, step: DAY_MS, steps: 2 };
  const [users, app, [customersYesterday = 0, customersToday = 0]] = await together(database, (view) => [
    view
      .selectFrom('ppmessage_users')
      .select(['is_service_user', ({ fn }) => fn.countAll<number>().as('count')])
      .where('app_uuid', '=', appUuid)
      .where('removed_at', 'is', null)
      .groupBy('is_service_user')
      .execute(),
    view.selectFrom('ppmessage_apps').select('message_count').where('uuid', '=', appUuid).executeTakeFirst(),
    count('customers', spans, appUuid, view),
  ]);
  const usersBy = (isAgent: 0 | 1) => users.find(({ is_service_user }) => is_service_user === isAgent)?.count ?? 0;
  return {
    agents: usersBy(1),
    customers: usersBy(0),
    customersYesterday,
    customersToday,
    messages: app?.message_count ?? 0,
  };
}

/** Counts for each hour of today: 24 numbers. */
export const countByHour = (what: Counted, { appUuid }: Caller, { clock, database }: Context): Promise<number[]> =>
  count(what, { from: startOfDay(clock.now()), step: HOUR_MS, steps: 24 }, appUuid, database);

/**
 * Counts for each day of a range.
 *
 * @param begin the first day, `2026-03-01`
 * @param end the last day
 * @returns each day with its number
 * @throws PpmessageError invalidValue for days in the wrong order, or too many
 */
export async function countByDay(
  what: Counted,
  { begin, end }: { begin: string; end: string },
  { appUuid }: Caller,
  { database }: Context,
): Promise<[day: string, number: number][]> {
  const from = Date.parse(begin) - CHINA_OFFSET_MS;
  const steps = (Date.parse(end) - CHINA_OFFSET_MS - from) / DAY_MS + 1;
  if (!(steps >= 1 && steps <= LONGEST_RANGE_DAYS))
    throw new PpmessageError('invalidValue', `The range has to have 1 to ${LONGEST_RANGE_DAYS} days`);
  const counts = await count(what, { from, step: DAY_MS, steps }, appUuid, database);
  return counts.map((number, day) => [toDate(from + day * DAY_MS), number]);
}

/** The beginning of a day in Beijing, in milliseconds. */
export const startOfDay = (time: number) => time - ((time + CHINA_OFFSET_MS) % DAY_MS);

const toDate = (time: number) => new Date(time + CHINA_OFFSET_MS).toISOString().slice(0, 10);

/** Counts for each of `steps` spans of `step` milliseconds. Each span is a range of one index, which has the senders too. */
async function count(
  what: Counted,
  { from, step, steps }: { from: number; step: number; steps: number },
  appUuid: string,
  database: Context['database'],
): Promise<number[]> {
  const begin = sql`(${from} + span.n * ${step})`;
  const written = sql`ppmessage_messages
    where app_uuid = ${appUuid} and created_at >= ${begin} and created_at < ${begin} + ${step}`;
  const agents = sql`select uuid from ppmessage_users where app_uuid = ${appUuid} and is_service_user = 1`;
  // Every sender is an agent, a customer or the app. Agents are few, so that customers need not be looked up. The senders
  // are an expression, because SQLite would read the messages of all times in the order of their senders.
  const counts = {
    messages: sql`select count(*) from ${written}`,
    // As `exists` PostgreSQL would read all messages of the span.
    agents: sql`select count(*) from (${agents}) as agent where (
      select from_uuid from ${written} and from_uuid = agent.uuid limit 1) is not null`,
    customers: sql`select count(*) from (
      select distinct from_uuid || '' from ${written} and from_uuid <> ${appUuid} and from_uuid not in (${agents})) as customer`,
  };
  const { rows } = await sql<{ count: number }>`
    with recursive span (n) as (select cast(0 as bigint) union all select n + 1 from span where n < ${steps - 1})
    select (${counts[what]}) as count from span order by n`.execute(database);
  return rows.map(({ count }) => count);
}
